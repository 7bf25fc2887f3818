/* test_file.c - opening and reading the file or directory, with real ones. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/open.h"

#include "folder.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

/* What happens at the worst moment: before the directory is listed, before an entry is opened. */
static void (*before_listing)(void);
static void (*before_opening)(void);

static void happen(void (**what)(void))
{
	void (*now)(void) = *what;

	*what = NULL;
	if (now != NULL)
		now();
}

/* In the place of the C library's. */
DIR *fdopendir(int fd)
{
	DIR *(*real)(int);

	*(void **)&real = dlsym(RTLD_NEXT, "fdopendir");
	happen(&before_listing);
	return real(fd);
}

int closedir(DIR *dir)
{
	int (*real)(DIR *);

	*(void **)&real = dlsym(RTLD_NEXT, "closedir");
	happen(&before_opening);
	return real(dir);
}

/* All files of a set, one after the other. */
static const char *text_in(const struct file_set *set)
{
	static char text[512];
	size_t len = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		struct file_stream stream = {.set = set, .file = i};
		size_t got = 1;

		while (got > 0) {
			assert_int_equal(
				file_read(&stream, (unsigned char *)text + len, 3, &got, NULL), 0);
			len += got;
		}
	}
	text[len] = '\0';
	return text;
}

static void assert_reads(const char *path, const char *text)
{
	struct file_set set;
	struct error err = {.text = ""};

	if (file_open(path, NULL, &set, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(text_in(&set), text);
	file_close(&set);
}

static void assert_refused(const char *path, int code, const char *words)
{
	struct file_set set;
	struct error err = {.text = ""};

	assert_int_equal(file_open(path, NULL, &set, &err), -code);
	assert_int_equal(err.code, code);
	assert_memory_equal(err.text, path, strlen(path));
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, err.text);
}

static void reads_a_lone_file_whatever_its_name(void **state)
{
	(void)state;
	put("nodes.conf", "lone");
	assert_reads("nodes.conf", "lone");
}

static void reads_a_directory_in_bytewise_order_of_names(void **state)
{
	struct file_set set;
	char path[PATH_MAX];

	(void)state;
	put_folder("d");
	put("d/b.yaml", "3");
	put("d/a.yml", "2");
	put("d/Z.json", "1");
	put("d/10.yaml", "0");
	assert_reads("d", "0123");
	assert_int_equal(file_open("d/", NULL, &set, NULL), 0);
	assert_true(set.is_directory);
	assert_string_equal(file_set_at(&set, 3)->name, "b.yaml");
	assert_string_equal(file_set_path(&set, 3, path), "d/b.yaml");
	file_close(&set);
}

static void passes_over_what_is_not_to_be_read(void **state)
{
	(void)state;
	put_folder("d");
	put("d/a.yaml", "a");
	put("d/.hidden.yaml", "x");
	put("d/.yaml", "x");
	put("d/notes.txt", "x");
	put("d/a.yaml~", "x");
	put("d/a.YAML", "x");
	put_folder("d/folder.yaml");
	assert_int_equal(mkfifo("d/fifo.yaml", 0600), 0);
	assert_reads("d", "a");
}

static void follows_links_to_files(void **state)
{
	(void)state;
	put_folder("d");
	put("elsewhere", "linked");
	put_link("../elsewhere", "d/a.yaml");
	put_link("d", "way");
	assert_reads("way", "linked");
}

static void a_missing_file_says_how_to_name_another(void **state)
{
	(void)state;
	assert_refused("nowhere", ENOENT, "-c or $CROUTE_CONFIG");
}

static void a_fifo_is_refused_and_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_refused("fifo", EINVAL, "is a FIFO");
}

static void a_device_is_refused(void **state)
{
	(void)state;
	assert_refused("/dev/zero", EINVAL, "is a device");
}

static void a_socket_is_refused(void **state)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_refused("socket", EINVAL, "is a socket");
	(void)close(fd);
}

static void an_empty_directory_says_what_it_lacks(void **state)
{
	(void)state;
	put_folder("d");
	put("d/README", "x");
	assert_refused("d", ENOENT, "no .yaml, .yml or .json in it");
	put("d/croute.yaml.example", "x");
	assert_refused("d", ENOENT, "copy croute.yaml.example there to croute.yaml");
}

static void a_link_that_leads_nowhere_is_an_error(void **state)
{
	struct file_set set;
	struct error err;

	(void)state;
	put_folder("d");
	put("d/a.yaml", "a");
	put_link("gone", "d/b.yaml");
	assert_int_equal(file_open("d", NULL, &set, &err), -ENOENT);
	assert_string_equal(err.text, "d/b.yaml: leads nowhere, or disappeared while it was read");
}

