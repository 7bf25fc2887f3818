/* test_value.c - the edges of what one value may be. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void durations_have_one_number_and_one_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} goods[] = {{"0", 0},	     {"0s", 0},	     {"500ms", 500},
		     {"10s", 10000}, {"5m", 300000}, {"1h", 3600000}};
	static const char *const bads[] = {
		"", "5", "s", "-5s", "1.5s", "1h30m", "5 s", "5S", "99999999999999999999s", "00"};
	uint64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		assert_int_equal(value_duration(text_of(goods[i].text), &ms, NULL), 0);
		assert_int_equal(ms, goods[i].ms);
	}
	ms = 7;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++)
		assert_int_equal(value_duration(text_of(bads[i]), &ms, NULL), -EINVAL);
	assert_int_equal(ms, 7);
}

static void flags_are_the_words_of_yaml_1_1(void **state)
{
	static const char *const yes[] = {"true", "True", "TRUE", "yes", "on", "ON"};
	static const char *const no[] = {"false", "no", "No", "off"};
	static const char *const bads[] = {"", "y", "1", "truee", "tru"};
	bool flag = false;

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(value_flag(text_of(yes[i]), &flag, NULL) == 0 && flag);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_true(value_flag(text_of(no[i]), &flag, NULL) == 0 && !flag);
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++)
		assert_int_equal(value_flag(text_of(bads[i]), &flag, NULL), -EINVAL);
}

static void shares_are_a_percentage_or_a_count(void **state)
{
	uint32_t value = 0;
	bool percent = false;

	(void)state;
	assert_int_equal(value_share(text_of("100%"), &value, &percent, NULL), 0);
	assert_true(percent && value == 100);
	assert_int_equal(value_share(text_of("250"), &value, &percent, NULL), 0);
	assert_true(!percent && value == 250);
	assert_int_equal(value_share(text_of("101%"), &value, &percent, NULL), -EINVAL);
	assert_int_equal(value_share(text_of("%"), &value, &percent, NULL), -EINVAL);
	assert_int_equal(value_share(text_of("-1"), &value, &percent, NULL), -EINVAL);
}

static void times_are_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} goods[] = {{"1970-01-01T00:00:01Z", 1},
		     {"2026-11-23T03:00:00Z", 1795402800},
		     {"2026-11-23t03:00:00.123456z", 1795402800},
		     {"2026-11-23T04:30:00+01:30", 1795402800},
		     {"2026-11-22T22:00:00-05:00", 1795402800},
		     {"2024-02-29T00:00:00Z", 1709164800}};
	static const char *const bads[] = {"",
					   "2026-11-23",
					   "2026-11-23T03:00:00",
					   "2026-11-23 03:00:00Z",
					   "2023-02-29T00:00:00Z",
					   "2026-13-01T00:00:00Z",
					   "2026-00-01T00:00:00Z",
					   "2026-01-00T00:00:00Z",
					   "2026-01-01T24:00:00Z",
					   "2026-01-01T00:60:00Z",
					   "2026-01-01T00:00:00.Z",
					   "2026-01-01T00:00:00+1:00",
					   "1960-01-01T00:00:00Z",
					   "2026-01-01T00:00:00Zx",
					   "2026-01-01T00:00:00+01:60",
					   "2026-01-01T00:00:00+25:00"};
	uint64_t seconds = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		assert_int_equal(value_time(text_of(goods[i].text), &seconds, NULL), 0);
		assert_int_equal(seconds, goods[i].seconds);
	}
	seconds = 7;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++)
		assert_int_equal(value_time(text_of(bads[i]), &seconds, NULL), -EINVAL);
	assert_int_equal(seconds, 7);
}

static void names_of_interfaces_are_what_the_kernel_takes(void **state)
{
	(void)state;
	assert_int_equal(value_device(text_of("eth0.100"), NULL), 0);
	assert_int_equal(value_device(text_of("abcdefghijklmno"), NULL), 0);
	assert_int_equal(value_device(text_of("abcdefghijklmnop"), NULL), -EINVAL);
	assert_int_equal(value_device(text_of(""), NULL), -EINVAL);
	assert_int_equal(value_device(text_of("."), NULL), -EINVAL);
	assert_int_equal(value_device(text_of(".."), NULL), -EINVAL);
	assert_int_equal(value_device(text_of("a/b"), NULL), -EINVAL);
	assert_int_equal(value_device(text_of("a b"), NULL), -EINVAL);
	assert_int_equal(value_device(text_of("eth0:1"), NULL), -EINVAL);
}

static void listens_on_numeric_addresses_only(void **state)
{
	static const char *const goods[] = {
		"", ":9667", "127.0.0.1:9667", "[::1]:9667", "node:1", "0.0.0.0:65535", "[::]:80"};
	static const char *const bads[] = {
		"9667",	  "localhost:9667", "::1:9667", "[::1]", "127.0.0.1", "127.0.0.1:", ":0",
		":65536", "[10.0.0.1]:1",   "[]:1",	":-1",	 "]:1",	      "nodes:1",    "[:1"};

	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++)
		assert_int_equal(value_listen(text_of(goods[i]), NULL), 0);
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++)
		assert_int_equal(value_listen(text_of(bads[i]), NULL), -EINVAL);
}

static void podcidrs_are_where_pods_can_be(void **state)
{
	static const char *const bads[] = {
		"0.0.0.0/0",   "::/0", "0.0.0.0/8", "127.1.0.0/16", "126.0.0.0/7", "224.0.0.0/24",
		"240.0.0.0/4", "::/8", "fe80::/64", "ff00::/16",    "fe00::/7"};
	struct prefix prefix = {.len = 9};

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++)
		assert_int_equal(value_podcidr(text_of(bads[i]), &prefix, NULL), -EINVAL);
	assert_int_equal(prefix.len, 9);
	assert_int_equal(value_podcidr(text_of("10.0.0.0/8"), &prefix, NULL), 0);
	assert_int_equal(value_podcidr(text_of("fd00::/64"), &prefix, NULL), 0);
	assert_int_equal(value_podcidr(text_of("2001:db8::1/128"), &prefix, NULL), 0);
}

static void a_mapped_address_is_told_as_ipv4(void **state)
{
	struct error err = {0};
	struct prefix prefix;
	struct ip ip;

	(void)state;
	assert_int_equal(value_address(text_of("::ffff:a00:1"), &ip, &err), -EINVAL);
	assert_non_null(strstr(err.text, "write 10.0.0.1"));
	assert_int_equal(value_prefix(text_of("::ffff:10.0.0.0/120"), false, &prefix, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "write 10.0.0.0"));
}

static void quoted_text_cannot_drive_a_terminal_and_is_cut(void **state)
{
	char out[VALUE_QUOTE_MAX];
	char longer[200];

	(void)state;
	assert_string_equal(value_quote(text_of("a\x1b[31mb"), out), "\"a?[31mb\"");
	memset(longer, 'x', sizeof(longer));
	(void)value_quote((struct text){.at = longer, .len = sizeof(longer)}, out);
	assert_true(strlen(out) < VALUE_QUOTE_MAX);
	assert_non_null(strstr(out, "…\""));
	for (size_t i = 0; i + 2 < sizeof(longer); i += 3)
		memcpy(longer + i, "€", 3);
	(void)value_quote((struct text){.at = longer, .len = 198}, out);
	assert_null(strchr(out, '?'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_one_number_and_one_unit),
		cmocka_unit_test(flags_are_the_words_of_yaml_1_1),
		cmocka_unit_test(shares_are_a_percentage_or_a_count),
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(names_of_interfaces_are_what_the_kernel_takes),
		cmocka_unit_test(listens_on_numeric_addresses_only),
		cmocka_unit_test(podcidrs_are_where_pods_can_be),
		cmocka_unit_test(a_mapped_address_is_told_as_ipv4),
		cmocka_unit_test(quoted_text_cannot_drive_a_terminal_and_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
