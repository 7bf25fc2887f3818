/* test_config_errors.c - files that cannot be read: where the message points, what it says. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/config.h"

#include "config_bad.h"

/* What is missing because reading broke off is no second mistake. */
static void one_mistake_of_form_makes_one_error(void **state)
{
	static const struct bad bads[] = {
		{"version: 1\n---\nversion: 1\n", 2, 1, "second YAML document"},
		{"version: 1\nnodes:\n  - name: a\n    address: 10.0.0.1\n   podCIDRs: "
		 "10.1.0.0/24\n",
		 5, 4, "check the indentation"},
		{"version: 1\nroutes:\n  - to: 10.9.0.0/16\n   dev: eth1\n", 4, 4,
		 "check the indentation"},
		{"version: 1\nnodes:\n- name: a\n\taddress: 10.0.0.1\n", 4, 1,
		 "a tab cannot indent in YAML; use spaces"},
	};

	(void)state;
	EXPECT_ERRORS("", bads);
}

static void refuses_what_is_no_mapping_of_version_1(void **state)
{
	static const struct bad bads[] = {
		{"", 1, 1, "empty"},
		{"# nothing\n", 1, 1, "empty"},
		{"~\n", 1, 1, "empty"},
		{"\xef\xbb\xbf"
		 "x-a: \x01\n",
		 1, 6, "control character"},
		{"- 1\n", 1, 1, "a list"},
		{"hello\n", 1, 1, "text"},
		{"nodes:\n- {name: a, address: 10.0.0.1, podCIDRs: 10.1.0.0/24}\n", 1, 1,
		 "\"version\" is missing"},
		{"version: 1\n", 1, 1, "no nodes and no routes"},
		{"version: 1\nnodes: []\nroutes: []\n", 1, 1, "guard.allowEmpty"},
		{"version: 1\nnodes:\n", 2, 1, "\"nodes\" is empty here"},
		{"version: 1\nnodes: {a: 1}\n", 2, 8, "list of mappings"},
		{"version: 1\nnode: []\n", 2, 1, "did you mean \"nodes\""},
	};

	(void)state;
	EXPECT_ERRORS("", bads);
}

