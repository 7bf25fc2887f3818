/* test_report_diag.c - diagnostics as a compiler prints them. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static char space[8192];

static const char *shown(struct report_diag view)
{
	struct buf out = BUF_OVER(space);

	space[0] = '\0';
	report_diag_write(&out, &view);
	return space;
}

static struct diag at(uint32_t line, uint32_t column, const char *text)
{
	struct diag diag = {.at = origin_at(0, line, column)};

	(void)strncpy(diag.text, text, sizeof(diag.text) - 1);
	return diag;
}

static void shows_place_text_line_and_caret(void **state)
{
	struct diag diag = at(12, 9, "\"podCIDR\" is not a key");

	(void)state;
	assert_string_equal(shown((struct report_diag){.path = "d/nodes.yaml",
						       .diag = &diag,
						       .line = text_of("        podCIDR: x")}),
			    "d/nodes.yaml:12:9: error: \"podCIDR\" is not a key\n"
			    "        podCIDR: x\n"
			    "        ^\n");
}

static void a_warning_says_so(void **state)
{
	struct diag diag = at(1, 1, "odd");

	(void)state;
	diag.level = DIAG_WARNING;
	assert_string_equal(
		shown((struct report_diag){.path = "f", .diag = &diag, .line = text_of("a")}),
		"f:1:1: warning: odd\na\n^\n");
}

static void a_file_as_a_whole_has_no_place(void **state)
{
	struct diag diag = at(0, 0, "version is missing");

	(void)state;
	assert_string_equal(shown((struct report_diag){.path = "f", .diag = &diag}),
			    "f: error: version is missing\n");
}

static void a_line_that_cannot_be_had_is_left_out(void **state)
{
	struct diag diag = at(3, 7, "x");

	(void)state;
	assert_string_equal(shown((struct report_diag){.path = "f", .diag = &diag}),
			    "f:3:7: error: x\n");
}

static void tabs_stay_tabs_above_and_below(void **state)
{
	struct diag diag = at(1, 4, "x");

	(void)state;
	assert_string_equal(shown((struct report_diag){
				    .path = "f", .diag = &diag, .line = text_of("\ta\t!\tz")}),
			    "f:1:4: error: x\n\ta\t!\tz\n\t \t^\n");
}

static void columns_count_characters_and_not_bytes(void **state)
{
	struct diag diag = at(1, 4, "x");

	(void)state;
	assert_string_equal(
		shown((struct report_diag){.path = "f", .diag = &diag, .line = text_of("é→€!")}),
		"f:1:4: error: x\né→€!\n   ^\n");
}

static void a_place_behind_the_line_has_its_caret_there(void **state)
{
	struct diag diag = at(1, 4, "x");

	(void)state;
	assert_string_equal(
		shown((struct report_diag){.path = "f", .diag = &diag, .line = text_of("abc")}),
		"f:1:4: error: x\nabc\n   ^\n");
}

static void nothing_from_the_file_drives_the_terminal(void **state)
{
	struct diag diag = at(1, 3, "bad \033[2J");

	(void)state;
	assert_string_equal(shown((struct report_diag){.path = "f\n",
						       .diag = &diag,
						       .line = text_of("\033\x9b!\xff")}),
			    "f?:1:3: error: bad ?[2J\n?\?!?\n  ^\n");
}

static void a_long_line_is_cut_around_the_place(void **state)
{
	char line[400];
	char *rows[3];
	char *rest = NULL;
	struct diag diag = at(1, 300, "x");
	uint32_t skip = report_diag_skip(&diag);

	(void)state;
	memset(line, 'a', sizeof(line));
	line[299] = '!';
	shown((struct report_diag){
		.path = "f",
		.diag = &diag,
		.line = {.at = line + skip, .len = sizeof(line) - skip},
		.skipped = skip,
	});
	for (int i = 0; i < 3; i++)
		rows[i] = strtok_r(i == 0 ? space : NULL, "\n", &rest);
	assert_memory_equal(rows[1], "…a", 4);
	assert_string_equal(rows[1] + strlen(rows[1]) - 4, "a…");
	assert_int_equal(strlen(rows[1]), REPORT_DIAG_WIDTH + 6);
	/* The ellipsis is three bytes and one column. */
	assert_int_equal(strchr(rows[1], '!') - rows[1] - 2, strchr(rows[2], '^') - rows[2]);
}

static void a_short_line_is_not_cut(void **state)
{
	struct diag diag = at(1, REPORT_DIAG_WIDTH, "x");

	(void)state;
	assert_int_equal(report_diag_skip(&diag), 0);
}

static void colours_are_for_those_who_want_them(void **state)
{
	struct diag diag = at(1, 1, "x");
	struct report_diag view = {.path = "f", .diag = &diag, .line = text_of("a")};

	(void)state;
	assert_null(strchr(shown(view), '\033'));
	view.colour = true;
	assert_string_equal(shown(view), "\033[1mf:1:1:\033[0m \033[1;31merror:\033[0m x\n"
					 "a\n\033[1;32m^\033[0m\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_place_text_line_and_caret),
		cmocka_unit_test(a_warning_says_so),
		cmocka_unit_test(a_file_as_a_whole_has_no_place),
		cmocka_unit_test(a_line_that_cannot_be_had_is_left_out),
		cmocka_unit_test(tabs_stay_tabs_above_and_below),
		cmocka_unit_test(columns_count_characters_and_not_bytes),
		cmocka_unit_test(a_place_behind_the_line_has_its_caret_there),
		cmocka_unit_test(nothing_from_the_file_drives_the_terminal),
		cmocka_unit_test(a_long_line_is_cut_around_the_place),
		cmocka_unit_test(a_short_line_is_not_cut),
		cmocka_unit_test(colours_are_for_those_who_want_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
