/* test_cmd_import.c - imported nodes as the files of a directory. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/command.h"

#include "folder.h"

#include "app/import/shard_files.h"
#include "app/import/text.h"
#include "croute/app/cli/command.h"
#include "croute/app/pass/load.h"

/* So many nodes, in `path`. */
static void put_nodes(const char *path, uint32_t count)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	(void)fputs("{\"kind\":\"List\",\"items\":[", file);
	for (uint32_t i = 0; i < count; i++)
		(void)fprintf(file,
			      "%s{\"metadata\":{\"name\":\"worker-%u\"},\"spec\":{\"podCIDR\":"
			      "\"10.%u.%u.0/24\"},\"status\":{\"addresses\":[{\"type\":"
			      "\"InternalIP\",\"address\":\"192.168.%u.%u\"}]}}",
			      i > 0 ? "," : "", i, i >> 8, i & 255, i >> 8, i & 255);
	(void)fputs("]}", file);
	assert_int_equal(fclose(file), 0);
}

static int split(const char *path, uint64_t size, uint64_t serial)
{
	struct options options = {
		.argument = path,
		.import = {.from = IMPORT_FROM_KUBE_NODES,
			   .has_serial = true,
			   .serial = serial,
			   .split = size,
			   .output_dir = "d"},
	};

	return command_import.run(&options);
}

/* The directory is read as a whole; the number of its files. */
static uint32_t holds(uint32_t nodes, uint64_t serial)
{
	struct loaded loaded;
	uint32_t files;

	assert_int_equal(load_once("d", NULL, NULL, &loaded, NULL), 0);
	if (loaded.diags.errors > 0)
		fail_msg("%s", loaded.diags.list[0].text);
	assert_int_equal(config_node_count(&loaded.config), nodes);
	assert_int_equal(loaded.config.source.serial, serial);
	files = loaded.files.count;
	for (uint32_t i = 0; i < files; i++) {
		struct stat stat;

		assert_int_equal(fstat(file_set_at(&loaded.files, i)->fd, &stat), 0);
		assert_in_range(stat.st_size, 1, 8192);
	}
	load_release(&loaded);
	return files;
}

static void no_file_is_over_the_size_and_together_they_are_valid(void **state)
{
	(void)state;
	put_nodes("nodes.json", 500);
	assert_int_equal(split("nodes.json", 8192, 7), EXIT_DONE);
	assert_int_equal(holds(500, 7), 8);
}

static void files_of_a_larger_split_are_removed(void **state)
{
	(void)state;
	put_nodes("nodes.json", 500);
	assert_int_equal(split("nodes.json", 8192, 7), EXIT_DONE);
	put("d/settings.yaml", "backend: {type: host-gw}\n");
	put_nodes("nodes.json", 100);
	assert_int_equal(split("nodes.json", 8192, 8), EXIT_DONE);
	assert_int_equal(holds(100, 8), 2);
	assert_int_equal(access("d/settings.yaml", F_OK), 0);
}

/* So small that each has room for one node, and the hash leaves some out. */
static void a_file_without_nodes_is_valid(void **state)
{
	(void)state;
	put_nodes("nodes.json", 3);
	assert_int_equal(split("nodes.json", IMPORT_HEAD_MAX + 80, 1), EXIT_DONE);
	assert_in_range(holds(3, 1), 4, 64);
}

static void a_file_of_somebody_else_stops_it_first(void **state)
{
	char text[20] = "";
	FILE *file;

	(void)state;
	put_nodes("nodes.json", 10);
	put_folder("d");
	put("d/nodes-04.yaml", "mine\n");
	assert_int_equal(split("nodes.json", 8192, 1), EXIT_FAILED);
	assert_int_not_equal(access("d/nodes-00.yaml", F_OK), 0);
	file = fopen("d/nodes-04.yaml", "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	assert_string_equal(text, "mine\n");
}

static void a_bad_input_leaves_the_old_files(void **state)
{
	(void)state;
	put_nodes("nodes.json", 10);
	assert_int_equal(split("nodes.json", 8192, 1), EXIT_DONE);
	put("nodes.json", "{\"kind\":\"List\",\"items\":[");
	assert_int_equal(split("nodes.json", 8192, 2), EXIT_INVALID);
	put("nodes.json", "{\"kind\":\"List\",\"items\":[]}");
	assert_int_equal(split("nodes.json", 8192, 2), EXIT_FAILED);
	assert_int_equal(split("nowhere.json", 8192, 2), EXIT_INVALID);
	assert_int_equal(holds(10, 1), 1);
}

static void a_file_name_is_one_of_ours_or_not(void **state)
{
	uint32_t removed;
	char path[PATH_MAX];

	(void)state;
	put_folder("d");
	put("d/nodes-0.yaml", "");
	put("d/nodes-007.yaml", "");
	put("d/nodes-aa.yaml", "");
	put("d/nodes-11.yml", "");
	put("d/nodes-.yaml", "");
	put("d/nodes-123.yaml", "");
	assert_string_equal(shard_path("d", 7, path), "d/nodes-07.yaml");
	assert_int_equal(shard_trim("d", 0, &removed, NULL), 0);
	assert_int_equal(removed, 1);
	assert_int_not_equal(access("d/nodes-123.yaml", F_OK), 0);
	assert_int_equal(access("d/nodes-007.yaml", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(no_file_is_over_the_size_and_together_they_are_valid),
		test_in_folder(files_of_a_larger_split_are_removed),
		test_in_folder(a_file_without_nodes_is_valid),
		test_in_folder(a_file_of_somebody_else_stops_it_first),
		test_in_folder(a_bad_input_leaves_the_old_files),
		test_in_folder(a_file_name_is_one_of_ours_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
