/* test_buf.c - text in a fixed buffer is cut, padded and made safe. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void appends_and_counts(void **state)
{
	char space[32];
	struct buf buf = BUF_OVER(space);

	(void)state;
	buf_add(&buf, "%s via %d", "10.0.0.0/24", 7);
	buf_add_text(&buf, (struct text){.at = " dev eth1 more", .len = 9});
	assert_string_equal(space, "10.0.0.0/24 via 7 dev eth1");
	assert_int_equal(buf.len, strlen(space));
	buf_cut(&buf, 15);
	buf_add_hex(&buf, 0);
	buf_add_hex(&buf, 0xfd10);
	assert_string_equal(space, "10.0.0.0/24 via0fd10");
	assert_int_equal(buf.len, strlen(space));
}

static void cuts_at_its_end_and_never_writes_past_it(void **state)
{
	char space[9] = "........";
	struct buf buf = {.data = space, .size = 8, .len = 0};

	(void)state;
	space[8] = '!';
	buf_add(&buf, "%s", "0123456789");
	assert_string_equal(space, "0123456");
	buf_add(&buf, "more");
	buf_add_text(&buf, text_of("more"));
	buf_pad(&buf, 20, 1);
	buf_add_safe(&buf, text_of("more"));
	assert_string_equal(space, "0123456");
	assert_int_equal(buf.len, 7);
	assert_int_equal(space[8], '!');
}

static void pads_up_to_a_column_or_by_the_least(void **state)
{
	char space[32];
	struct buf buf = BUF_OVER(space);

	(void)state;
	buf_add(&buf, "ab");
	buf_pad(&buf, 5, 2);
	assert_string_equal(space, "ab   ");
	buf_add(&buf, "c");
	buf_pad(&buf, 7, 2);
	assert_string_equal(space, "ab   c  ");
	buf_pad(&buf, 0, 0);
	assert_int_equal(buf.len, 8);
}

static void is(const char *text, size_t len, const char *wanted)
{
	char space[64] = "";
	struct buf buf = BUF_OVER(space);

	buf_add_safe(&buf, (struct text){.at = text, .len = len});
	assert_string_equal(space, wanted);
}

static void lets_no_control_character_through(void **state)
{
	(void)state;
	is("a\033[31mb", 7, "a?[31mb");
	is("a\nb\rc", 5, "a?b?c");
	is("a\tb", 3, "a b");
	is("a\0b\177", 4, "a?b?");
	is("\302\233"
	   "31m",
	   5, "?31m"); /* CSI as a C1 control */
}

static void keeps_what_is_good_utf8(void **state)
{
	static const char text[] = "K\303\266ln \342\202\254 \360\237\230\200";

	(void)state;
	is(text, sizeof(text) - 1, text);
	is("", 0, "");
}

static void what_is_no_utf8_becomes_a_question_mark(void **state)
{
	(void)state;
	is("a\377b", 3, "a?b");
	is("\200", 1, "?");
	is("\303", 1, "?");
	is("\303x", 2, "?x");
	is("\300\200", 2, "??");	   /* two bytes for NUL */
	is("\340\200\233", 3, "???");	   /* three bytes for ESC */
	is("\360\200\200\233", 4, "????"); /* four bytes for ESC */
	is("\355\240\200", 3, "???");	   /* a surrogate */
	is("\364\220\200\200", 4, "????"); /* past U+10FFFF */
}

static void a_count_reads_in_thousands(void **state)
{
	static const struct {
		uint64_t count;
		const char *text;
	} cases[] = {
		{0, "0"},
		{999, "999"},
		{1000, "1,000"},
		{99999, "99,999"},
		{1000002, "1,000,002"},
		{UINT64_MAX, "18,446,744,073,709,551,615"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char space[32];
		struct buf buf = BUF_OVER(space);

		buf_add_count(&buf, cases[i].count);
		assert_string_equal(space, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_and_counts),
		cmocka_unit_test(cuts_at_its_end_and_never_writes_past_it),
		cmocka_unit_test(pads_up_to_a_column_or_by_the_least),
		cmocka_unit_test(lets_no_control_character_through),
		cmocka_unit_test(keeps_what_is_good_utf8),
		cmocka_unit_test(what_is_no_utf8_becomes_a_question_mark),
		cmocka_unit_test(a_count_reads_in_thousands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
