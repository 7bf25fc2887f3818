/* test_ip.c - addresses and prefixes of both families. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "chance.h"
#include "croute/base/buf.h"

static struct ip ip(const char *string)
{
	struct ip out = {0};

	assert_int_equal(ip_parse(text_of(string), &out), 0);
	return out;
}

static struct prefix prefix(const char *string)
{
	struct prefix out = {0};

	assert_int_equal(prefix_parse(text_of(string), false, &out), 0);
	return out;
}

static void prefix_reads_as(const struct prefix *value, const char *wanted)
{
	char text[PREFIX_TEXT_MAX];

	assert_string_equal(prefix_format(value, text), wanted);
}

static void reads_and_writes_addresses(void **state)
{
	char text[IP_TEXT_MAX];
	struct ip v4 = ip("10.0.0.11");
	struct ip v6 = ip("FD00:0::00b");

	(void)state;
	assert_int_equal(v4.family, AF_INET);
	assert_memory_equal(v4.bytes, "\12\0\0\13\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_string_equal(ip_format(&v4, text), "10.0.0.11");
	assert_int_equal(v6.family, AF_INET6);
	assert_string_equal(ip_format(&v6, text), "fd00::b");
}

static void refuses_what_is_no_address(void **state)
{
	static const char *const wrong[] = {"",		 "10.0.0",     "10.0.0.256", "10.0.0.1 ",
					    "010.0.0.1", "fe80::1%lo", "host",	     "10.0.0.1/8",
					    ":::",	 "1.2.3.4.5"};
	struct ip out = {.family = 99};
	char many[200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(ip_parse(text_of(wrong[i]), &out), -EINVAL);
	memset(many, ':', sizeof(many));
	assert_int_equal(ip_parse((struct text){.at = many, .len = sizeof(many)}, &out), -EINVAL);
	assert_int_equal(ip_parse((struct text){.at = "10.0.0.1\0x", .len = 10}, &out), -EINVAL);
	assert_int_equal(out.family, 99);
}

/* Of random pieces, with nothing that inet_pton(3) would take otherwise. */
static void reads_what_inet_pton_reads(void **state)
{
	static const char *const pieces[] = {":",	"::",	   ".",	   "0",	 "1", "a:B",
					     "ffff",	"00001",   "9",	   "25", "g", "6",
					     "1.2.3.4", "1:2:3:4", ":7:8", "/"};
	uint64_t seed = chance_seed();
	uint64_t rounds = chance_rounds(100000);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++) {
		char string[IP_TEXT_MAX] = "";
		struct buf buf = BUF_OVER(string);
		uint8_t wanted[16] = {0};
		struct ip out;
		int code;

		do {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			buf_add_word(&buf, pieces[seed >> 60]);
		} while ((seed >> 57) % 8 != 0 && buf.len < sizeof(string) - 9);
		code = ip_parse(text_of(string), &out);
		if (inet_pton(AF_INET, string, wanted) != 1 &&
		    inet_pton(AF_INET6, string, wanted) != 1)
			assert_int_equal(code, -EINVAL);
		else if (code != -EPROTOTYPE)
			assert_memory_equal(out.bytes, wanted, sizeof(wanted));
	}
}

/* Of groups that are often zero, so that runs of them stand everywhere. */
static void writes_what_inet_ntop_writes(void **state)
{
	static const uint8_t often[] = {0, 0, 0, 0, 1, 0x0a, 0x10, 0xff};
	uint64_t seed = chance_seed();
	uint64_t rounds = chance_rounds(20000);

	(void)state;
	for (uint64_t turn = 0; turn < rounds; turn++) {
		struct ip value = {.family = turn % 8 == 0 ? AF_INET : AF_INET6};
		char wanted[INET6_ADDRSTRLEN];
		char text[IP_TEXT_MAX];

		for (size_t i = 0; i < (value.family == AF_INET ? 4 : 16); i++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			value.bytes[i] = often[seed >> 61];
		}
		assert_non_null(inet_ntop(value.family, value.bytes, wanted, sizeof(wanted)));
		assert_string_equal(ip_format(&value, text), wanted);
	}
}

