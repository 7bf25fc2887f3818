/* test_config_files.c - several files, big files, slow files, and comparing generations. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "config_case.h"

static void nodes_and_routes_of_several_files_add_up(void **state)
{
	struct case_result r;
	char all[2000];

	(void)state;
	case_load_two(&r,
		      NODE_A "source: {serial: 7, nodes: 1, generatedAt: 2026-01-02T00:00:00Z}\n",
		      "version: 1\nnodes:\n- {name: b, address: 10.0.0.2, podCIDRs: 10.0.9.0/24}\n"
		      "routes: [{to: 10.9.0.0/16, dev: eth0}]\n"
		      "source: {serial: 7, nodes: 2, generatedAt: 2026-01-01T00:00:00Z}\n");
	case_print(&r, all, sizeof(all));
	assert_string_equal(all, "");
	assert_int_equal(config_node_count(&r.config), 2);
	assert_int_equal(origin_file(config_node_at(&r.config, 1)->origin), 1);
	assert_int_equal(config_route_count(&r.config), 1);
	assert_int_equal(r.config.source.serial, 7);
	assert_int_equal(r.config.source.generated_at, 1767225600);
	is_prefix(&config_podcidr_at(&r.config, 0)->prefix, "10.0.9.0/24");
	assert_int_equal(config_podcidr_at(&r.config, 0)->node, 1);
	case_free(&r);
}

static void differing_serials_are_told_apart_from_other_errors(void **state)
{
	struct case_result r;

	(void)state;
	case_load_two(&r, NODE_A "source: {serial: 41}\n", "source: {serial: 42}\n");
	assert_true(r.config.between_generations);
	assert_int_equal(r.diags.errors, 1);
	case_free(&r);
	case_load_two(&r, NODE_A "source: {serial: 41}\n", "source: {serial: 41}\nfoo: 1\n");
	assert_false(r.config.between_generations);
	assert_int_equal(r.diags.errors, 1);
	case_free(&r);
}

static struct prefix prefix_from(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text_of(text), true, &prefix), 0);
	return prefix;
}

static void finds_the_podcidr_around_and_inside_a_prefix(void **state)
{
	struct case_result r;
	const struct config *c = &r.config;
	struct prefix p;

	(void)state;
	load_good(
		&r,
		"version: 1\nnodes:\n"
		"- {name: a, address: [10.0.0.1, 'fd00::1'], podCIDRs: [10.4.0.0/24, fd01::/64]}\n"
		"- {name: b, address: 10.0.0.2, podCIDRs: [10.1.0.0/24, 10.2.0.0/16]}\n");
	p = prefix_from("10.2.3.4");
	assert_int_equal(config_podcidr_covering(c, &p), 1);
	p = prefix_from("10.2.0.0/16");
	assert_int_equal(config_podcidr_covering(c, &p), 1);
	assert_int_equal(config_podcidr_inside(c, &p), 1);
	p = prefix_from("10.0.0.0/13");
	assert_int_equal(config_podcidr_covering(c, &p), CONFIG_NOT_FOUND);
	assert_int_equal(config_podcidr_inside(c, &p), 0);
	p = prefix_from("10.3.0.0/16");
	assert_int_equal(config_podcidr_inside(c, &p), CONFIG_NOT_FOUND);
	p = prefix_from("10.5.0.1");
	assert_int_equal(config_podcidr_covering(c, &p), CONFIG_NOT_FOUND);
	p = prefix_from("0.0.0.0");
	assert_int_equal(config_podcidr_covering(c, &p), CONFIG_NOT_FOUND);
	p = prefix_from("fd01::7");
	assert_int_equal(config_podcidr_covering(c, &p), 3);
	p = prefix_from("fd00::/15");
	assert_int_equal(config_podcidr_inside(c, &p), 3);
	case_free(&r);
}

/* One change each that another generation must be told apart by, and ones that ask for nothing. */
struct difference {
	const char *first;
	const char *second;
	bool same;
};

