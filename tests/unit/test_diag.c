/* test_diag.c - diagnostics are gathered, limited and put in order. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct diags diags;

static int empty(void **state)
{
	(void)state;
	diags = (struct diags){0};
	return 0;
}

static struct origin at(uint16_t file, uint32_t line, uint32_t column)
{
	return origin_at(file, line, column);
}

static void keeps_errors_and_warnings_with_their_place(void **state)
{
	(void)state;
	diag_error(&diags, at(0, 3, 5), "\"%s\" is no key", "vai");
	diag_warning(&diags, at(1, 2, 1), "%u hosts", 2U);
	assert_int_equal(diags.count, 2);
	assert_int_equal(diags.errors, 1);
	assert_int_equal(diags.warnings, 1);
	assert_int_equal(diags.list[0].level, DIAG_ERROR);
	assert_int_equal(diags.list[0].at.line, 3);
	assert_int_equal(diags.list[0].at.column, 5);
	assert_string_equal(diags.list[0].text, "\"vai\" is no key");
	assert_int_equal(diags.list[1].level, DIAG_WARNING);
	assert_string_equal(diags.list[1].text, "2 hosts");
}

static void keeps_twenty_of_a_level_and_counts_the_rest(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 30; i++)
		diag_error(&diags, at(0, i, 1), "error %u", i);
	diag_warning(&diags, at(0, 1, 1), "still heard");
	assert_int_equal(diags.count, DIAG_MAX + 1);
	assert_int_equal(diags.errors, 30);
	assert_string_equal(diags.list[DIAG_MAX - 1].text, "error 20");
	assert_string_equal(diags.list[DIAG_MAX].text, "still heard");
	for (uint32_t i = 0; i < 30; i++)
		diag_warning(&diags, at(0, 1, 1), "more");
	assert_int_equal(diags.count, 2 * DIAG_MAX);
	assert_int_equal(diags.warnings, 31);
}

static void sorts_by_file_line_and_column(void **state)
{
	static const char *const wanted[] = {"a", "b", "c", "d", "e", "f"};

	(void)state;
	diag_error(&diags, at(1, 1, 1), "f");
	diag_error(&diags, at(0, 9, 1), "e");
	diag_warning(&diags, at(0, 2, 7), "c");
	diag_error(&diags, at(0, 2, 3), "b");
	diag_error(&diags, at(0, 0, 0), "a");
	diag_error(&diags, at(0, 2, 7), "d");
	diag_sort(&diags);
	for (uint32_t i = 0; i < diags.count; i++)
		assert_string_equal(diags.list[i].text, wanted[i]);
}

static void sorting_nothing_is_fine(void **state)
{
	(void)state;
	diag_sort(&diags);
	assert_int_equal(diags.count, 0);
}

static void cuts_a_text_that_is_too_long(void **state)
{
	char name[600];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	diag_error(&diags, at(0, 1, 1), "%s", name);
	assert_int_equal(strlen(diags.list[0].text), sizeof(diags.list[0].text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keeps_errors_and_warnings_with_their_place, empty),
		cmocka_unit_test_setup(keeps_twenty_of_a_level_and_counts_the_rest, empty),
		cmocka_unit_test_setup(sorts_by_file_line_and_column, empty),
		cmocka_unit_test_setup(sorting_nothing_is_fine, empty),
		cmocka_unit_test_setup(cuts_a_text_that_is_too_long, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