static void refuses_ipv4_mapped_addresses_by_name(void **state)
{
	struct prefix net = {.len = 99};
	struct ip out = {.family = 99};

	(void)state;
	assert_int_equal(ip_parse(text_of("::ffff:10.0.0.1"), &out), -EPROTOTYPE);
	assert_int_equal(prefix_parse(text_of("::ffff:10.0.0.0/120"), false, &net), -EPROTOTYPE);
	assert_int_equal(out.family, 99);
	assert_int_equal(net.len, 99);
}

static void reads_and_writes_prefixes(void **state)
{
	static const char *const good[] = {"10.244.1.0/24", "0.0.0.0/0",     "10.0.0.1/32",
					   "10.254.0.0/15", "fd10:244::/48", "::/0",
					   "fd00::1/128",   "fe80::/10"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct prefix net = prefix(good[i]);

		prefix_reads_as(&net, good[i]);
	}
}

static void refuses_what_is_no_prefix(void **state)
{
	static const char *const wrong[] = {
		"",    "10.0.0.0",     "10.0.0.0/",    "10.0.0.0/x",  "10.0.0.0/-1",
		"/24", "10.0.0.0/024", "10.0.0.0/8/8", "10.0.0.0/ 8", "fd00::"};
	struct prefix out = {.len = 99};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(prefix_parse(text_of(wrong[i]), false, &out), -EINVAL);
	assert_int_equal(prefix_parse(text_of("10.0.0.0/33"), false, &out), -ERANGE);
	assert_int_equal(prefix_parse(text_of("fd00::/129"), false, &out), -ERANGE);
	assert_int_equal(prefix_parse(text_of("fd00::/99999999999999999999"), false, &out),
			 -ERANGE);
	assert_int_equal(out.len, 99);
}

static void a_lone_address_is_a_host_where_that_is_allowed(void **state)
{
	struct prefix out;

	(void)state;
	assert_int_equal(prefix_parse(text_of("10.0.0.1"), true, &out), 0);
	prefix_reads_as(&out, "10.0.0.1/32");
	assert_int_equal(prefix_parse(text_of("fd00::1"), true, &out), 0);
	prefix_reads_as(&out, "fd00::1/128");
}

static void host_bits_are_refused_with_what_was_meant(void **state)
{
	struct prefix out;

	(void)state;
	assert_int_equal(prefix_parse(text_of("10.244.1.7/24"), false, &out), -EDOM);
	prefix_reads_as(&out, "10.244.1.0/24");
	assert_int_equal(prefix_parse(text_of("fd00::1/63"), false, &out), -EDOM);
	prefix_reads_as(&out, "fd00::/63");
}

static void knows_what_a_prefix_holds(void **state)
{
	struct prefix net = prefix("10.244.128.0/17");
	struct prefix all = prefix("0.0.0.0/0");
	struct prefix net6 = prefix("fd10:244::/33");
	struct ip in = ip("10.244.255.255"), below = ip("10.244.127.255");
	struct ip in6 = ip("fd10:244:7fff::1"), out6 = ip("fd10:244:8000::1");

	(void)state;
	assert_true(prefix_holds(&net, &in));
	assert_false(prefix_holds(&net, &below));
	assert_true(prefix_holds(&all, &in));
	assert_false(prefix_holds(&all, &in6));
	assert_true(prefix_holds(&net6, &in6));
	assert_false(prefix_holds(&net6, &out6));
}

static void knows_which_prefix_lies_in_which(void **state)
{
	struct prefix wide = prefix("10.0.0.0/8"), narrow = prefix("10.244.1.0/24");
	struct prefix other = prefix("10.244.2.0/24"), six = prefix("::/0");

	(void)state;
	assert_true(prefix_covers(&wide, &narrow));
	assert_true(prefix_covers(&wide, &wide));
	assert_false(prefix_covers(&narrow, &wide));
	assert_true(prefix_overlaps(&narrow, &wide));
	assert_true(prefix_overlaps(&wide, &narrow));
	assert_false(prefix_overlaps(&narrow, &other));
	assert_false(prefix_overlaps(&six, &wide));
	assert_true(prefix_same(&narrow, &narrow));
	assert_false(prefix_same(&narrow, &other));
}

