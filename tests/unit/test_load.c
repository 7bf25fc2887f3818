/* test_load.c - from the path of the file to a checked generation. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/pass/load.h"

#include "folder.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define TWO_NODES                                                                                  \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: one, address: 10.0.0.1, podCIDRs: [10.244.1.0/24]}\n"                          \
	"  - {name: two, address: 10.0.0.2, podCIDRs: [10.244.2.0/24]}\n"

static void a_good_file_gives_a_config(void **state)
{
	struct loaded loaded;
	struct error err;

	(void)state;
	put("nodes.yaml", TWO_NODES);
	assert_int_equal(load_once("nodes.yaml", NULL, NULL, &loaded, &err), 0);
	assert_int_equal(loaded.diags.errors, 0);
	assert_int_equal(config_node_count(&loaded.config), 2);
	load_release(&loaded);
}

static void the_files_of_a_directory_add_up(void **state)
{
	struct loaded loaded;

	(void)state;
	put_folder("d");
	put("d/1.yaml", TWO_NODES);
	put("d/2.yaml", "nodes:\n  - {name: three, address: 10.0.0.3, podCIDRs: 10.244.3.0/24}\n");
	assert_int_equal(load_once("d", NULL, NULL, &loaded, NULL), 0);
	assert_int_equal(loaded.diags.errors, 0);
	assert_int_equal(config_node_count(&loaded.config), 3);
	load_release(&loaded);
}

static void an_invalid_file_is_told_and_not_failed(void **state)
{
	struct loaded loaded;

	(void)state;
	put("nodes.yaml", "version: 1\nnodess: []\n");
	assert_int_equal(load_once("nodes.yaml", NULL, NULL, &loaded, NULL), 0);
	assert_int_equal(loaded.diags.errors, 1);
	assert_int_equal(loaded.diags.list[0].at.line, 2);
	load_release(&loaded);
}

static void a_missing_file_leaves_out_alone(void **state)
{
	struct loaded loaded = {.fingerprint.files = 7};
	struct error err;

	(void)state;
	assert_int_equal(load_once("nowhere", NULL, NULL, &loaded, &err), -ENOENT);
	assert_int_equal(loaded.fingerprint.files, 7);
}

static void a_cause_names_file_line_and_column(void **state)
{
	struct loaded loaded;
	char space[64] = "";
	struct buf buf = BUF_OVER(space);

	(void)state;
	put_folder("d");
	put("d/nodes.yaml", TWO_NODES);
	assert_int_equal(load_once("d", NULL, NULL, &loaded, NULL), 0);
	load_let_go(&loaded);
	load_cause(&loaded, (struct origin){.line = 14, .column = 5}, &buf);
	assert_string_equal(space, "nodes.yaml:14:5");
	load_release(&loaded);
}

static void the_fingerprint_is_that_of_what_was_read(void **state)
{
	struct file_set files;
	struct loaded loaded;
	struct fingerprint opened;
	struct load_room room = {.places = NULL};

	(void)state;
	put_volume("v", "2026_1", TWO_NODES);
	assert_int_equal(file_open("v", NULL, &files, NULL), 0);
	opened = file_fingerprint(&files);
	put_generation("v", "2026_2", "version: 1\n");
	assert_int_equal(load_files(&files, &room, &loaded, NULL), 0);
	assert_int_equal(config_node_count(&loaded.config), 2);
	assert_true(file_fingerprint_equal(&loaded.fingerprint, &opened));
	load_release(&loaded);
	load_room_release(&room);
	assert_int_equal(load_once("v", NULL, NULL, &loaded, NULL), 0);
	assert_false(file_fingerprint_equal(&loaded.fingerprint, &opened));
	load_release(&loaded);
}

static void read_into(struct load_room *room, const char *path, struct loaded *out)
{
	struct file_set files;

	assert_int_equal(file_open(path, NULL, &files, NULL), 0);
	assert_int_equal(load_files(&files, room, out, NULL), 0);
}

/* With the memory of files that said more, less, or what cannot be. */
static void a_reading_holds_nothing_of_the_ones_before_it(void **state)
{
	static const char *const files[] = {"more", "bad", "less", "more"};
	struct load_room room = {.places = NULL};

	(void)state;
	put("less", "version: 1\nkernel: {table: main}\nguard: {allowEmpty: true}\n");
	put("bad", TWO_NODES "  - {name: one, address: 10.0.0.9, podCIDRs: 10.3.0.0/24}\n");
	put("more", TWO_NODES "backend: {type: none}\npodNetwork: 10.0.0.0/8\n"
			      "interface: {name: [eth1, eth2]}\nagent: {statusFile: /x}\n"
			      "routes: [{to: 10.9.0.0/16, dev: x, table: main, nodes: [a, b]}]\n");
	for (size_t i = 0; i < 2 * sizeof(files) / sizeof(files[0]); i++) {
		const char *path = files[i % 4];
		struct loaded again;
		struct loaded fresh;

		read_into(&room, path, &again);
		assert_int_equal(load_once(path, NULL, NULL, &fresh, NULL), 0);
		assert_int_equal(again.diags.count, fresh.diags.count);
		assert_int_equal(again.diags.errors > 0, strcmp(path, "bad") == 0);
		assert_true(config_equal(&again.config, &fresh.config));
		load_release(&fresh);
		if (again.diags.errors > 0)
			load_release(&again);
		else
			load_recycle(&again, &room);
	}
	load_room_release(&room);
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void loading_leaves_no_descriptor_behind(void **state)
{
	struct loaded loaded;
	int before = open_descriptors();

	(void)state;
	put_folder("d");
	put("d/a.yaml", TWO_NODES);
	put("d/b.yaml", "version: 1\n");
	assert_int_equal(load_once("d", NULL, NULL, &loaded, NULL), 0);
	assert_int_equal(open_descriptors(), before + 2);
	load_let_go(&loaded);
	assert_int_equal(open_descriptors(), before);
	load_release(&loaded);
	put_link("gone", "d/c.yaml");
	assert_int_equal(load_once("d", NULL, NULL, &loaded, NULL), -ENOENT);
	assert_int_equal(open_descriptors(), before);
}

/* Room for the program, not for what a file may hold. The sanitizer needs more than any limit. */
static void a_file_is_not_blamed_for_want_of_memory(void **state)
{
	const struct rlimit limit = {.rlim_cur = (rlim_t)48 << 20, .rlim_max = (rlim_t)48 << 20};
	struct loaded loaded;
	struct error err = {0};
	int status = 0;
	pid_t child;

	(void)state;
	put("nodes.yaml", TWO_NODES);
	child = fork();
	if (child == 0) {
		if (setrlimit(RLIMIT_AS, &limit) < 0 || malloc((size_t)64 << 20) != NULL)
			_exit(77);
		status = load_once("nodes.yaml", NULL, NULL, &loaded, &err);
		_exit(status == -ENOMEM && err.code == ENOMEM ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	assert_false(load_blames_file(ENOMEM));
	assert_true(load_blames_file(ENOENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(a_good_file_gives_a_config),
		test_in_folder(the_files_of_a_directory_add_up),
		test_in_folder(an_invalid_file_is_told_and_not_failed),
		test_in_folder(a_missing_file_leaves_out_alone),
		test_in_folder(a_cause_names_file_line_and_column),
		test_in_folder(the_fingerprint_is_that_of_what_was_read),
		test_in_folder(a_file_is_not_blamed_for_want_of_memory),
		test_in_folder(a_reading_holds_nothing_of_the_ones_before_it),
		test_in_folder(loading_leaves_no_descriptor_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
