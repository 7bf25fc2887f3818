/* test_config_clashes.c - nodes, routes and settings that do not fit together. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/config.h"

#include "config_bad.h"

static void refuses_bad_nodes(void **state)
{
	static const struct bad bads[] = {
		{"- {address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 3, "without \"name\""},
		{"- {name: b, podCIDRs: 10.2.0.0/24}\n", 4, 3, "without \"address\""},
		{"- {name: b, address: 10.0.0.2}\n", 4, 3, "without \"podCIDRs\""},
		{"- {name: b, address: 10.0.0.2, podCIDRs: []}\n", 4, 42, "one or more"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, via: [10.0.0.1, "
		 "10.0.0.3]}\n",
		 4, 71, "is a second IPv4 next hop"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, via: 10.1.0.7}\n", 4, 60,
		 "via 10.1.0.7 lies inside podCIDR 10.1.0.0/24 of node \"a\" (line 3)"},
		{"- {name: b, address: 10.0.0.2, podCIDR: 10.2.0.0/24, podCIDRs: 10.3.0.0/24}\n", 4,
		 32, "did you mean \"podCIDRs\""},
		{"- b\n", 4, 3, "\"nodes\" must be made of mappings, not text"},
		{"- {name: a b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 10, "a blank"},
		{"- {name: '', address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 10, "empty"},
		{"- {name: b, address: 127.0.0.1, podCIDRs: 10.2.0.0/24}\n", 4, 22, "loopback"},
		{"- {name: b, address: 'fe80::1', podCIDRs: 10.2.0.0/24}\n", 4, 22, "link-local"},
		{"- {name: b, address: host, podCIDRs: 10.2.0.0/24}\n", 4, 22,
		 "is a host name, not an IP address"},
		{"- {name: b, address: '::ffff:10.0.0.2', podCIDRs: 10.2.0.0/24}\n", 4, 22,
		 "IPv4-mapped IPv6 address; write 10.0.0.2"},
		{"- {name: b, address: [10.0.0.2, 'fd00::2', 10.0.0.2], podCIDRs: 10.2.0.0/24}\n",
		 4, 44, "is there twice"},
		{"- {name: b, address: [10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6], "
		 "podCIDRs: 10.2.0.0/24}\n",
		 4, 63, "is one IPv4 address too many; a node has 4 at most of each family"},
		{"- {name: b, address: [10.0.0.2, 10.2.0.3], podCIDRs: 10.2.0.0/24}\n", 4, 54,
		 "covers 10.2.0.3, the address of node"},
		{"- {name: b, address: [10.0.0.2, 10.9.0.3], podCIDRs: 10.2.0.0/24, via: "
		 "10.0.0.1}\n",
		 4, 72, "several IPv4 addresses, which are the next hops"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.1.7/24}\n", 4, 42,
		 "did you mean 10.2.1.0/24?"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.1.0}\n", 4, 42, "10.2.1.0/24"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 0.0.0.0/0}\n", 4, 42, "default route"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 224.0.0.0/8}\n", 4, 42, "multicast"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 126.0.0.0/7}\n", 4, 42, "loopback"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/33}\n", 4, 42, "past 32"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, vtepMAC: "
		 "01:00:00:00:00:01}\n",
		 4, 64, "multicast"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, vtepMAC: zz}\n", 4, 64,
		 "not a MAC"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void refuses_a_name_of_300_bytes(void **state)
{
	struct case_result r;
	char text[600];

	(void)state;
	(void)snprintf(text, sizeof(text),
		       NODE_A "- {name: %0300d, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 7);
	case_load(&r, text);
	assert_int_equal(r.diags.errors, 1);
	assert_int_equal(r.diags.list[0].at.line, 4);
	assert_non_null(strstr(r.diags.list[0].text, "300 bytes; a node's name has at most 253"));
	case_free(&r);
}

static void refuses_nodes_that_clash(void **state)
{
	static const struct bad bads[] = {
		{"- {name: a, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 10,
		 "two nodes are called \"a\"; the other is in line 3"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.1.0.0/24}\n", 4, 42,
		 "overlaps 10.1.0.0/24 of node \"a\" (line 3)"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.1.0.0/25}\n", 4, 42,
		 "overlaps 10.1.0.0/24 of node \"a\" (line 3)"},
		{"- {name: b, address: 10.9.0.2, podCIDRs: 10.1.0.0/16}\n", 4, 42,
		 "overlaps 10.1.0.0/24 of node \"a\" (line 3)"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: [10.2.0.0/16, 10.2.9.0/24]}\n", 4, 56,
		 "overlaps its own 10.2.0.0/16"},
		{"- {name: b, address: 10.1.0.2, podCIDRs: 10.2.0.0/24}\n", 3, 42,
		 "podCIDR 10.1.0.0/24 of node \"a\" covers 10.1.0.2, the address of node \"b\""},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.0.0.0/24}\n", 4, 42,
		 "covers 10.0.0.1"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, vtepMAC: "
		 "02:00:00:00:00:01}\n"
		 "- {name: c, address: 10.0.0.3, podCIDRs: 10.3.0.0/24, vtepMAC: "
		 "02:00:00:00:00:01}\n",
		 5, 64, "also the VTEP MAC of node \"b\" (line 4)"},
		{"podNetwork: 10.244.0.0/16\n", 3, 42, "10.1.0.0/24 is outside podNetwork"},
		{"guard: {protect: 10.1.0.0/16}\n", 3, 42, "overlaps 10.1.0.0/16 of guard.protect"},
		{"guard: {protect: 10.1.0.7/32}\n", 3, 42, "overlaps 10.1.0.7/32 of guard.protect"},
		{"source: {nodes: 2}\n", 4, 17, "says 2, and there are 1"},
		{"backend: {type: none}\n", 1, 1, "none without routes"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void refuses_bad_routes(void **state)
{
	static const struct bad bads[] = {
		{"- {via: 10.0.0.9}\n", 5, 3, "without \"to\""},
		{"- {to: 10.9.0.0/16}\n", 5, 3, "needs \"via\" or \"dev\""},
		{"- {to: elsewhere, dev: x}\n", 5, 8, "nor \"default\""},
		{"- {to: 10.9.0.0/16, type: blackhole, dev: x}\n", 5, 38, "no meaning with type"},
		{"- {to: 10.9.0.0/16, via: 'fd00::1'}\n", 5, 26, "IPv6 in an IPv4 route"},
		{"- {to: default, via: 10.0.0.9, from: 'fd00::1'}\n", 5, 38, "in an IPv4 route"},
		{"- {to: 'fd00::/8', via: 'fe80::1'}\n", 5, 25, "needs \"dev\""},
		{"- {to: 10.9.0.0/16, dev: x, onLink: true}\n", 5, 37, "there is no \"via\""},
		{"- {to: 10.9.0.0/16, via: 10.1.0.9}\n", 5, 26,
		 "inside podCIDR 10.1.0.0/24 of node \"a\" (line 3)"},
		{"- {to: 10.9.0.0/16, dev: x, mtu: 65521}\n", 5, 34, "1 to 65520"},
		{"- {to: 10.9.0.0/16, dev: x, type: unicats}\n", 5, 35, "\"unicast\""},
		{"- {to: 10.9.0.0/16, dev: x}\n- {to: 10.9.0.0/16, dev: y}\n", 6, 3,
		 "the other is in line 5"},
		{"- {to: default, dev: x}\n- {to: '::/0', dev: y, metric: 1024}\n", 6, 3,
		 "the other is in line 5"},
		{"- {to: 10.9.0.0/16, dev: x, nodes: [n1, n2]}\n"
		 "- {to: 10.9.0.0/16, dev: y, nodes: [n0, n2]}\n",
		 6, 3, "the other is in line 5"},
		{"- {to: 10.9.0.0/16, dev: x, nodes: ['n*']}\n"
		 "- {to: 10.9.0.0/16, dev: y, nodes: [n2]}\n",
		 6, 3, "the other is in line 5"},
		{"- {to: 10.9.0.0/16, dev: x, nodes: ['*']}\n"
		 "- {to: 10.9.0.0/16, dev: y, nodes: ['a?', '?']}\n",
		 6, 3, "the other is in line 5"},
		{"- {to: 10.9.0.0/16, dev: x}\n- {to: 10.9.0.0/16, dev: y, nodes: [zz]}\n", 6, 3,
		 "the other is in line 5"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A "routes:\n", bads);
}

static void routes_without_a_destination_are_no_twins(void **state)
{
	struct case_result r;

	(void)state;
	case_load(&r, NODE_A "routes:\n- {dev: x}\n- {dev: x}\n");
	assert_int_equal(r.diags.errors, 2);
	case_free(&r);
}

/* Each is a warning of its file, which has no error. */
static void expect_warnings(const struct bad *bads, size_t count)
{
	struct case_result r;
	char text[1000];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "%s%s", NODE_A, bads[i].text);
		case_load(&r, text);
		look_for(&r, &bads[i], DIAG_WARNING);
		assert_int_equal(r.diags.errors, 0);
		case_free(&r);
	}
}
#define EXPECT_WARNINGS(bads) expect_warnings(bads, sizeof(bads) / sizeof((bads)[0]))