static void a_file_without_permission_says_so(void **state)
{
	(void)state;
	put("secret.yaml", "a");
	assert_int_equal(chmod("secret.yaml", 0), 0);
	assert_int_equal(chmod(".", 0755), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_refused("secret.yaml", EACCES, "no permission");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void a_file_over_64_mib_is_refused(void **state)
{
	struct file_set set;

	(void)state;
	put("big", "");
	assert_int_equal(truncate("big", (off_t)FILE_SIZE_MOST + 1), 0);
	assert_refused("big", EFBIG, "64 MiB");
	assert_int_equal(truncate("big", (off_t)FILE_SIZE_MOST), 0);
	assert_int_equal(file_open("big", NULL, &set, NULL), 0);
	file_close(&set);
}

static void reads_a_kubelet_volume_through_its_data_link(void **state)
{
	(void)state;
	put_volume("v", "2026_1", "one");
	assert_reads("v", "one");
	put_generation("v", "2026_2", "two");
	drop_generation("v", "2026_1");
	assert_reads("v", "two");
}

static void one_generation_is_read_though_another_is_swapped_in(void **state)
{
	struct file_set set;

	(void)state;
	put_volume("v", "2026_1", "one");
	assert_int_equal(file_open("v", NULL, &set, NULL), 0);
	put_generation("v", "2026_2", "two");
	drop_generation("v", "2026_1");
	assert_string_equal(text_in(&set), "one");
	file_close(&set);
}

static void swap_and_drop_half_of_the_old(void)
{
	put_generation("v", "2026_2", "x");
	put("v/..2026_2/more.yaml", "y");
	assert_int_equal(unlink("v/..2026_1/more.yaml"), 0);
}

static void never_reads_part_of_a_generation_that_is_being_removed(void **state)
{
	(void)state;
	put_volume("v", "2026_1", "1");
	put("v/..2026_1/more.yaml", "2");
	before_listing = swap_and_drop_half_of_the_old;
	assert_reads("v", "yx");
	assert_null(before_listing);
}

static void swap_the_link_to_the_directory(void)
{
	put_link("two", "next");
	put_renamed("next", "current");
	assert_int_equal(unlink("one/a.yaml"), 0);
}

static void never_reads_part_of_a_directory_that_its_link_left(void **state)
{
	(void)state;
	put_folder("one");
	put_folder("two");
	put("one/a.yaml", "a");
	put("one/b.yaml", "b");
	put("two/c.yaml", "c");
	put_link("one", "current");
	before_listing = swap_the_link_to_the_directory;
	assert_reads("current", "c");
}

static void drop_an_entry(void)
{
	assert_int_equal(unlink("d/a.yaml"), 0);
}

static void an_entry_that_goes_meanwhile_is_an_error(void **state)
{
	(void)state;
	put_folder("d");
	put("d/a.yaml", "a");
	put("d/b.yaml", "b");
	before_opening = drop_an_entry;
	assert_refused("d", ENOENT, "disappeared while it was read");
}

static void a_data_link_that_leads_nowhere_is_an_error(void **state)
{
	(void)state;
	put_volume("v", "2026_1", "one");
	drop_generation("v", "2026_1");
	assert_refused("v", EAGAIN, "..data");
}

static void a_replacement_stands_in_for_a_file_or_is_added(void **state)
{
	const struct file_replacement list[] = {
		{"a.yaml", "new"}, {"c.yaml", "more"}, {NULL, NULL}};
	struct file_set set;
	char path[PATH_MAX];

	(void)state;
	put_folder("d");
	put("d/a.yaml", "old");
	put("d/b.yaml", "B");
	put("new", "A");
	put("more", "C");
	assert_int_equal(file_open("d", list, &set, NULL), 0);
	assert_string_equal(text_in(&set), "ABC");
	assert_string_equal(file_set_path(&set, 0, path), "new");
	assert_string_equal(file_set_path(&set, 1, path), "d/b.yaml");
	file_close(&set);
}

static void a_replacement_that_would_not_be_read_is_refused(void **state)
{
	const struct file_replacement list[] = {{"a.txt", "new"}, {NULL, NULL}};
	struct file_set set;

	(void)state;
	put_folder("d");
	put("d/a.yaml", "old");
	put("new", "A");
	assert_int_equal(file_open("d", list, &set, NULL), -EINVAL);
	assert_int_equal(file_open("new", list, &set, NULL), -ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(reads_a_lone_file_whatever_its_name),
		test_in_folder(reads_a_directory_in_bytewise_order_of_names),
		test_in_folder(passes_over_what_is_not_to_be_read),
		test_in_folder(follows_links_to_files),
		test_in_folder(a_missing_file_says_how_to_name_another),
		test_in_folder(a_fifo_is_refused_and_not_waited_for),
		test_in_folder(a_device_is_refused),
		test_in_folder(a_socket_is_refused),
		test_in_folder(an_empty_directory_says_what_it_lacks),
		test_in_folder(a_link_that_leads_nowhere_is_an_error),
		test_in_folder(a_file_without_permission_says_so),
		test_in_folder(a_file_over_64_mib_is_refused),
		test_in_folder(reads_a_kubelet_volume_through_its_data_link),
		test_in_folder(one_generation_is_read_though_another_is_swapped_in),
		test_in_folder(never_reads_part_of_a_generation_that_is_being_removed),
		test_in_folder(never_reads_part_of_a_directory_that_its_link_left),
		test_in_folder(an_entry_that_goes_meanwhile_is_an_error),
		test_in_folder(a_data_link_that_leads_nowhere_is_an_error),
		test_in_folder(a_replacement_stands_in_for_a_file_or_is_added),
		test_in_folder(a_replacement_that_would_not_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