static void refuses_bad_yaml_in_plain_words(void **state)
{
	static const struct bad bads[] = {
		{"kernel: &a {metric: 5}\n", 4, 9, "anchor"},
		{"x-a: *b\n", 4, 6, "alias"},
		{"kernel: {metric: !!int 5}\n", 4, 18, "tag"},
		{"---\nversion: 1\n", 4, 1, "second YAML document"},
		{"x-a: [[[[[[[[[[[[[[[[[[\n", 4, 21, "16 deep"},
		{"guard:\n\tholdFor: 5s\n", 5, 1, "a tab cannot indent"},
		{"agent: {listen: [::1]:9667}\n", 4, 18, "a value is missing here"},
		{"adopt: none: 1\n", 4, 12, "check the indentation"},
		{"kernel: {metric: 5\n", 5, 1, "'}' is missing"},
		{"adopt: 'none\n", 5, 1, "inside a quoted text (it begins in line 4"},
		{"adopt: \"\\q\"\n", 4, 9, "single quotes"},
		{"adopt: @none\n", 4, 8, "cannot begin with @"},
		{"adopt: none\n}\n", 5, 1, "no key"},
		{"interface: {canReach: fd00::}\n", 4, 28, "quoted: 'fd00::'"},
		{"interface: {cidr: [fd00::]}\n", 4, 25, "quoted: 'fd00::'"},
		{"interface:\n  canReach: fd00::\n", 5, 13, "quoted: 'fd00::'"},
		{"interface:\n  canReach:\n  - fd00::\n", 6, 5, "quoted: 'fd00::'"},
		{"? [a]\n: b\n", 4, 3, "a key is a word"},
		{"adopt: n\x01ne\n", 4, 9, "control character (U+0001)"},
		{"adopt: n\xc3\xa4\xff\n", 4, 10, "0xFF"},
		{"adopt: n\xc0\x80\n", 4, 9, "not UTF-8"},
		{"adopt: n\xe0\x80\xaf\n", 4, 9, "overlong"},
		{"adopt: none\r\nx-a: \x01\n", 5, 6, "control character"},
		{"adopt: n\xed\xa0\x80\n", 4, 9, "U+D800"},
		{"adopt: n\xed\xbf\xbf\n", 4, 9, "U+DFFF"},
		{"adopt: n\xe2\x82\n", 4, 9, "cut-off"},
		{"adopt: none # \xe2\x82", 4, 15, "ends inside"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void refuses_unknown_repeated_and_empty_keys(void **state)
{
	static const struct bad bads[] = {
		{"podCIDRs: 10.0.0.0/8\n", 4, 1, "is not a key of the file"},
		{"kernel: {tabel: main}\n", 4, 10, "did you mean \"table\""},
		{"kernel: {zzzzzzzz: main}\n", 4, 10, "\"zzzzzzzz\" is not a key of kernel"},
		{"version: 1\n", 4, 1, "\"version\" appears twice; the other is in line 1"},
		{"kernel: {metric: 5, metric: 6}\n", 4, 21, "the other is in line 4"},
		{"kernel:\nadopt: none\n", 4, 1, "\"kernel\" is empty here"},
		{"kernel: {metric: }\n", 4, 10, "\"metric\" is empty here"},
		{"kernel: {metric: ~}\n", 4, 10, "\"metric\" is empty here"},
		{"interface: {name: [a, ~]}\n", 4, 23, "an item of \"name\" is empty"},
		{"interface: {name: [a, [b]]}\n", 4, 23, "must be made of values, not a list"},
		{"kernel: [1]\n", 4, 9, "\"kernel\" must be a mapping, not a list"},
		{"kernel: {metric: [5]}\n", 4, 18, "\"metric\" must be one value"},
		{"kernel: {metric: {a: {b: c}, d: e}, protocol: 70}\n", 4, 18, "one value"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void refuses_values_of_the_wrong_type_or_range(void **state)
{
	static const struct bad bads[] = {
		{"kernel: {metric: five}\n", 4, 18, "\"five\" is not a number"},
		{"kernel: {metric: \"5\"}\n", 4, 18, "without quotes"},
		{"kernel: {metric: 010}\n", 4, 18, "not a number"},
		{"kernel: {metric: -1}\n", 4, 18, "not a number"},
		{"kernel: {metric: 0}\n", 4, 18, "out of range"},
		{"kernel: {metricSpread: 65537}\n", 4, 24, "1 to 65536"},
		{"kernel: {metric: 4294967290, metricSpread: 10}\n", 4, 18, "together are past"},
		{"kernel: {protocol: 18}\n", 4, 20, "19 to 255"},
		{"kernel: {protocol: 42}\n", 4, 20, "babel"},
		{"kernel: {protocol: 80}\n", 4, 20, "Felix"},
		{"kernel: {protocol: 186}\n", 4, 20, "bgp"},
		{"kernel: {protocol: 198}\n", 4, 20, "FRR"},
		{"kernel: {table: 0}\n", 4, 17, "table is not 0 or 255"},
		{"kernel: {table: local}\n", 4, 17, "table is not 0 or 255"},
		{"kernel: {table: podz}\n", 4, 17, "rt_tables"},
		{"backend: {type: hostgw}\n", 4, 17, "did you mean \"host-gw\""},
		{"backend: {type: zzz}\n", 4, 17, "write host-gw, vxlan or none"},
		{"backend: {vxlan: {vni: 16777216}}\n", 4, 24, "1 to 16777215"},
		{"backend: {vxlan: {device: abcdefghijklmnop}}\n", 4, 27, "at most 15"},
		{"backend: {vxlan: {device: a/b}}\n", 4, 27, "cannot be the name"},
		{"backend: {vxlan: {mtu: 67}}\n", 4, 24, "68 to 65535"},
		{"backend: {vxlan: {directRouting: maybe}}\n", 4, 34, "neither true nor false"},
		{"backend: {vxlan: {directRouting: 'true'}}\n", 4, 34, "without quotes"},
		{"interface: {regex: 'eth(1'}\n", 4, 20, "parenthesis, at character 6"},
		{"interface: {canReach: 10.0.0.0/8}\n", 4, 23, "is a prefix"},
		{"guard: {maxDelete: 101%}\n", 4, 20, "percentage"},
		{"guard: {maxDelete: '5'}\n", 4, 20, "without quotes"},
		{"guard: {holdFor: 5}\n", 4, 18, "did you mean 5s?"},
		{"guard: {protect: [10.0.0.1/24]}\n", 4, 19, "did you mean 10.0.0.0/24?"},
		{"source: {generatedAt: 2026-02-30T00:00:00Z}\n", 4, 23, "is not a time"},
		{"agent: {listen: 'localhost:9667'}\n", 4, 17, "not a listen address"},
		{"agent: {listen: ':0'}\n", 4, 17, "not a listen address"},
		{"agent: {resync: 1ms}\n", 4, 17, "at least 100ms"},
		{"agent: {resync: 9000h}\n", 4, 17, "at most 8760h"},
		{"reach: {every: 900ms}\n", 4, 16, "every is 0 (off) or at least 1000ms"},
		{"reach: {every: 2h}\n", 4, 16, "every is at most 1h"},
		{"reach: {timeout: 0s}\n", 4, 18, "timeout is at least 10ms"},
		{"reach: {timeout: 11s}\n", 4, 18, "timeout is at most 10s"},
		{"reach: {lostAfter: 0}\n", 4, 20, "1 to 100"},
		{"reach: {perSecond: 0}\n", 4, 20, "1 to 10000"},
		{"reach: {every: 2s, timeout: 3s}\n", 4, 29, "longer than reach.every"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

static void tells_all_errors_of_a_file_at_once(void **state)
{
	struct case_result r;

	(void)state;
	case_load(&r, "version: 2\nfoo: 1\nnodes:\n- {name: a, address: x, podCIDRs: y}\n"
		      "kernel: {metric: z}\nadopt: *a\nguard: [\n");
	assert_int_equal(r.diags.errors, 7);
	case_free(&r);
}

static void names_both_files_of_a_clash(void **state)
{
	static const struct bad bads[] = {
		{"kernel: {metric: 6}\n", 1, 1,
		 "\"kernel\" appears twice; the other is in line 4 of a.yaml"},
		{"source: {serial: 42}\n", 1, 18, "serial 42 here, 41 in line 5 of a.yaml"},
		{"nodes: [{name: a, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}]\n", 1, 16,
		 "line 3 of a.yaml"},
		{"nodes: [{name: b, address: 10.0.0.2, podCIDRs: 10.1.0.0/28}]\n", 1, 48,
		 "of node \"a\" (line 3 of a.yaml)"},
		{"source: {serial: 41, nodes: 7}\n", 1, 29, "says 7, and there are 0"},
	};
	struct case_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		case_load_two(&r, NODE_A "kernel: {metric: 5}\nsource: {serial: 41}\n",
			      bads[i].text);
		look_for(&r, &bads[i], DIAG_ERROR);
		assert_int_equal(r.diags.errors, 1);
		assert_int_equal(origin_file(r.diags.list[0].at), 1);
		case_free(&r);
	}
}

static void a_nul_byte_and_utf16_end_the_file_where_they_stand(void **state)
{
	static const char nul[] = NODE_A "x-a: b\0c\n";
	static const char utf16[] = "\xff\xfev\0e\0";
	struct case_text text = {.text = nul, .len = sizeof(nul) - 1, .chunk = 4096};
	struct bad bad = {"NUL", 4, 7, "NUL byte"};
	struct case_result r;

	(void)state;
	for (size_t chunk = 1; chunk < 100; chunk *= 3) {
		text.chunk = chunk;
		case_load_text(&r, &text, 1);
		look_for(&r, &bad, DIAG_ERROR);
		assert_int_equal(config_node_count(&r.config), 1);
		case_free(&r);
	}
	text = (struct case_text){.text = utf16, .len = sizeof(utf16) - 1, .chunk = 4096};
	bad = (struct bad){"UTF-16", 1, 1, "UTF-16"};
	case_load_text(&r, &text, 1);
	look_for(&r, &bad, DIAG_ERROR);
	case_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_mistake_of_form_makes_one_error),
		cmocka_unit_test(refuses_what_is_no_mapping_of_version_1),
		cmocka_unit_test(refuses_bad_yaml_in_plain_words),
		cmocka_unit_test(refuses_unknown_repeated_and_empty_keys),
		cmocka_unit_test(refuses_values_of_the_wrong_type_or_range),
		cmocka_unit_test(tells_all_errors_of_a_file_at_once),
		cmocka_unit_test(names_both_files_of_a_clash),
		cmocka_unit_test(a_nul_byte_and_utf16_end_the_file_where_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