static void sorts_a_prefix_right_before_what_it_contains(void **state)
{
	static const char *const ordered[] = {"0.0.0.0/0",     "10.0.0.0/8",	 "10.0.0.0/24",
					      "10.0.1.0/24",   "192.168.0.0/16", "::/0",
					      "fd10:244::/48", "fd10:244::/64"};
	size_t count = sizeof(ordered) / sizeof(*ordered);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			struct prefix a = prefix(ordered[i]), b = prefix(ordered[j]);
			int order = prefix_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

static void numbers_subnets_by_their_leading_bits(void **state)
{
	struct prefix net = prefix("10.244.7.0/24"), all = prefix("0.0.0.0/0");
	struct prefix host = prefix("255.255.255.255/32");

	(void)state;
	assert_int_equal(prefix_number(&net), 10U << 16 | 244U << 8 | 7U);
	assert_int_equal(prefix_number(&all), 0);
	assert_true(prefix_number(&host) == UINT32_MAX);
}

static void cuts_an_address_down_to_its_prefix(void **state)
{
	struct ip v4 = ip("10.255.255.255"), v6 = ip("fd00:ffff::1");
	struct prefix net = prefix_of(&v4, 13), all = prefix_of(&v4, 0),
		      whole = prefix_of(&v6, 128);

	(void)state;
	prefix_reads_as(&net, "10.248.0.0/13");
	prefix_reads_as(&all, "0.0.0.0/0");
	prefix_reads_as(&whole, "fd00:ffff::1/128");
}

static void knows_addresses_that_no_host_has(void **state)
{
	static const char *const none[] = {"0.0.0.0",	"0.1.2.3",   "127.0.0.1",
					   "224.0.0.5", "240.0.0.1", "255.255.255.255",
					   "::",	"::1",	     "ff02::1"};
	static const char *const host[] = {"10.0.0.1", "223.255.255.1", "1.0.0.1",
					   "fd00::1",  "::2",		"fe80::1"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		struct ip address = ip(none[i]);

		assert_true(ip_is_no_host(&address));
	}
	for (size_t i = 0; i < sizeof(host) / sizeof(*host); i++) {
		struct ip address = ip(host[i]);

		assert_false(ip_is_no_host(&address));
	}
}

static void knows_link_local_and_unset_addresses(void **state)
{
	struct ip local = ip("fe80::1"), edge = ip("febf::1"), past = ip("fec0::1");
	struct ip v4 = ip("169.254.0.1"), none = {0};

	(void)state;
	assert_true(ip_is_link_local(&local));
	assert_true(ip_is_link_local(&edge));
	assert_false(ip_is_link_local(&past));
	assert_false(ip_is_link_local(&v4));
	assert_true(ip_is_set(&v4));
	assert_false(ip_is_set(&none));
	assert_true(ip_same(&local, &local));
	assert_false(ip_same(&local, &edge));
	assert_int_equal(ip_bits(AF_INET), 32);
	assert_int_equal(ip_bits(AF_INET6), 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_addresses),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(reads_what_inet_pton_reads),
		cmocka_unit_test(writes_what_inet_ntop_writes),
		cmocka_unit_test(refuses_ipv4_mapped_addresses_by_name),
		cmocka_unit_test(reads_and_writes_prefixes),
		cmocka_unit_test(refuses_what_is_no_prefix),
		cmocka_unit_test(a_lone_address_is_a_host_where_that_is_allowed),
		cmocka_unit_test(host_bits_are_refused_with_what_was_meant),
		cmocka_unit_test(knows_what_a_prefix_holds),
		cmocka_unit_test(knows_which_prefix_lies_in_which),
		cmocka_unit_test(sorts_a_prefix_right_before_what_it_contains),
		cmocka_unit_test(numbers_subnets_by_their_leading_bits),
		cmocka_unit_test(cuts_an_address_down_to_its_prefix),
		cmocka_unit_test(knows_addresses_that_no_host_has),
		cmocka_unit_test(knows_link_local_and_unset_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
