/* test_fingerprint.c - telling one state of the files from another. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/open.h"

#include "folder.h"

static struct fingerprint fingerprint_now(const char *path)
{
	struct file_set set;
	struct fingerprint fingerprint;

	assert_int_equal(file_open(path, NULL, &set, NULL), 0);
	fingerprint = file_fingerprint(&set);
	file_close(&set);
	return fingerprint;
}

static void a_fingerprint_tells_a_replaced_file_from_the_same_one(void **state)
{
	struct fingerprint first;
	struct fingerprint second;

	(void)state;
	put("a.yaml", "one");
	first = fingerprint_now("a.yaml");
	second = fingerprint_now("a.yaml");
	assert_true(file_fingerprint_equal(&first, &second));
	put("b.yaml", "one");
	put_renamed("b.yaml", "a.yaml");
	second = fingerprint_now("a.yaml");
	assert_false(file_fingerprint_equal(&first, &second));
}

static void a_fingerprint_tells_a_directory_from_one_with_a_file_less(void **state)
{
	struct fingerprint first;
	struct fingerprint second;

	(void)state;
	put_folder("d");
	put("d/a.yaml", "one");
	put("d/b.yaml", "two");
	first = fingerprint_now("d");
	assert_int_equal(first.files, 2);
	assert_int_equal(unlink("d/b.yaml"), 0);
	second = fingerprint_now("d");
	assert_false(file_fingerprint_equal(&first, &second));
}

/* What croute_config_age_seconds and agent.staleAfter go by. */
static void the_age_of_several_files_is_that_of_the_youngest(void **state)
{
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	const struct timespec young[2] = {{.tv_sec = 2000}, {.tv_sec = 2000, .tv_nsec = 5000000}};
	const struct timespec middle[2] = {{.tv_sec = 1500}, {.tv_sec = 1500}};

	(void)state;
	put_folder("d");
	put("d/a.yaml", "one");
	put("d/b.yaml", "two");
	put("d/c.yaml", "three");
	assert_int_equal(utimensat(AT_FDCWD, "d/a.yaml", old, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, "d/b.yaml", young, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, "d/c.yaml", middle, 0), 0);
	assert_int_equal(fingerprint_now("d").newest_ms, 2000005);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(a_fingerprint_tells_a_replaced_file_from_the_same_one),
		test_in_folder(a_fingerprint_tells_a_directory_from_one_with_a_file_less),
		test_in_folder(the_age_of_several_files_is_that_of_the_youngest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