static const struct difference differences[] = {
	{NODE_A, NODE_A, true},
	{NODE_A, "# moved\n" NODE_A, true},
	{NODE_A, NODE_A "source: {serial: 9}\n", true},
	{NODE_A, NODE_A "kernel: {metric: 67000}\n", true},
	{NODE_A, NODE_A "kernel: {metric: 67001}\n", false},
	{NODE_A, NODE_A "guard: {maxDelete: 30}\n", false},
	{NODE_A, NODE_A "guard: {protect: 192.0.2.0/24}\n", false},
	{NODE_A, NODE_A "podNetwork: 10.0.0.0/8\n", false},
	{NODE_A, NODE_A "interface: {name: a}\n", false},
	{NODE_A "interface: {name: b}\n", NODE_A "interface: {name: a}\n", false},
	{NODE_A "interface: {canReach: 10.0.0.7}\n", NODE_A "interface: {canReach: 10.0.0.8}\n",
	 false},
	{NODE_A, NODE_A "agent: {listen: ':1'}\n", false},
	{NODE_A, NODE_A "backend: {vxlan: {device: x}}\n", false},
	{NODE_A, NODE_A "routes: [{to: 10.9.0.0/16, dev: x}]\n", false},
	{NODE_A "routes: [{to: 10.9.0.0/16, dev: y}]\n",
	 NODE_A "routes: [{to: 10.9.0.0/16, dev: x}]\n", false},
	{NODE_A "routes: [{to: 10.9.0.0/16, dev: x, metric: 0}]\n",
	 NODE_A "routes: [{to: 10.9.0.0/16, dev: x}]\n", false},
	{NODE_A "routes: [{to: default, dev: x}]\n", NODE_A "routes: [{to: 0.0.0.0/0, dev: x}]\n",
	 false},
	{NODE_A "routes: [{to: 10.9.0.0/16, dev: x, nodes: [a]}]\n",
	 NODE_A "routes: [{to: 10.9.0.0/16, dev: x, nodes: ['*']}]\n", false},
	{NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n",
	 NODE_A "- {name: b, address: 10.0.0.3, podCIDRs: 10.2.0.0/24}\n", false},
	{NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n",
	 NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/25}\n", false},
	{NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n",
	 NODE_A "- {name: c, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", false},
	{NODE_A
	 "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, vtepMAC: 02:00:00:00:00:01}\n",
	 NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", false},
	{NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, via: 10.0.0.7}\n",
	 NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", false},
	{NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, via: 10.0.0.7}\n",
	 NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, via: 10.0.0.8}\n", false},
	{NODE_A, NODE_A "backend: {hostGw: {offLink: router}}\n", false},
	{NODE_A, NODE_A "backend: {hostGw: {source: node}}\n", false},
};

static void generations_are_the_same_when_they_ask_for_the_same(void **state)
{
	struct case_result a;
	struct case_result b;

	(void)state;
	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
		load_good(&a, differences[i].first);
		load_good(&b, differences[i].second);
		if (config_equal(&a.config, &b.config) != differences[i].same)
			fail_msg("%s against %s", differences[i].first, differences[i].second);
		case_free(&a);
		case_free(&b);
	}
}

static const char sample[] = NODE_A
	"- {name: \xc3\xa9, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n"
	"- {name: \xe2\x82\xac, address: 10.0.0.3, podCIDRs: 10.3.0.0/24}\n"
	"routes:\n- {to: 10.9.0.0/16, via: 10.0.0.9, nodes: [\"\xc3\xa9*\", \xe2\x82\xac]}\n"
	"# \xf0\x9f\x90\x84\r\nguard: {protect: 192.0.2.0/24}\r\n";

static void the_size_of_the_reads_does_not_matter(void **state)
{
	const size_t len = strlen(sample);
	struct case_result once;
	struct case_result many;

	(void)state;
	load_good(&once, sample);
	for (size_t chunk = 1; chunk < 64; chunk += chunk < 8 ? 1 : 11) {
		const struct case_text text = {.text = sample, .len = len, .chunk = chunk};

		case_load_text(&many, &text, 1);
		assert_int_equal(many.diags.count, 0);
		assert_true(config_equal(&once.config, &many.config));
		case_free(&many);
	}
	case_free(&once);
}

/* 100,000 nodes as a generator would write them; the caller frees it. */
static char *many_nodes(uint32_t count)
{
	size_t size = (size_t)count * 100 + 100;
	char *text = malloc(size);
	size_t len;

	assert_non_null(text);
	len = (size_t)snprintf(text, size, "version: 1\nsource: {nodes: %u}\nnodes:\n", count);
	for (uint32_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, size - len,
					"- {name: n%u, address: 172.%u.%u.%u, podCIDRs: "
					"[%u.%u.%u.0/24]}\n",
					i, 16 + (i >> 16), i >> 8 & 255, i & 255, 20 + (i >> 16),
					i >> 8 & 255, i & 255);
	return text;
}

static void a_hundred_thousand_nodes_are_no_trouble(void **state)
{
	struct case_result r;
	char *text = many_nodes(100000);

	(void)state;
	load_good(&r, text);
	free(text);
	assert_int_equal(config_node_count(&r.config), 100000);
	assert_int_equal(config_podcidr_count(&r.config), 100000);
	assert_true(r.config.nodes.used == 100000 * sizeof(struct config_node));
	assert_int_equal(config_find_node(&r.config, "n99999"), 99999);
	case_free(&r);
}

static void bytes_that_cannot_be_had_are_an_error_of_their_own(void **state)
{
	const struct case_text text = {
		.text = NODE_A, .len = strlen(NODE_A), .chunk = 8, .fail_at = 16};
	struct case_result r;

	(void)state;
	case_load_text(&r, &text, 1);
	assert_int_equal(r.status, -5);
	assert_string_equal(r.err.text, "the disk is gone");
	assert_int_equal(r.diags.count, 0);
	case_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_and_routes_of_several_files_add_up),
		cmocka_unit_test(differing_serials_are_told_apart_from_other_errors),
		cmocka_unit_test(finds_the_podcidr_around_and_inside_a_prefix),
		cmocka_unit_test(generations_are_the_same_when_they_ask_for_the_same),
		cmocka_unit_test(the_size_of_the_reads_does_not_matter),
		cmocka_unit_test(a_hundred_thousand_nodes_are_no_trouble),
		cmocka_unit_test(bytes_that_cannot_be_had_are_an_error_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
