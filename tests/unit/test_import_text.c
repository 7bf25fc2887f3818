/* test_import_text.c - a node's line, which every reader of YAML takes alike. */
/* SPDX-License-Identifier: MIT */
#include "app/import/text.h"

#include "croute/core/parse/value.h"
#include "listing.h"

static void is_line(const char *node, const char *line)
{
	struct listing listing;

	listing_read(&listing, node);
	assert_int_equal(listing.status, 0);
	assert_string_equal(listing_lines(&listing), line);
	listing_drop(&listing);
}

static void names_that_mean_something_are_quoted(void **state)
{
	static const char *const quoted[] = {"no",  "true", "null",	  "on", "y",
					     "1e5", "0x1f", "2026-11-23", "12"};
	static const char *const plain[] = {"worker-1", "nope", "a.example.com", "e5"};
	char node[700];
	char line[200];

	(void)state;
	for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
		(void)snprintf(node, sizeof(node), NODE("%s", "10.0.0.1", "10.1.1.0/24"),
			       quoted[i]);
		(void)snprintf(line, sizeof(line),
			       "  - {name: '%s', address: 10.0.0.1, podCIDRs: 10.1.1.0/24}\n",
			       quoted[i]);
		is_line(node, line);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		(void)snprintf(node, sizeof(node), NODE("%s", "10.0.0.1", "10.1.1.0/24"), plain[i]);
		(void)snprintf(line, sizeof(line),
			       "  - {name: %s, address: 10.0.0.1, podCIDRs: 10.1.1.0/24}\n",
			       plain[i]);
		is_line(node, line);
	}
}

static void addresses_that_mean_something_are_quoted(void **state)
{
	(void)state;
	is_line(NODE("a", "fd00::", "fd10::/64"),
		"  - {name: a, address: 'fd00::', podCIDRs: fd10::/64}\n");
	is_line(NODE("a", "2001:10:20:30:40:50:1:2", "fd10::/64"),
		"  - {name: a, address: '2001:10:20:30:40:50:1:2', podCIDRs: fd10::/64}\n");
	is_line(NODE("a", "::2", "::7:0:0/96"),
		"  - {name: a, address: '::2', podCIDRs: '::7:0:0/96'}\n");
	is_line(NODE("a", "fd00:0::1", "fd10::/64"),
		"  - {name: a, address: fd00::1, podCIDRs: fd10::/64}\n");
}

#define DATA(mac) ANNOTATED("backend-data", "{\\\"VtepMAC\\\":\\\"" mac "\\\"}")
static void macs_that_look_like_numbers_are_quoted(void **state)
{
	(void)state;
	is_line(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True", DATA("10:20:30:40:50:06")),
		"  - {name: a, address: 10.0.0.1, podCIDRs: 10.1.1.0/24, vtepMAC: "
		"'10:20:30:40:50:06'}\n");
	is_line(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True", DATA("1A:20:30:40:50:06")),
		"  - {name: a, address: 10.0.0.1, podCIDRs: 10.1.1.0/24, vtepMAC: "
		"1a:20:30:40:50:06}\n");
}

static void a_mac_without_its_underlay_is_left_away(void **state)
{
	(void)state;
	is_line(NODE_WITH("a", "fd00::1", "fd10::/64", "True", DATA("1a:20:30:40:50:06")),
		"  - {name: a, address: fd00::1, podCIDRs: fd10::/64}\n");
}

/* The longest name, podCIDRs as many as there may be, both MACs. */
static void the_longest_line_fits(void **state)
{
	char name[VALUE_NAME_MAX + 1] = "";
	struct prefix cidrs[IMPORT_CIDRS_MOST] = {{.len = 0}};
	struct import_node node = {
		.name = name,
		.cidrs = cidrs,
		.cidr_count = IMPORT_CIDRS_MOST,
		.ip = {{.family = AF_INET, .bytes = {255, 255, 255, 255}}, {.family = AF_INET6}},
		.mac = {{.bytes = {16, 17, 18, 19, 20, 21}}, {.bytes = {16, 17, 18, 19, 20, 21}}},
	};
	char space[2 * IMPORT_LINE_MAX];
	struct buf line = BUF_OVER(space);

	(void)state;
	memset(name, '7', VALUE_NAME_MAX);
	memset(node.ip[IMPORT_IPV6].bytes, 0xfd, 16);
	for (uint32_t i = 0; i < IMPORT_CIDRS_MOST; i++) {
		memset(cidrs[i].ip.bytes, 0xfc, 16);
		cidrs[i].ip.bytes[15] = (uint8_t)(i << 4);
		cidrs[i].ip.family = AF_INET6;
		cidrs[i].len = 124;
	}
	import_text_line(&node, &line);
	assert_in_range(line.len, 1000, IMPORT_LINE_MAX - 1);
}

static void the_head_says_what_it_is_told(void **state)
{
	const struct config_source source = {
		.has_serial = true, .serial = UINT64_MAX, .generated_at = 253402300799};
	struct listing listing;
	char space[IMPORT_HEAD_MAX];
	struct buf head = BUF_OVER(space);

	(void)state;
	listing_read(&listing, NODE("a", "10.0.0.1", "10.1.1.0/24"));
	import_text_head(&listing.import, &source, true, &head);
	assert_non_null(strstr(space, "version: 1\nsource:\n  serial: 18446744073709551615\n"
				      "  generatedAt: 9999-12-31T23:59:59Z\n  nodes: 1\n"
				      "nodes: []\n"));
	assert_true(head.len < IMPORT_HEAD_MAX - 1);
	listing_drop(&listing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_mean_something_are_quoted),
		cmocka_unit_test(addresses_that_mean_something_are_quoted),
		cmocka_unit_test(macs_that_look_like_numbers_are_quoted),
		cmocka_unit_test(a_mac_without_its_underlay_is_left_away),
		cmocka_unit_test(the_longest_line_fits),
		cmocka_unit_test(the_head_says_what_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
