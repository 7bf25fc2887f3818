/* test_text.c - pieces of text: comparing, numbers, guesses. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

static void compares_by_content_and_length(void **state)
{
	const char word[] = "routes";

	(void)state;
	assert_true(text_is(text_of("routes"), word));
	assert_false(text_is(text_of("route"), word));
	assert_false(text_is(text_of("routesX"), word));
	assert_true(text_is((struct text){.at = "routesX", .len = 6}, word));
	assert_true(text_same(text_of(""), text_of("")));
	assert_false(text_same(text_of("a"), text_of("A")));
}

static void a_prefix_may_be_the_whole_but_not_more(void **state)
{
	(void)state;
	assert_true(text_starts(text_of("x-note"), "x-"));
	assert_true(text_starts(text_of("x-"), "x-"));
	assert_true(text_starts(text_of("x-"), ""));
	assert_false(text_starts(text_of("x"), "x-"));
	assert_false(text_starts(text_of("version"), "x-"));
}

static void reads_decimal_numbers_up_to_the_limit(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(text_to_u64(text_of("0"), 10, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(text_to_u64(text_of("4096"), 4096, &value), 0);
	assert_int_equal(value, 4096);
	assert_int_equal(text_to_u64(text_of("18446744073709551615"), UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
}

static void a_number_past_the_limit_is_out_of_range(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(text_to_u64(text_of("4097"), 4096, &value), -ERANGE);
	assert_int_equal(text_to_u64(text_of("18446744073709551616"), UINT64_MAX, &value), -ERANGE);
	assert_int_equal(text_to_u64(text_of("99999999999999999999999"), 10, &value), -ERANGE);
	assert_int_equal(value, 7);
}

static void what_is_no_number_is_refused_and_leaves_out_alone(void **state)
{
	static const char *const wrong[] = {"",	    "-1",  "+1",    " 1", "1 ",
					    "0x10", "1e3", "1_000", "a"};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(text_to_u64(text_of(wrong[i]), UINT64_MAX, &value), -EINVAL);
	assert_int_equal(value, 7);
}

static const char *key(const void *words, size_t i)
{
	return ((const char *const *)words)[i];
}

static const char *nearest(const char *word)
{
	static const char *const keys[] = {"podCIDRs", "podNetwork", "address", "name", "to",
					   "via",      "dev",	     "metric",	"vni",	NULL};

	return text_nearest(text_of(word), key, keys);
}

static void guesses_what_was_meant(void **state)
{
	(void)state;
	assert_string_equal(nearest("podCIDR"), "podCIDRs");
	assert_string_equal(nearest("podcidrs"), "podCIDRs");
	assert_string_equal(nearest("adress"), "address");
	assert_string_equal(nearest("naem"), "name");
	assert_string_equal(nearest("metrics"), "metric");
	assert_string_equal(nearest("vai"), "via");
}

static void guesses_nothing_when_nothing_is_near(void **state)
{
	static const char long_word[] = "metricmetricmetricmetricmetricmetric";

	(void)state;
	assert_null(nearest("masquerade"));
	assert_null(nearest("x"));
	assert_null(nearest(""));
	assert_null(nearest(long_word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_by_content_and_length),
		cmocka_unit_test(a_prefix_may_be_the_whole_but_not_more),
		cmocka_unit_test(reads_decimal_numbers_up_to_the_limit),
		cmocka_unit_test(a_number_past_the_limit_is_out_of_range),
		cmocka_unit_test(what_is_no_number_is_refused_and_leaves_out_alone),
		cmocka_unit_test(guesses_what_was_meant),
		cmocka_unit_test(guesses_nothing_when_nothing_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
