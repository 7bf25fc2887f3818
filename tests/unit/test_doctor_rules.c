/* test_doctor_rules.c - policy rules, and routes of bridges, that lead pods' packets elsewhere. */
/* SPDX-License-Identifier: MIT */
#include "patient.h"

#include "croute/model/rule.h"

#define PODS "10.244.1.0/24"

static void take_rule(struct patient *patient, struct rule rule)
{
	rule.family = rule.family == 0 ? AF_INET : rule.family;
	rule.action = rule.action == 0 ? RULE_LOOKUP : rule.action;
	doctor_take_rule(&patient->facts, &rule);
}

/* As on any host, after what the test puts before it. */
static void take_main(struct patient *patient)
{
	take_rule(patient, (struct rule){.priority = 32766, .table = 254});
	take_rule(patient, (struct rule){.priority = 32767, .table = 253});
	take_rule(patient, (struct rule){.priority = 32766, .table = 254, .family = AF_INET6});
}

static void take_route(struct patient *patient, const char *words)
{
	struct route route = world_route(words);

	doctor_take_route(&patient->facts, &route);
}

static void begin(struct patient *patient)
{
	patient_open(patient, PATIENT_HOST_GW);
	patient->facts.leads[0] = patient->facts.leads[1] = false;
	take_rule(patient, (struct rule){.priority = 0, .table = 255});
}

/* What a rule with a default route in its table comes to. */
static enum doctor_result result_of(struct rule rule)
{
	struct patient patient;
	enum doctor_result result;

	begin(&patient);
	take_rule(&patient, rule);
	take_main(&patient);
	take_route(&patient, "0.0.0.0/0 via 10.0.0.9 table 77 proto 4");
	result = patient_check(&patient, "policy-rules")->result;
	patient_close(&patient);
	return result;
}

static void finds_rules_that_take_packets_of_pods(void **state)
{
	const struct prefix own = world_prefix(PODS);
	const struct prefix all = world_prefix("10.0.0.0/8");
	const struct prefix other = world_prefix("10.244.2.0/24");
	const struct prefix host = world_prefix("192.0.2.0/24");

	(void)state;
	assert_int_equal(result_of((struct rule){.table = 77, .src = own}), DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.table = 77, .src = all}), DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.table = 77, .dst = other}), DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.table = 77, .iif = "cni0"}), DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.table = 77}), DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.src = own, .action = RULE_PROHIBIT}),
			 DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.table = 77, .src = host, .inverted = true}),
			 DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.table = 77, .src = host}), DOCTOR_OK);
	assert_int_equal(result_of((struct rule){.table = 77, .src = other}), DOCTOR_OK);
	assert_int_equal(result_of((struct rule){.table = 77, .src = own, .inverted = true}),
			 DOCTOR_OK);
	assert_int_equal(result_of((struct rule){.table = 77, .src = own, .mark = 1, .mask = 1}),
			 DOCTOR_OK);
	assert_int_equal(
		result_of((struct rule){.table = 77, .mark = 1, .mask = 1, .inverted = true}),
		DOCTOR_WARNING);
	assert_int_equal(result_of((struct rule){.table = 77, .iif = "eth1"}), DOCTOR_OK);
	assert_int_equal(result_of((struct rule){.table = 77, .oif = "eth1"}), DOCTOR_OK);
	assert_int_equal(result_of((struct rule){.table = 78, .src = own}), DOCTOR_OK);
	assert_int_equal(result_of((struct rule){.table = 254, .src = own}), DOCTOR_OK);
}

static void names_the_rule_and_how_to_remove_it(void **state)
{
	struct patient patient;

	(void)state;
	begin(&patient);
	take_rule(&patient, (struct rule){.priority = 99, .table = 77, .src = world_prefix(PODS)});
	take_main(&patient);
	take_route(&patient, "0.0.0.0/0 type 6 table 77 proto 4");
	assert_check(&patient, "policy-rules", DOCTOR_WARNING, "99: from 10.244.1.0/24 lookup 77",
		     "ip rule del priority 99 from 10.244.1.0/24 lookup 77");
	assert_check(&patient, "policy-rules", DOCTOR_WARNING, "", "croute lookup worker-2");
	patient_close(&patient);
}

