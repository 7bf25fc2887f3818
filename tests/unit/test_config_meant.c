/* test_config_meant.c - mistakes that people make: one error each, which says what was meant. */
/* SPDX-License-Identifier: MIT */
#include "config_bad.h"

#define B "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24"

static void files_of_other_programs_are_named_with_the_command_that_takes_them(void **state)
{
	static const struct bad bads[] = {
		{"apiVersion: v1\nkind: ConfigMap\ndata:\n  nodes.yaml: |\n    version: 1\n", 1, 1,
		 "this is a ConfigMap; a croute file is what is under its \"data\""},
		{"kind: ConfigMap\ndata: {cni-conf.json: '{}', net-conf.json: '{}'}\n", 1, 1,
		 "flannel's ConfigMap; croute import --from flannel"},
		{"{\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"Node\"}],\"kind\":\"List\"}", 1, 2,
		 "Kubernetes List; croute import --from kube-nodes"},
		{"apiVersion: v1\nitems: []\nkind: NodeList\n", 1, 1, "--from kube-nodes"},
		{"apiVersion: v1\nkind: Node\nmetadata: {name: a}\n", 1, 1, "--from kube-nodes"},
		{"metadata: {name: a}\nkind: Pod\n", 1, 1, "a Kubernetes Pod, not a croute file"},
		{"kind: [a]\n", 1, 1, "a Kubernetes object, not a croute file"},
		{"{\"Network\": \"10.0.0.0/8\", \"Backend\": {\"Type\": \"vxlan\"}}", 1, 2,
		 "flannel's net-conf.json; croute import --from flannel"},
		{"apiVersion: v1\nkind: [\n", 3, 1, "a value is missing"},
	};

	(void)state;
	EXPECT_ERRORS("", bads);
}

