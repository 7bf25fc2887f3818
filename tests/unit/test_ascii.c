/* test_ascii.c - what is printed where the locale is not UTF-8. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/ascii.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static void the_first_that_is_set_decides(void **state)
{
	static const struct {
		const char *values[3];
		bool is_utf8;
	} cases[] = {
		{{NULL, NULL, NULL}, false},	 {{"C", NULL, "de_DE.UTF-8"}, false},
		{{"", "", "de_DE.UTF-8"}, true}, {{NULL, "en_US.utf8", "C"}, true},
		{{"C.UTF-8", "C", "C"}, true},	 {{"", "de_DE@euro", "C.UTF-8"}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ascii_is_utf8(cases[i].values), cases[i].is_utf8);
}

/* What comes out at the other end, written in pieces of so many bytes. */
static void prints(const char *text, bool json, size_t piece, const char *want)
{
	struct ascii ascii;
	char got[256] = "";
	int ends[2];
	FILE *stream;

	assert_int_equal(pipe(ends), 0);
	stream = ascii_open(&ascii, ends[1], json, NULL);
	assert_non_null(stream);
	for (size_t at = 0; at < strlen(text); at += piece) {
		(void)fwrite(text + at, 1, strnlen(text + at, piece), stream);
		(void)fflush(stream);
	}
	assert_int_equal(fclose(stream), 0);
	(void)close(ends[1]);
	assert_true(read(ends[0], got, sizeof(got) - 1) >= 0);
	(void)close(ends[0]);
	assert_string_equal(got, want);
}

static void one_column_stays_one_column(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 6; piece++) {
		prints("\u25cf a \u25cb b \u00d7 c\u2026\n", false, piece, "* a o b x c~\n");
		prints("gr\u00f6\u00dfe \U0001f600.", false, piece, "gr??e ?.");
	}
}

static void json_keeps_every_character(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 6; piece++)
		prints("{\"a\":\"\u00f6\u2026\U0001f600\"}", true, piece,
		       "{\"a\":\"\\u00f6\\u2026\\ud83d\\ude00\"}");
}

static void what_cannot_be_written_is_noticed(void **state)
{
	struct ascii ascii;
	FILE *stream;

	(void)state;
	stream = ascii_open(&ascii, -1, false, NULL);
	assert_non_null(stream);
	(void)fputs("x", stream);
	assert_int_not_equal(fclose(stream), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_is_set_decides),
		cmocka_unit_test(one_column_stays_one_column),
		cmocka_unit_test(json_keeps_every_character),
		cmocka_unit_test(what_cannot_be_written_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
