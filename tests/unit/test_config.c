/* test_config.c - good files: what is read from them, and what lies where. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "config_case.h"

/* The block of the manual: every key, once. */
static const char whole[] = "version: 1\n"
			    "podNetwork: [10.244.0.0/16, fd10:244::/48]\n"
			    "backend:\n"
			    "  type: host-gw\n"
			    "  vxlan:\n"
			    "    vni: 7\n"
			    "    port: 4789\n"
			    "    device: tunnel4\n"
			    "    deviceV6: tunnel6\n"
			    "    mtu: 1400\n"
			    "    directRouting: true\n"
			    "interface:\n"
			    "  name: [bond1, eth1]\n"
			    "  regex: ['eth1|bond1']\n"
			    "  cidr: [10.0.0.0/8]\n"
			    "  canReach: 10.0.0.1\n"
			    "nodes:\n"
			    "  - name: worker-1\n"
			    "    address: [10.0.0.11, 'fd00::11']\n"
			    "    podCIDRs: [10.244.1.0/24, fd10:244:0:1::/64]\n"
			    "    vtepMAC: 0e:00:0a:00:00:0b\n"
			    "    vtepMAC6: 0e:00:0a:00:00:0c\n"
			    "routes:\n"
			    "  - to: 10.96.0.0/12\n"
			    "    via: 10.0.0.1\n"
			    "    dev: eth1\n"
			    "    from: 10.0.0.11\n"
			    "    metric: 50\n"
			    "    table: 254\n"
			    "    mtu: 1400\n"
			    "    onLink: true\n"
			    "    type: unicast\n"
			    "    nodes: [worker-1, 'work*']\n"
			    "kernel:\n"
			    "  protocol: 68\n"
			    "  metric: 68000\n"
			    "  metricSpread: 2048\n"
			    "  table: pods\n"
			    "guard:\n"
			    "  maxDelete: 40\n"
			    "  alwaysAllow: 5\n"
			    "  holdFor: 5m\n"
			    "  removeAfter: 1h\n"
			    "  allowEmpty: true\n"
			    "  protect: [10.0.0.0/24]\n"
			    "adopt: none\n"
			    "reach:\n"
			    "  every: 30s\n"
			    "  timeout: 500ms\n"
			    "  lostAfter: 5\n"
			    "  perSecond: 100\n"
			    "source:\n"
			    "  serial: 42\n"
			    "  generatedAt: 2026-11-23T03:00:00Z\n"
			    "  nodes: 1\n"
			    "agent:\n"
			    "  resync: 500ms\n"
			    "  staleAfter: 10s\n"
			    "  listen: '[::1]:9668'\n"
			    "  statusFile: /run/other.json\n"
			    "  subnetEnv: ''\n"
			    "  cniConf: ''\n"
			    "  masquerade: no\n"
			    "  blackholeLocal: off\n";

static void is_ip(const struct ip *ip, const char *expected)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_format(ip, text), expected);
}

static void is_word(const struct config *config, struct config_list list, uint32_t i,
		    const char *expected)
{
	assert_true(i < list.count);
	assert_string_equal(config_string_at(config, config_word_at(config, list, i)->text),
			    expected);
}