static void keys_and_values_of_others_lead_to_what_was_meant(void **state)
{
	static const struct bad bads[] = {
		{"backend: vxlan\n", 4, 10, "write backend: {type: \"vxlan\"}"},
		{"interface: eth0\n", 4, 12, "write interface: {name: \"eth0\"}"},
		{"backend: {type: vxlan, vni: 5}\n", 4, 24, "but of backend.vxlan"},
		{"resync: 5s\n", 4, 1, "\"resync\" is not a key of the file, but of agent"},
		{"guard: {maxDelete: 0.3}\n", 4, 20, "did you mean 30%?"},
		{"guard: {maxDelete: 0.05}\n", 4, 20, "did you mean 5%?"},
		{"guard: {maxDelete: 0.x}\n", 4, 20, "neither a percentage"},
		{"agent: {resync: 60}\n", 4, 17, "did you mean 60s?"},
		{"- {name: b, ip: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 13, "mean \"address\"?"},
		{"- {name: b, address: 10.0.0.2, podCIDR: 10.2.0.0/24}\n", 4, 32, "\"podCIDRs\"?"},
		{"- {hostname: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 4, "\"name\"?"},
		{"- {name: b, colour: red}\n", 4, 13, "\"colour\" is not a key of a node"},
		{"- {name: b, address: w1.example.com, podCIDRs: 10.2.0.0/24}\n", 4, 22,
		 "is a host name, not an IP address"},
		{"routes: [{to: 10.9.0.0/16, gateway: 10.0.0.1}]\n", 4, 28, "\"via\"?"},
		{"routes: [{destination: default, via: 10.0.0.1}]\n", 4, 11, "\"to\"?"},
		{"routes:\n  a: {to: default}\n", 5, 3, "begin each route with \"- to:"},
	};
	static const struct bad nodes[] = {
		{"nodes:\n  a: {address: 10.0.0.1}\n", 3, 3, "each node with \"- name: worker-1\""},
		{"nodes: {}\n", 2, 8, "must be a list of mappings, not a mapping"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
	EXPECT_ERRORS("version: 1\n", nodes);
}

static void characters_that_do_not_show_are_named(void **state)
{
	static const struct bad bads[] = {
		{"- {name: b\xc2\xa0\x63, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 10,
		 "U+00A0 (a no-break space)"},
		{"- {name: b\xef\xbb\xbf, address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 10,
		 "U+FEFF (a byte order mark)"},
		{"- {name: \"b\\u200b\", address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 10,
		 "U+200B"},
		{"- {name: \"b\\_c\", address: 10.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 10,
		 "U+00A0"},
		{"- {name: b, address: \xe2\x80\x8e\x31\x30.0.0.2, podCIDRs: 10.2.0.0/24}\n", 4, 22,
		 "U+200E (a mark of direction)"},
		{"guard: {allow\xc2\xad\x45mpty: true}\n", 4, 9, "U+00AD (a soft hyphen)"},
		{"interface: {name: eth0\xe2\x80\xaf}\n", 4, 19, "U+202F"},
		{"routes: [{to: default, dev: x, nodes: a\xc2\xa0}]\n", 4, 39, "U+00A0"},
		{"kernel:\n  metric:\xc2\xa0\x35\n  protocol: 67\n", 5, 3, "U+00A0"},
		{"- {name: \xe2\x80\x9c\x62\xe2\x80\x9d, address: 10.0.0.2, podCIDRs: "
		 "10.2.0.0/24}\n",
		 4, 10, "curly quotes"},
		{"- {name: b, address: \xe2\x80\x98\x31\x30.0.0.2\xe2\x80\x99, podCIDRs: "
		 "10.2.0.0/24}\n",
		 4, 22, "curly quotes"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
}

/* What a refused value would have said is not missing, and not wrong again. */
static void one_mistake_makes_one_error(void **state)
{
	static const struct bad bads[] = {
		{"routes: [{to: default, via: 10.0.0.x}, {to: default, dev: x}]\n", 4, 29,
		 "not an IP"},
		{"routes: [{to: 10.9.0.0/16, dev: x, metrc: 5}, {to: 10.9.0.0/16, dev: x}]\n", 4,
		 36, "did you mean \"metric\"?"},
		{"routes: [{to: 10.9.0.0/16, type: blackhol}]\n", 4, 34, "did you mean"},
		{"routes: [{to: 10.9.0.0/16, vai: 10.0.0.1, onLink: true}]\n", 4, 28, "\"via\""},
		{"podNetwork: [10.0.0.0/33, 'fd00::/8']\n", 4, 14, "past 32"},
		{"podNetwork: fd00:1:\n", 4, 13, "\"fd00:1\" is not a CIDR"},
		{"podNetwork: ::\n", 4, 13, "must be quoted: '::'"},
		{"podNetwrok: 10.0.0.0/8\nadopt: flannel\n", 4, 1, "did you mean \"podNetwork\"?"},
		{"- {name: a, address: 10.0.0.1, podCIDRs: 10.1.0.0/24}\n", 4, 10, "are called"},
		{B "}\n- {name: c, address: 10.0.0.3, podCIDRs: 10.0.0.0/14}\n"
		   "podNetwork: 10.0.0.0/13\nguard: {protect: 10.0.0.0/24}\n",
		 5, 42, "overlaps 2 others, first 10.1.0.0/24 of node \"a\" (line 3)"},
		{"- {name: b, address: 10.0.0.2, podCIDRs: 10.0.0.0/24}\npodNetwork: 10.1.0.0/16\n"
		 "guard: {protect: 10.0.0.0/24}\n",
		 4, 42, "outside podNetwork"},
	};
	static const struct bad wholes[] = {
		{"verison: 1\n"
		 "nodes: [{name: a, address: 10.0.0.1, podCIDRs: 10.1.0.0/24}]\n",
		 1, 1, "\"version\"?"},
		{"version: 1\nsource: {nodes: 1}\nnodes: {a: b}\n", 3, 8, "list of mappings"},
		{"version: 1\nguard: {allowEmpty: ture}\n", 2, 21, "neither true nor false"},
	};

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
	EXPECT_ERRORS("", wholes);
}

static void a_mac_given_to_one_node_is_not_derived_by_another(void **state)
{
	static const struct bad bads[] = {
		{B "}\n- {name: c, address: 10.0.0.3, podCIDRs: 10.3.0.0/24, vtepMAC: "
		   "'3e:23:e8:16:00:39'}\n",
		 5, 64, "node \"b\", derived from its name (line 4)"},
		{"- {name: b, address: 'fd00::2', podCIDRs: 'fd02::/64'}\n"
		 "- {name: c, address: 'fd00::3', podCIDRs: 'fd03::/64', vtepMAC6: "
		 "'46:eb:bb:49:c4:ab'}\n",
		 5, 66, "node \"b\", derived from its name (line 4)"},
	};
	static const char own[] = NODE_A "- {name: b, address: 10.0.0.2, podCIDRs: 10.2.0.0/24, "
					 "vtepMAC: '3e:23:e8:16:00:39'}\n";
	struct case_result r;

	(void)state;
	EXPECT_ERRORS(NODE_A, bads);
	load_good(&r, own);
	case_free(&r);
}

/* Past what 16 bits would hold, in a line and on another. */
static void a_place_is_right_however_long_the_line(void **state)
{
	static char text[300000];
	struct case_result r;

	(void)state;
	(void)snprintf(text, sizeof(text),
		       "version: 1\nnodes: [{name: a, address: 10.0.0.1, podCIDRs: [10.1.0.0/24,%*s"
		       "10.2.0.0/24,\n%*s10.2.0.0/24]}, {name: a, address: 10.0.0.2, podCIDRs: "
		       "10.3.0.0/24}]\n",
		       100000, "", 70000, "");
	case_load(&r, text);
	assert_int_equal(r.diags.errors, 2);
	assert_int_equal(r.diags.list[0].at.line, 3);
	assert_int_equal(r.diags.list[0].at.column, 70001);
	assert_int_equal(r.diags.list[1].at.column, 70001 + 22);
	case_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			files_of_other_programs_are_named_with_the_command_that_takes_them),
		cmocka_unit_test(keys_and_values_of_others_lead_to_what_was_meant),
		cmocka_unit_test(characters_that_do_not_show_are_named),
		cmocka_unit_test(one_mistake_makes_one_error),
		cmocka_unit_test(a_mac_given_to_one_node_is_not_derived_by_another),
		cmocka_unit_test(a_place_is_right_however_long_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
