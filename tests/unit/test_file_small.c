/* test_file_small.c - small files, and what must not be taken for one. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/small.h"

#include "folder.h"

#include <errno.h>

static void a_file_is_read_whole_with_its_owner(void **state)
{
	struct file_small got = {.len = 0};
	char out[16];

	(void)state;
	put("a", "twelve bytes");
	assert_int_equal(file_small_read("a", out, sizeof(out), &got, NULL), 0);
	assert_int_equal(got.len, 12);
	assert_memory_equal(out, "twelve bytes", 12);
	assert_int_equal(got.owner, geteuid());
	assert_int_equal(file_small_read("a", out, 13, &got, NULL), 0);
}

static void one_that_is_too_large_is_refused(void **state)
{
	struct file_small got = {.len = 99};
	struct error err;
	char out[12];

	(void)state;
	put("a", "twelve bytes");
	assert_int_equal(file_small_read("a", out, sizeof(out), &got, &err), -EFBIG);
	assert_string_equal(err.text, "a: cannot be read: File too large");
	assert_int_equal(got.len, 99);
}

static void a_missing_one_is_told_apart(void **state)
{
	struct file_small got;
	char out[8];

	(void)state;
	assert_int_equal(file_small_read("a", out, sizeof(out), &got, NULL), -ENOENT);
}

static void a_fifo_is_not_waited_for(void **state)
{
	struct file_small got;
	struct error err;
	char out[8];

	(void)state;
	assert_int_equal(mkfifo("a", 0600), 0);
	assert_int_equal(file_small_read("a", out, sizeof(out), &got, &err), -EINVAL);
	assert_string_equal(err.text, "a: not a regular file");
	assert_int_equal(file_small_read(".", out, sizeof(out), &got, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(a_file_is_read_whole_with_its_owner),
		test_in_folder(one_that_is_too_large_is_refused),
		test_in_folder(a_missing_one_is_told_apart),
		test_in_folder(a_fifo_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
