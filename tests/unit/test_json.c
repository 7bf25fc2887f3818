/* test_json.c - JSON as it is written. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "croute/base/buf.h"

static void values_stand_behind_their_keys_and_commas_between_them(void **state)
{
	char text[256];
	struct buf buf = BUF_OVER(text);
	struct json json = {.write = json_write_buf, .context = &buf};

	(void)state;
	json_open(&json, NULL, '{');
	json_put_number(&json, "a", INT64_MIN);
	json_open(&json, "b", '[');
	json_put_flag(&json, NULL, true);
	json_put_null(&json, NULL);
	json_open(&json, NULL, '{');
	json_close(&json, '}');
	json_close(&json, ']');
	json.space = "\n ";
	json_put_text(&json, "c", NULL);
	json_put_number(&json, "d", 0);
	json_close(&json, '}');
	assert_int_equal(json_end(&json), 0);
	assert_string_equal(
		text, "{\"a\":-9223372036854775808,\"b\":[true,null,{}],\n \"c\":null,\"d\":0}\n");
}

static void a_text_of_any_bytes_is_a_string(void **state)
{
	char text[256];
	struct buf buf = BUF_OVER(text);
	struct json json = {.write = json_write_buf, .context = &buf};

	(void)state;
	json_open(&json, NULL, '[');
	json_put_text(&json, NULL, "a\"b\\c\033\xff\n\t\xc3\xa9");
	json_put_lines(&json, NULL, "one\n\"two\"\033\n");
	json_put_lines(&json, NULL, "");
	json_close(&json, ']');
	assert_int_equal(json_end(&json), 0);
	assert_string_equal(text, "[\"a\\\"b\\\\c??? \xc3\xa9\",\"one\\n\\\"two\\\"?\",\"\"]\n");
}

/* How often it was written to, and the bytes. */
struct count {
	unsigned calls;
	size_t len;
};

static int refuse_the_second(void *context, const char *text, size_t len)
{
	struct count *count = context;

	(void)text;
	count->len += len;
	return ++count->calls == 2 ? -ENOSPC : 0;
}

static void nothing_is_written_after_a_failure(void **state)
{
	struct count count = {0};
	struct json json = {.write = refuse_the_second, .context = &count};

	(void)state;
	json_open(&json, NULL, '[');
	for (int i = 0; i < 1000; i++)
		json_put_text(&json, NULL, "0123456789");
	json_close(&json, ']');
	assert_int_equal(json_end(&json), -ENOSPC);
	assert_int_equal(count.calls, 2);
	assert_int_equal(count.len, 2 * sizeof(json.piece));
}

static void a_long_text_comes_whole(void **state)
{
	static char text[4096];
	struct buf buf = BUF_OVER(text);
	struct json json = {.write = json_write_buf, .context = &buf};
	char word[1500];

	(void)state;
	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	json_put_text(&json, NULL, word);
	assert_int_equal(json_end(&json), 0);
	assert_int_equal(buf.len, sizeof(word) + 2);
	assert_memory_equal(text + 1, word, sizeof(word) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_behind_their_keys_and_commas_between_them),
		cmocka_unit_test(a_text_of_any_bytes_is_a_string),
		cmocka_unit_test(nothing_is_written_after_a_failure),
		cmocka_unit_test(a_long_text_comes_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