static void reads_the_settings_of_the_whole_block(void **state)
{
	struct case_result r;
	const struct config *c = &r.config;

	(void)state;
	load_good(&r, whole);
	assert_int_equal(c->backend, BACKEND_HOST_GW);
	assert_int_equal(c->adopt, ADOPT_NONE);
	assert_int_equal(c->pod_network.count, 2);
	is_prefix(&config_prefix_at(c, c->pod_network, 0)->prefix, "10.244.0.0/16");
	is_prefix(&config_prefix_at(c, c->pod_network, 1)->prefix, "fd10:244::/48");
	assert_int_equal(config_prefix_at(c, c->pod_network, 1)->origin.line, 2);
	assert_int_equal(config_prefix_at(c, c->pod_network, 1)->origin.column, 29);
	assert_int_equal(c->vxlan.vni, 7);
	assert_int_equal(c->vxlan.port, 4789);
	assert_string_equal(c->vxlan.device, "tunnel4");
	assert_string_equal(c->vxlan.device_v6, "tunnel6");
	assert_int_equal(c->vxlan.mtu, 1400);
	assert_true(c->vxlan.direct_routing);
	assert_int_equal(c->interface.name.count, 2);
	is_word(c, c->interface.name, 0, "bond1");
	is_word(c, c->interface.name, 1, "eth1");
	is_word(c, c->interface.regex, 0, "eth1|bond1");
	is_prefix(&config_prefix_at(c, c->interface.cidr, 0)->prefix, "10.0.0.0/8");
	is_prefix(&config_prefix_at(c, c->interface.can_reach, 0)->prefix, "10.0.0.1/32");
	assert_int_equal(c->kernel.protocol, 68);
	assert_int_equal(c->kernel.metric, 68000);
	assert_int_equal(c->kernel.metric_spread, 2048);
	assert_int_equal(c->kernel.table, 100);
	case_free(&r);
}

static void reads_guard_source_and_agent_of_the_whole_block(void **state)
{
	struct case_result r;
	const struct config *c = &r.config;

	(void)state;
	load_good(&r, whole);
	assert_int_equal(c->guard.max_delete, 40);
	assert_false(c->guard.max_delete_is_percent);
	assert_int_equal(c->guard.always_allow, 5);
	assert_int_equal(c->guard.hold_for_ms, 300000);
	assert_int_equal(c->guard.remove_after_ms, 3600000);
	assert_true(c->guard.allow_empty);
	is_prefix(&config_prefix_at(c, c->guard.protect, 0)->prefix, "10.0.0.0/24");
	assert_int_equal(c->reach.every_ms, 30000);
	assert_int_equal(c->reach.timeout_ms, 500);
	assert_int_equal(c->reach.lost_after, 5);
	assert_int_equal(c->reach.per_second, 100);
	assert_true(c->source.has_serial);
	assert_int_equal(c->source.serial, 42);
	assert_int_equal(c->source.generated_at, 1795402800);
	assert_int_equal(c->agent.resync_ms, 500);
	assert_int_equal(c->agent.stale_after_ms, 10000);
	assert_string_equal(config_string_at(c, c->agent.listen), "[::1]:9668");
	assert_string_equal(config_string_at(c, c->agent.status_file), "/run/other.json");
	assert_string_equal(config_string_at(c, c->agent.subnet_env), "");
	assert_string_equal(config_string_at(c, c->agent.cni_conf), "");
	assert_false(c->agent.masquerade);
	assert_false(c->agent.blackhole_local);
	case_free(&r);
}

static void reads_the_node_of_the_whole_block(void **state)
{
	struct case_result r;
	const struct config *c = &r.config;
	const struct config_node *node;
	struct ip ip;
	char mac[MAC_TEXT_MAX];

	(void)state;
	load_good(&r, whole);
	assert_int_equal(config_node_count(c), 1);
	node = config_node_at(c, 0);
	assert_string_equal(config_string_at(c, node->name), "worker-1");
	assert_int_equal(node->origin.line, 18);
	assert_int_equal(node->origin.column, 5);
	ip = config_node_address(node, AF_INET);
	is_ip(&ip, "10.0.0.11");
	ip = config_node_address(node, AF_INET6);
	is_ip(&ip, "fd00::11");
	assert_string_equal(mac_format(&node->vtep_mac, mac), "0e:00:0a:00:00:0b");
	assert_string_equal(mac_format(&node->vtep_mac6, mac), "0e:00:0a:00:00:0c");
	assert_int_equal(node->podcidrs, 2);
	assert_int_equal(config_podcidr_count(c), 2);
	is_prefix(&config_podcidr_at(c, 0)->prefix, "10.244.1.0/24");
	is_prefix(&config_podcidr_at(c, 1)->prefix, "fd10:244:0:1::/64");
	assert_int_equal(config_podcidr_origin(c, config_podcidr_at(c, 1)).line, 20);
	assert_int_equal(config_podcidr_at(c, 1)->column, 31);
	assert_int_equal(config_find_node(c, "worker-1"), 0);
	assert_int_equal(config_find_node(c, "worker"), -1);
	case_free(&r);
}

