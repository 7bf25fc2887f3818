/* test_pattern.c - a pattern matches a whole name or nothing. */
/* SPDX-License-Identifier: MIT */
#include "core/want/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_alternative_never_matches_inside_a_name(void **state)
{
	(void)state;
	assert_true(pattern_matches_whole("eth1|bond1", "eth1"));
	assert_true(pattern_matches_whole("eth1|bond1", "bond1"));
	assert_false(pattern_matches_whole("eth1|bond1", "veth17f90f70"));
	assert_false(pattern_matches_whole("eth1|bond1", "eth10"));
	assert_false(pattern_matches_whole("eth1|bond1", "xbond1"));
	assert_false(pattern_matches_whole("eth1|bond1", "bond1.5"));
}

static void a_shorter_alternative_does_not_hide_a_longer_one(void **state)
{
	(void)state;
	assert_true(pattern_matches_whole("eth|eth1", "eth1"));
	assert_true(pattern_matches_whole("e.*?", "eth1"));
}

static void anchors_of_its_own_do_no_harm(void **state)
{
	(void)state;
	assert_true(pattern_matches_whole("^eth1$", "eth1"));
	assert_false(pattern_matches_whole("^eth$", "eth1"));
	assert_false(pattern_matches_whole("eth1$", "veth1"));
}

static void a_line_end_is_part_of_the_name(void **state)
{
	(void)state;
	assert_false(pattern_matches_whole("eth1", "eth1\n"));
	assert_false(pattern_matches_whole("eth1$", "eth1\n"));
}

static void an_empty_pattern_matches_no_name(void **state)
{
	(void)state;
	assert_false(pattern_matches_whole("", "eth1"));
}

static void a_search_finds_the_part(void **state)
{
	(void)state;
	assert_true(pattern_matches_part("eth1|bond1", "veth17f90f70"));
	assert_false(pattern_matches_part("eth1|bond1", "cni0"));
}

static void what_does_not_compile_matches_nothing(void **state)
{
	(void)state;
	assert_false(pattern_matches_whole("eth(", "eth("));
	assert_false(pattern_matches_part("eth(", "eth("));
}

static void what_takes_too_many_steps_matches_nothing(void **state)
{
	(void)state;
	assert_true(pattern_matches_whole("(a+)+b|a+", "aaaa"));
	assert_false(pattern_matches_whole("((a+)+)+b|a+", "aaaaaaaaaaaaa"));
	assert_false(
		pattern_matches_whole("(*LIMIT_MATCH=4000000000)((a+)+)+b|a+", "aaaaaaaaaaaaa"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alternative_never_matches_inside_a_name),
		cmocka_unit_test(a_shorter_alternative_does_not_hide_a_longer_one),
		cmocka_unit_test(anchors_of_its_own_do_no_harm),
		cmocka_unit_test(a_line_end_is_part_of_the_name),
		cmocka_unit_test(an_empty_pattern_matches_no_name),
		cmocka_unit_test(a_search_finds_the_part),
		cmocka_unit_test(what_does_not_compile_matches_nothing),
		cmocka_unit_test(what_takes_too_many_steps_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