static void warns_of_routes_into_what_is_not_theirs(void **state)
{
	static const struct bad bads[] = {
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n"
		 "routes: [{to: 10.2.0.0/25, dev: x}]\n",
		 5, 15,
		 "inside podCIDR 10.2.0.0/24 of node \"b\" (line 4); every other node refuses it"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n"
		 "routes: [{to: 10.2.0.0/25, dev: x, nodes: a}]\n",
		 5, 15, "inside podCIDR"},
		{"routes: [{to: 10.9.1.0/24, dev: x}]\nguard: {protect: 10.9.0.0/16}\n", 4, 15,
		 "overlaps 10.9.0.0/16 of guard.protect; every node refuses it"},
		{"routes: [{to: 10.8.0.0/14, dev: x}]\nguard: {protect: 10.9.0.0/16}\n", 4, 15,
		 "overlaps"},
	};

	(void)state;
	EXPECT_WARNINGS(bads);
}

static void accepts_what_only_looks_like_trouble(void **state)
{
	static const char *const goods[] = {
		"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, vtepMAC: "
		"02:00:00:00:00:01}\n"
		"- {name: c, address: 'fd00::2', podCIDRs: 'fd02::/64', vtepMAC: "
		"02:00:00:00:00:01, "
		"vtepMAC6: 02:00:00:00:00:01}\n",
		"routes: [{to: default, dev: x}]\nguard: {protect: 10.9.0.0/16}\n",
		"routes: [{to: 10.0.0.0/8, dev: x}]\n",
		"routes: [{to: 10.1.0.0/25, dev: x, nodes: a}]\n",
		"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n"
		"routes: [{to: 10.2.0.0/25, dev: x, nodes: 'b*'}]\n",
		"- {name: b9, address: 10.0.0.9, podCIDRs: 10.2.9.0/24}\n"
		"- {name: b10, address: 10.0.0.10, podCIDRs: 10.2.10.0/24}\n"
		"routes: [{to: default, dev: x, nodes: ['b1*', b9, '*0', 'b*']}]\n",
		"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n"
		"routes: [{to: 10.2.0.0/25, dev: x, table: 100}]\n",
		"- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n"
		"routes: [{to: default, dev: x, nodes: a}, {to: default, dev: x, nodes: b}]\n",
		"backend: {type: none}\nroutes: [{to: default, dev: x, nodes: [z, 'z*']}]\n",
		"routes: [{to: default, dev: x}, {to: default, dev: x, table: 100}]\n",
		"routes: [{to: default, dev: x}, {to: default, dev: x, metric: 7}]\n",
		"routes: [{to: default, via: 10.0.0.7}, {to: default, via: 'fd00::7'}]\n",
		"backend: {type: none}\nroutes: [{to: default, dev: x}]\n",
		"backend: {type: none}\nguard: {allowEmpty: true}\n",
		"routes: [{to: 10.9.0.0/16, type: blackhole}]\n",
	};
	struct case_result r;
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", NODE_A, goods[i]);
		load_good(&r, text);
		case_free(&r);
	}
}