static void reads_the_route_of_the_whole_block(void **state)
{
	struct case_result r;
	const struct config *c = &r.config;
	const struct config_route *route;

	(void)state;
	load_good(&r, whole);
	assert_int_equal(config_route_count(c), 1);
	route = config_route_at(c, 0);
	is_prefix(&route->to, "10.96.0.0/12");
	is_ip(&route->via, "10.0.0.1");
	is_ip(&route->from, "10.0.0.11");
	assert_string_equal(config_string_at(c, route->dev), "eth1");
	assert_true(route->has_metric);
	assert_int_equal(route->metric, 50);
	assert_int_equal(route->table, 254);
	assert_int_equal(route->mtu, 1400);
	assert_true(route->on_link);
	assert_int_equal(route->type, RTN_UNICAST);
	assert_int_equal(route->nodes.count, 2);
	is_word(c, route->nodes, 1, "work*");
	assert_int_equal(route->origin.line, 24);
	case_free(&r);
}

static void what_is_left_out_has_the_defaults_of_the_manual(void **state)
{
	struct case_result r;
	const struct config *c = &r.config;
	const struct config_route *route;

	(void)state;
	load_good(&r, NODE_A "routes: [{to: 10.9.0.0/16, via: 10.0.0.9}]\n");
	assert_int_equal(c->backend, BACKEND_HOST_GW);
	assert_int_equal(c->vxlan.vni, 1);
	assert_int_equal(c->vxlan.port, 8472);
	assert_string_equal(c->vxlan.device, "croute.1");
	assert_string_equal(c->vxlan.device_v6, "croute-v6.1");
	assert_int_equal(c->vxlan.mtu, 0);
	assert_false(c->vxlan.direct_routing);
	assert_int_equal(c->kernel.protocol, 67);
	assert_int_equal(c->kernel.metric, 67000);
	assert_int_equal(c->kernel.metric_spread, 4096);
	assert_int_equal(c->kernel.table, RT_TABLE_MAIN);
	assert_int_equal(c->guard.max_delete, 30);
	assert_true(c->guard.max_delete_is_percent);
	assert_int_equal(c->guard.always_allow, 3);
	assert_int_equal(c->guard.hold_for_ms, 0);
	assert_int_equal(c->guard.protect.count, 0);
	assert_int_equal(c->reach.every_ms, 0);
	assert_int_equal(c->reach.timeout_ms, 1000);
	assert_int_equal(c->reach.lost_after, 3);
	assert_int_equal(c->reach.per_second, 200);
	assert_false(c->source.has_serial);
	assert_int_equal(c->agent.resync_ms, 60000);
	assert_string_equal(config_string_at(c, c->agent.listen), "127.0.0.1:9667");
	assert_string_equal(config_string_at(c, c->agent.status_file), "/run/croute/status.json");
	route = config_route_at(c, 0);
	assert_int_equal(route->type, RTN_UNICAST);
	assert_int_equal(route->table, RT_TABLE_MAIN);
	assert_false(route->has_metric);
	assert_int_equal(route->nodes.count, 0);
	case_free(&r);
}

static void default_device_names_follow_the_vni(void **state)
{
	struct case_result r;

	(void)state;
	load_good(&r, NODE_A "backend: {vxlan: {vni: 4711}}\n");
	assert_string_equal(r.config.vxlan.device, "croute.4711");
	assert_string_equal(r.config.vxlan.device_v6, "croute-v6.4711");
	case_free(&r);
}