static void a_throw_leads_on_to_the_next_rule(void **state)
{
	struct patient patient;

	(void)state;
	begin(&patient);
	take_rule(&patient, (struct rule){.priority = 99, .table = 77, .src = world_prefix(PODS)});
	take_main(&patient);
	take_route(&patient, "0.0.0.0/0 type 9 table 77 proto 4");
	assert_check(&patient, "policy-rules", DOCTOR_OK, "looked up in table 254", "");
	patient_close(&patient);
}

/* The l3mdev rule leads to the table of the VRF that the pods are in. */
static void a_vrf_leads_only_those_that_are_in_it(void **state)
{
	static const struct rule l3mdev[2] = {
		{.priority = 1000, .l3mdev = true},
		{.priority = 1000, .l3mdev = true, .family = AF_INET6},
	};
	struct patient patient;
	struct rows *links;

	(void)state;
	begin(&patient);
	patient.world.config.kernel.table = 123;
	world_add_link(&patient.world, 30, "red", "vrf", IFF_UP);
	links = &patient.world.picture.links.links;
	((struct link *)rows_at(links, links->count - 1))->vrf_table = 123;
	take_rule(&patient, l3mdev[0]);
	take_rule(&patient, l3mdev[1]);
	assert_check(&patient, "policy-rules", DOCTOR_FAILURE, "no rule leads IPv4 packets",
		     "ip link set dev cni0 master red");
	((struct link *)(uintptr_t)links_find_index(&patient.world.picture.links, WORLD_CNI0))
		->master = 30;
	take_rule(&patient, l3mdev[0]);
	take_rule(&patient, l3mdev[1]);
	assert_check(&patient, "policy-rules", DOCTOR_OK, "in table 123", "");
	patient_close(&patient);
}

static void a_table_without_a_rule_is_a_failure(void **state)
{
	struct patient patient;

	(void)state;
	begin(&patient);
	patient.world.config.kernel.table = 123;
	take_main(&patient);
	assert_check(&patient, "policy-rules", DOCTOR_FAILURE,
		     "no rule leads IPv4 packets of pods to table 123",
		     "ip rule add priority 32000 lookup 123");
	assert_check(&patient, "policy-rules", DOCTOR_FAILURE, "IPv6",
		     "ip -6 rule add priority 32000 lookup 123");
	take_rule(&patient, (struct rule){.table = 123, .src = world_prefix(PODS)});
	take_rule(&patient, (struct rule){.table = 123, .family = AF_INET6});
	assert_check(&patient, "policy-rules", DOCTOR_OK, "in table 123", "");
	patient.facts.routes_seen = false;
	assert_check(&patient, "policy-rules", DOCTOR_UNKNOWN, "cannot read rules", "");
	patient_close(&patient);
}

static void the_fix_of_a_bridge_with_an_old_address_is_the_bridges(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	world_add_link(&patient.world, 30, "cni1", "bridge", IFF_UP);
	world_add_address(&patient.world, 30, "10.244.2.1/24");
	world_add_address(&patient.world, WORLD_ETH3, "10.244.200.1/24"); /* podNetwork is wide */
	take_route(&patient, "10.244.2.0/24 dev 30 proto 2");
	assert_check(&patient, "foreign-routes", DOCTOR_FAILURE, "cni1 still has 10.244.2.1/24",
		     "ip addr del 10.244.2.1/24 dev cni1");
	assert_int_equal(patient.facts.foreign.count, 0);
	patient.facts.self = CONFIG_NOT_FOUND; /* then nobody knows what is old */
	assert_check(&patient, "foreign-routes", DOCTOR_OK, "no other program", "");
	patient_close(&patient);
}

