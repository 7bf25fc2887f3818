/* test_rollout.c - how much a new file changes on every host. */
/* SPDX-License-Identifier: MIT */
#include "app/rollout/count.h"

#include "rollout_files.h"

/* Assert the counts of the nodes of `now`, in their order. */
static void assert_rollout(const char *was_text, const char *now_text,
			   const struct rollout_counts *want)
{
	struct config was, now;
	struct arena counts = {0};

	assert_true(parse(&was, was_text));
	assert_true(parse(&now, now_text));
	assert_int_equal(rollout_count(&was, &now, &counts), 0);
	for (uint32_t i = 0; i < config_node_count(&now); i++)
		assert_counts(&counts, i, want[i]);
	arena_release(&counts);
	config_release(&was);
	config_release(&now);
}

#define NODE(name, address, pods)                                                                  \
	"  - {name: " name ", address: [" address "], podCIDRs: [" pods "]}\n"
#define A NODE("a", "10.0.0.1", "10.244.1.0/24")
#define B NODE("b", "10.0.0.2", "10.244.2.0/24")
#define C NODE("c", "10.0.0.3", "10.244.3.0/24")
#define NODES "version: 1\nnodes:\n"

static void counts_nothing_where_nothing_differs(void **state)
{
	(void)state;
	assert_rollout(NODES A B C, NODES C B A,
		       (struct rollout_counts[]){{0, 0, 0, 2}, {0, 0, 0, 2}, {0, 0, 0, 2}});
}

static void a_new_node_has_all_to_add_and_every_other_node_one(void **state)
{
	(void)state;
	assert_rollout(NODES A B, NODES A B C,
		       (struct rollout_counts[]){{1, 0, 0, 1}, {1, 0, 0, 1}, {2, 0, 0, 0}});
}

static void a_node_that_leaves_is_one_to_delete_for_every_other(void **state)
{
	(void)state;
	assert_rollout(NODES A B C, NODES A B,
		       (struct rollout_counts[]){{0, 0, 1, 1}, {0, 0, 1, 1}});
}

static void a_moved_address_changes_the_others_and_not_the_node_itself(void **state)
{
	(void)state;
	assert_rollout(NODES A B C, NODES A B NODE("c", "10.0.0.9", "10.244.3.0/24"),
		       (struct rollout_counts[]){{0, 1, 0, 1}, {0, 1, 0, 1}, {0, 0, 0, 2}});
}

#define VXLAN "version: 1\nbackend: {type: vxlan}\nnodes:\n"

static void into_tunnels_a_moved_address_is_one_change_whatever_the_podcidrs(void **state)
{
	(void)state;
	assert_rollout(VXLAN A NODE("c", "10.0.0.3", "10.244.3.0/24, 10.244.4.0/24"),
		       VXLAN A NODE("c", "10.0.0.9", "10.244.3.0/24, 10.244.4.0/24"),
		       (struct rollout_counts[]){{0, 1, 0, 1}, {0, 0, 0, 1}});
}

static void from_plain_routes_to_tunnels_every_route_changes(void **state)
{
	(void)state;
	assert_rollout(NODES A B C, VXLAN A B C,
		       (struct rollout_counts[]){{0, 2, 0, 0}, {0, 2, 0, 0}, {0, 2, 0, 0}});
}

static void a_podcidr_that_moves_is_added_by_its_old_owner_and_deleted_by_the_new(void **state)
{
	(void)state;
	assert_rollout(NODES A NODE("b", "10.0.0.2", "10.244.2.0/24, 10.244.9.0/24") C,
		       NODES A B NODE("c", "10.0.0.3", "10.244.3.0/24, 10.244.9.0/24"),
		       (struct rollout_counts[]){{0, 1, 0, 2}, {1, 0, 0, 2}, {0, 0, 1, 2}});
}

static void a_first_ipv6_address_adds_the_ipv6_routes_of_that_node_alone(void **state)
{
	(void)state;
	assert_rollout(
		NODES NODE("a", "10.0.0.1", "10.244.1.0/24")
			NODE("b", "10.0.0.2, 'fd00::2'", "10.244.2.0/24, 'fd10:2::/64'")
				NODE("c", "10.0.0.3, 'fd00::3'", "10.244.3.0/24, 'fd10:3::/64'"),
		NODES NODE("a", "10.0.0.1, 'fd00::1'", "10.244.1.0/24")
			NODE("b", "10.0.0.2, 'fd00::2'", "10.244.2.0/24, 'fd10:2::/64'")
				NODE("c", "10.0.0.3, 'fd00::3'", "10.244.3.0/24, 'fd10:3::/64'"),
		(struct rollout_counts[]){{2, 0, 0, 2}, {0, 0, 0, 3}, {0, 0, 0, 3}});
}

static void another_protocol_changes_and_another_metric_deletes_and_adds(void **state)
{
	(void)state;
	assert_rollout(NODES A B, NODES A B "kernel: {protocol: 68}\n",
		       (struct rollout_counts[]){{0, 1, 0, 0}, {0, 1, 0, 0}});
	assert_rollout(NODES A B, NODES A B "kernel: {metric: 80000}\n",
		       (struct rollout_counts[]){{1, 0, 1, 0}, {1, 0, 1, 0}});
	assert_rollout(NODES A B, NODES A B "kernel: {table: 100}\n",
		       (struct rollout_counts[]){{1, 0, 1, 0}, {1, 0, 1, 0}});
}