static void default_takes_the_family_of_via_then_from_then_both(void **state)
{
	struct case_result r;

	(void)state;
	load_good(&r, NODE_A "routes:\n"
			     "- {to: default, via: 'fd00::1'}\n"
			     "- {to: default, dev: eth0, from: 10.0.0.1}\n"
			     "- {to: default, dev: eth0, table: 100}\n");
	is_prefix(&config_route_at(&r.config, 0)->to, "::/0");
	is_prefix(&config_route_at(&r.config, 1)->to, "0.0.0.0/0");
	assert_false(config_route_at(&r.config, 0)->both_families);
	assert_false(config_route_at(&r.config, 1)->both_families);
	assert_true(config_route_at(&r.config, 2)->both_families);
	case_free(&r);
}

static void a_lone_value_is_a_list_of_one(void **state)
{
	struct case_result r;
	const struct config *c = &r.config;

	(void)state;
	load_good(&r, NODE_A "podNetwork: 10.0.0.0/8\n"
			     "interface: {name: eth0, regex: 'e.*', cidr: 10.0.0.0/8}\n"
			     "guard: {protect: 192.0.2.0/24}\n"
			     "routes: [{to: 10.9.0.0/16, dev: eth0, nodes: a}]\n");
	is_word(c, c->interface.name, 0, "eth0");
	is_word(c, c->interface.regex, 0, "e.*");
	is_word(c, config_route_at(c, 0)->nodes, 0, "a");
	is_prefix(&config_prefix_at(c, c->guard.protect, 0)->prefix, "192.0.2.0/24");
	assert_int_equal(config_node_at(c, 0)->podcidrs, 1);
	case_free(&r);
}

static void json_is_read_too(void **state)
{
	struct case_result r;

	(void)state;
	load_good(&r, "{\n\t\"version\": 1,\n\t\"nodes\": [\n\t\t{\"name\": \"a\", "
		      "\"address\": [\"10.0.0.1\", \"fd00::\"],\n"
		      "\t\t\"podCIDRs\": [\"10.1.0.0\\/24\", \"fd01::/64\"]}\n\t],\n"
		      "\t\"agent\": {\"masquerade\": false, \"resync\": \"10s\"},\n"
		      "\t\"guard\": {\"maxDelete\": \"5%\"}\n}\n");
	assert_int_equal(config_podcidr_count(&r.config), 2);
	assert_int_equal(r.config.agent.resync_ms, 10000);
	case_free(&r);
}

static void keys_that_begin_with_x_are_ignored_everywhere(void **state)
{
	struct case_result r;

	(void)state;
	load_good(&r, "x-note: {deep: [1, {er: 2}]}\nversion: 1\n"
		      "nodes:\n- {name: a, x-rack: [7], address: 10.0.0.1, podCIDRs: 10.1.0.0/24}\n"
		      "routes:\n- {to: 10.9.0.0/16, dev: eth0, x-why: because}\n"
		      "kernel: {x-: 1}\n");
	assert_int_equal(config_node_count(&r.config), 1);
	case_free(&r);
}

static void a_byte_order_mark_and_crlf_do_not_move_anything(void **state)
{
	struct case_result r;

	(void)state;
	load_good(&r, "\xef\xbb\xbfversion: 1\r\nnodes:\r\n- name: a\r\n  address: 10.0.0.1\r\n"
		      "  podCIDRs: 10.1.0.0/24\r\n");
	assert_int_equal(config_podcidr_origin(&r.config, config_podcidr_at(&r.config, 0)).line, 5);
	assert_int_equal(config_podcidr_at(&r.config, 0)->column, 13);
	case_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_settings_of_the_whole_block),
		cmocka_unit_test(reads_guard_source_and_agent_of_the_whole_block),
		cmocka_unit_test(reads_the_node_of_the_whole_block),
		cmocka_unit_test(reads_the_route_of_the_whole_block),
		cmocka_unit_test(what_is_left_out_has_the_defaults_of_the_manual),
		cmocka_unit_test(default_device_names_follow_the_vni),
		cmocka_unit_test(default_takes_the_family_of_via_then_from_then_both),
		cmocka_unit_test(a_lone_value_is_a_list_of_one),
		cmocka_unit_test(json_is_read_too),
		cmocka_unit_test(keys_that_begin_with_x_are_ignored_everywhere),
		cmocka_unit_test(a_byte_order_mark_and_crlf_do_not_move_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