static void host_gw_wants_its_peers_on_the_link(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	assert_check(&patient, "on-link", DOCTOR_OK, "every peer", "");
	patient.near = false;
	patient_find_peers(&patient);
	assert_check(&patient, "on-link", DOCTOR_FAILURE,
		     "not on the link, so that the kernel refuses host-gw routes to: worker-3",
		     "in the entry of worker-3: via: 10.0.0.1\n");
	assert_check(&patient, "on-link", DOCTOR_FAILURE, "", "backend: {type: vxlan}");
	assert_check(&patient, "on-link", DOCTOR_FAILURE, "", "offLink: router");
	patient.world.config.backend = BACKEND_VXLAN;
	assert_check(&patient, "on-link", DOCTOR_OK, "only to host-gw", "");
	patient_close(&patient);
}

static void the_router_is_the_one_of_the_node_that_is_named(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW
		     "- {name: worker-4, address: 10.9.0.14, podCIDRs: 10.244.4.0/24}\n");
	patient.near = false;
	patient_find_peers(&patient);
	assert_check(&patient, "on-link", DOCTOR_FAILURE, "to: worker-3, worker-4",
		     "if router 10.0.0.1 knows the way to their pods, in the entry of worker-3: "
		     "via: 10.0.0.1\n");
	patient_close(&patient);
}

/* Ports, users or the like of the packet are unknown. */
static void a_rule_with_further_conditions_may_take_some_packets(void **state)
{
	struct patient patient;

	(void)state;
	begin(&patient);
	take_rule(&patient, (struct rule){.priority = 99, .table = 77, .odd = true});
	take_main(&patient);
	take_route(&patient, "0.0.0.0/0 via 10.0.0.9 table 77 proto 4");
	assert_check(&patient, "policy-rules", DOCTOR_WARNING, "a rule may take some packets",
		     "ip rule del priority 99\n");
	patient_close(&patient);
	begin(&patient);
	patient.world.config.kernel.table = 123;
	take_rule(&patient, (struct rule){.priority = 99, .table = 123, .odd = true});
	take_main(&patient);
	assert_check(&patient, "policy-rules", DOCTOR_FAILURE, "no rule leads IPv4 packets",
		     "lookup 123");
	patient_close(&patient);
}

static void a_rule_that_passes_over_short_prefixes_takes_no_default(void **state)
{
	struct patient patient;

	(void)state;
	begin(&patient);
	take_rule(&patient, (struct rule){.priority = 99, .table = 77, .shortest = 1});
	take_main(&patient);
	take_route(&patient, "0.0.0.0/0 via 10.0.0.9 table 77 proto 4");
	assert_check(&patient, "policy-rules", DOCTOR_OK, "table 254", "");
	take_route(&patient, "10.244.0.0/16 via 10.0.0.9 table 77 proto 4");
	assert_check(&patient, "policy-rules", DOCTOR_WARNING, "lookup 77 suppress_prefixlength 0",
		     "ip rule del");
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_rules_that_take_packets_of_pods),
		cmocka_unit_test(names_the_rule_and_how_to_remove_it),
		cmocka_unit_test(a_throw_leads_on_to_the_next_rule),
		cmocka_unit_test(a_vrf_leads_only_those_that_are_in_it),
		cmocka_unit_test(a_table_without_a_rule_is_a_failure),
		cmocka_unit_test(the_fix_of_a_bridge_with_an_old_address_is_the_bridges),
		cmocka_unit_test(host_gw_wants_its_peers_on_the_link),
		cmocka_unit_test(the_router_is_the_one_of_the_node_that_is_named),
		cmocka_unit_test(a_rule_with_further_conditions_may_take_some_packets),
		cmocka_unit_test(a_rule_that_passes_over_short_prefixes_takes_no_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
