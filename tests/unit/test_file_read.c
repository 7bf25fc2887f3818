/* test_file_read.c - the bytes and lines of an opened file. */
/* SPDX-License-Identifier: MIT */

#include "folder.h"

#include <errno.h>

#include "croute/edge/file/open.h"

static void a_file_that_grows_past_the_limit_is_refused_while_it_is_read(void **state)
{
	struct file_set set;
	struct file_stream stream = {.set = &set, .offset = FILE_SIZE_MOST - 1};
	unsigned char bytes[2];
	size_t got;

	(void)state;
	put("big", "");
	assert_int_equal(file_open("big", NULL, &set, NULL), 0);
	assert_int_equal(truncate("big", (off_t)FILE_SIZE_MOST + 1), 0);
	assert_int_equal(file_read(&stream, bytes, 2, &got, NULL), -EFBIG);
	file_close(&set);
}

static void assert_line(const struct file_set *set, struct file_place spot, const char *text)
{
	char line[16];

	assert_int_equal(file_read_line(set, spot, line, sizeof(line)), strlen(text));
	assert_string_equal(line, text);
}

static void finds_a_line_again_for_a_diagnostic(void **state)
{
	struct file_set set;

	(void)state;
	put("a.yaml", "one\r\n\nth\xc3\xa9ree and more\nlast");
	assert_int_equal(file_open("a.yaml", NULL, &set, NULL), 0);
	assert_line(&set, (struct file_place){.line = 1}, "one");
	assert_line(&set, (struct file_place){.line = 2}, "");
	assert_line(&set, (struct file_place){.line = 3, .skip = 3}, "ree and more");
	assert_line(&set, (struct file_place){.line = 4}, "last");
	assert_line(&set, (struct file_place){.line = 5}, "");
	file_close(&set);
}

static void finds_a_line_that_lies_across_the_pieces(void **state)
{
	static char line[40000];
	struct file_set set;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line + 16380, "\nseventh", 8);
	line[16390] = '\n';
	put("a.yaml", line);
	assert_int_equal(file_open("a.yaml", NULL, &set, NULL), 0);
	assert_line(&set, (struct file_place){.line = 2}, "seventhxx");
	assert_line(&set, (struct file_place){.line = 1, .skip = 16378}, "xx");
	file_close(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(a_file_that_grows_past_the_limit_is_refused_while_it_is_read),
		test_in_folder(finds_a_line_again_for_a_diagnostic),
		test_in_folder(finds_a_line_that_lies_across_the_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
