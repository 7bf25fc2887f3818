/* test_names.c - routing numbers by the names that people know. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/base/buf.h"

static void assert_protocol(uint8_t protocol, const char *wanted)
{
	char text[NAMES_PROTOCOL_MAX];

	assert_string_equal(names_protocol(protocol, text), wanted);
}

static void protocols_have_their_names(void **state)
{
	(void)state;
	assert_protocol(RTPROT_KERNEL, "kernel");
	assert_protocol(RTPROT_BOOT, "boot");
	assert_protocol(RTPROT_STATIC, "static");
	assert_protocol(RTPROT_BIRD, "bird");
	assert_protocol(RTPROT_BGP, "bgp");
	assert_protocol(17, "kube-router");
	assert_protocol(18, "keepalived");
}

static void protocols_without_name_are_numbers(void **state)
{
	(void)state;
	assert_protocol(67, "67");
	assert_protocol(255, "255");
	assert_protocol(RTPROT_UNSPEC, "none");
}

static void types_have_their_names(void **state)
{
	(void)state;
	assert_string_equal(names_type(RTN_UNICAST), "unicast");
	assert_string_equal(names_type(RTN_BLACKHOLE), "blackhole");
	assert_string_equal(names_type(RTN_UNREACHABLE), "unreachable");
	assert_string_equal(names_type(RTN_PROHIBIT), "prohibit");
}

static void every_number_has_some_text(void **state)
{
	char text[NAMES_PROTOCOL_MAX];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		assert_non_null(names_type((uint8_t)i));
		assert_in_range(strlen(names_protocol((uint8_t)i, text)), 1,
				NAMES_PROTOCOL_MAX - 1);
	}
}

static void a_rule_reads_as_ip_rule_prints_it(void **state)
{
	static const struct rule vrf = {.action = RULE_LOOKUP, .l3mdev = true};
	static const struct rule wireguard = {.action = RULE_LOOKUP, .table = 254, .shortest = 1};
	char space[128];
	struct buf text = BUF_OVER(space);

	(void)state;
	names_add_rule(&text, &vrf);
	names_add_rule(&text, &wireguard);
	assert_string_equal(space, " lookup [l3mdev-table] lookup 254 suppress_prefixlength 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocols_have_their_names),
		cmocka_unit_test(protocols_without_name_are_numbers),
		cmocka_unit_test(types_have_their_names),
		cmocka_unit_test(a_rule_reads_as_ip_rule_prints_it),
		cmocka_unit_test(every_number_has_some_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