static void a_smaller_spread_moves_only_the_metrics_that_it_reaches(void **state)
{
	(void)state; /* the numbers of 10.0.0.0/24 and 10.0.1.0/24 are 0xa0000 and 0xa0001 */
	assert_rollout(
		NODES NODE("a", "192.0.2.1", "10.0.0.0/24") NODE("b", "192.0.2.2", "10.0.1.0/24")
			NODE("c", "192.0.2.3", "10.0.2.0/24"),
		NODES NODE("a", "192.0.2.1", "10.0.0.0/24") NODE("b", "192.0.2.2", "10.0.1.0/24")
			NODE("c", "192.0.2.3", "10.0.2.0/24") "kernel: {metricSpread: 1}\n",
		(struct rollout_counts[]){{2, 0, 2, 0}, {1, 0, 1, 1}, {1, 0, 1, 1}});
}

static void without_a_backend_all_pod_routes_go(void **state)
{
	(void)state;
	assert_rollout(NODES A B C,
		       NODES A B C "backend: {type: none}\nguard: {allowEmpty: true}\n",
		       (struct rollout_counts[]){{0, 0, 2, 0}, {0, 0, 2, 0}, {0, 0, 2, 0}});
}

static void static_routes_count_on_the_nodes_they_name(void **state)
{
	(void)state;
	assert_rollout(NODES A B C "routes:\n"
				   "  - {to: 192.0.2.0/24, via: 10.0.0.254}\n"
				   "  - {to: 198.51.100.0/24, via: 10.0.0.254, nodes: [b]}\n",
		       NODES A B C "routes:\n"
				   "  - {to: 192.0.2.0/24, via: 10.0.0.253}\n"
				   "  - {to: 203.0.113.0/24, via: 10.0.0.254, nodes: ['[ac]']}\n",
		       (struct rollout_counts[]){{1, 1, 0, 2}, {0, 1, 1, 2}, {1, 1, 0, 2}});
}

static void a_route_inside_a_podcidr_counts_on_its_own_node_alone(void **state)
{
	(void)state;
	assert_rollout(NODES A B C,
		       NODES A B C "routes:\n"
				   "  - {to: 10.244.2.128/25, via: 10.0.0.254}\n",
		       (struct rollout_counts[]){{0, 0, 0, 2}, {1, 0, 0, 2}, {0, 0, 0, 2}});
}

static void a_static_route_that_takes_over_a_pod_route_is_one_change(void **state)
{
	/* 10.244.3.0/24 is number 0xaf403: metric 67000 + 0x403 */
	static const char routes[] = NODES A B "routes:\n  - {to: 10.244.3.0/24, via: 10.0.0.254, "
					       "metric: 68027, nodes: [a]}\n";

	(void)state;
	assert_rollout(NODES A B C, routes, (struct rollout_counts[]){{0, 1, 0, 1}, {0, 0, 1, 1}});
	assert_rollout(routes, NODES A B C,
		       (struct rollout_counts[]){{0, 1, 0, 1}, {1, 0, 0, 1}, {2, 0, 0, 0}});
}

/* 10.244.5.0/24 and its MAC go from a to b: its neighbour stays as it was, and the new forwarding
 * entry of that MAC counts with b's first podCIDR, also on a. */
static void a_mac_that_moves_counts_with_the_first_podcidr_of_its_new_node(void **state)
{
	(void)state;
	assert_rollout(VXLAN "  - {name: a, address: 10.0.0.1, vtepMAC: '02:00:00:00:00:01', "
			     "podCIDRs: [10.244.1.0/24, 10.244.5.0/24]}\n" B C,
		       VXLAN A "  - {name: b, address: 10.0.0.2, vtepMAC: '02:00:00:00:00:01', "
			       "podCIDRs: [10.244.2.0/24, 10.244.5.0/24]}\n" C,
		       (struct rollout_counts[]){{1, 1, 0, 1}, {0, 1, 1, 1}, {0, 2, 0, 1}});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_nothing_where_nothing_differs),
		cmocka_unit_test(a_new_node_has_all_to_add_and_every_other_node_one),
		cmocka_unit_test(a_node_that_leaves_is_one_to_delete_for_every_other),
		cmocka_unit_test(a_moved_address_changes_the_others_and_not_the_node_itself),
		cmocka_unit_test(into_tunnels_a_moved_address_is_one_change_whatever_the_podcidrs),
		cmocka_unit_test(from_plain_routes_to_tunnels_every_route_changes),
		cmocka_unit_test(
			a_podcidr_that_moves_is_added_by_its_old_owner_and_deleted_by_the_new),
		cmocka_unit_test(a_first_ipv6_address_adds_the_ipv6_routes_of_that_node_alone),
		cmocka_unit_test(another_protocol_changes_and_another_metric_deletes_and_adds),
		cmocka_unit_test(a_smaller_spread_moves_only_the_metrics_that_it_reaches),
		cmocka_unit_test(without_a_backend_all_pod_routes_go),
		cmocka_unit_test(static_routes_count_on_the_nodes_they_name),
		cmocka_unit_test(a_route_inside_a_podcidr_counts_on_its_own_node_alone),
		cmocka_unit_test(a_static_route_that_takes_over_a_pod_route_is_one_change),
		cmocka_unit_test(a_mac_that_moves_counts_with_the_first_podcidr_of_its_new_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