static void one_vtep_at_one_address_twice_is_only_a_warning(void **state)
{
	struct case_result r;

	(void)state;
	case_load(&r, NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, vtepMAC: "
			     "02:00:00:00:00:01}\n"
			     "- {name: c, address: 10.0.0.2, podCIDRs: 10.3.0.0/24, vtepMAC: "
			     "02:00:00:00:00:01}\n");
	assert_int_equal(r.diags.errors, 0);
	assert_int_equal(r.diags.warnings, 1);
	case_free(&r);
}

#define NO_PODS "backend: {type: none}\nguard: {allowEmpty: yes}\npodNetwork: 10.0.0.0/8\n"

static void what_rests_on_pod_routes_needs_a_backend(void **state)
{
	static const struct bad bads[] = {
		{NO_PODS "agent: {subnetEnv: /x}\n", 7, 20, "\"subnetEnv\" needs pod routes"},
		{NO_PODS "reach: {every: 5s}\n", 7, 16, "\"every\" needs pod routes"},
		{NO_PODS "agent: {cniConf: /x.conflist}\n", 7, 18, "\"cniConf\" needs pod routes"},
		{NO_PODS "agent: {blackholeLocal: yes}\n", 7, 25, "\"blackholeLocal\" needs pod"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void files_for_the_cni_have_whole_paths_that_it_reads(void **state)
{
	static const struct bad bads[] = {
		{"podNetwork: 10.0.0.0/8\nagent: {subnetEnv: x/y}\n", 5, 20,
		 "\"subnetEnv\" must begin with \"/\""},
		{"agent: {cniConf: x.conflist}\n", 4, 18, "\"cniConf\" must begin with \"/\""},
		{"agent: {cniConf: /x.conf}\n", 4, 18, "must end in \".conflist\""},
		{"agent: {cniConf: /x/.conflist}\n", 4, 18, "must end in \".conflist\""},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void no_static_route_stands_on_the_key_of_a_blackhole(void **state)
{
	static const struct bad bads[] = {
		{"agent: {blackholeLocal: yes}\n"
		 "routes: [{to: 10.1.0.0/24, type: blackhole, metric: 67256}]\n",
		 5, 15, "has metric 67256, which agent.blackholeLocal uses"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void what_rests_on_the_pod_network_needs_it(void **state)
{
	static const struct bad bads[] = {
		{"adopt: flannel\n", 4, 8, "\"adopt\" needs \"podNetwork\""},
		{"agent: {subnetEnv: /x}\n", 4, 20, "\"subnetEnv\" needs \"podNetwork\""},
		{"podNetwork: []\nagent: {masquerade: true}\n", 5, 21, "needs \"podNetwork\""},
	};
	struct case_result r;
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", NODE_A, bads[i].text);
		case_load(&r, text);
		look_for(&r, &bads[i], DIAG_ERROR);
		case_free(&r);
	}
}

static void warns_without_refusing(void **state)
{
	static const struct bad bads[] = {
		{"- {name: b, address: 10.0.0.1, podCIDRs: 10.2.0.0/24}\n", 4, 22,
		 "10.0.0.1 is also the address of node \"a\" (line 3)"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: [10.2.0.0/24, fd00::/64]}\n", 4, 56,
		 "node \"b\" has no IPv6 address; podCIDR fd00::/64 is skipped"},
		{"routes: [{to: default, dev: x, nodes: b}]\n", 4, 39, "\"b\" matches no node"},
		{"routes: [{to: default, dev: x, nodes: [a, 'a?*']}]\n", 4, 43,
		 "\"a?*\" matches no"},
		{"routes: [{to: default, dev: x, nodes: ['[b-z]', '*']}]\n", 4, 40, "[b-z]"},
	};

	(void)state;
	EXPECT_WARNINGS(bads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_bad_nodes),
		cmocka_unit_test(refuses_a_name_of_300_bytes),
		cmocka_unit_test(refuses_nodes_that_clash),
		cmocka_unit_test(refuses_bad_routes),
		cmocka_unit_test(routes_without_a_destination_are_no_twins),
		cmocka_unit_test(warns_of_routes_into_what_is_not_theirs),
		cmocka_unit_test(accepts_what_only_looks_like_trouble),
		cmocka_unit_test(one_vtep_at_one_address_twice_is_only_a_warning),
		cmocka_unit_test(what_rests_on_pod_routes_needs_a_backend),
		cmocka_unit_test(files_for_the_cni_have_whole_paths_that_it_reads),
		cmocka_unit_test(no_static_route_stands_on_the_key_of_a_blackhole),
		cmocka_unit_test(what_rests_on_the_pod_network_needs_it),
		cmocka_unit_test(warns_without_refusing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
