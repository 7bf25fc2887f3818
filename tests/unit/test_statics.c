/* test_statics.c - static routes: which apply here, through which device, which must not be. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/rows.h"

#include "world.h"

#define TWO_NODES                                                                                  \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"        \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: 10.244.2.0/24}\n"        \
	"routes:\n"

#define POD "10.244.2.0/24 via 10.0.0.12 metric 68026"

/* The static rows of worker-1, without a unmet. */
static struct rows *statics_of(struct world *world, const char *yaml)
{
	*world = (struct world){0};
	world_open(world, yaml);
	world_desire(world);
	assert_int_equal(desired_unmet_count(&world->picture.desired), 0);
	return &world->picture.desired.statics;
}

static void assert_only(const char *yaml, const char *words)
{
	struct route wanted = world_route(words);
	struct world world;
	const struct rows *statics = statics_of(&world, yaml);

	assert_int_equal(statics->count, 1);
	assert_same_route(&((const struct desired_route *)rows_at(statics, 0))->route, &wanted);
	world_close(&world);
}

/* The only unmet of a file that leads to no static route. */
static void assert_set_back(const char *yaml, enum unmet_kind kind, const char *why)
{
	struct world world = {0};

	world_open(&world, yaml);
	world_desire(&world);
	assert_int_equal(world.picture.desired.statics.count, 0);
	assert_int_equal(desired_unmet_count(&world.picture.desired), 1);
	assert_string_equal(desired_unmet_at(&world.picture.desired, 0)->why, why);
	assert_int_equal(desired_unmet_at(&world.picture.desired, 0)->kind, kind);
	assert_int_equal(desired_unmet_at(&world.picture.desired, 0)->cause.is_static, 1);
	world_close(&world);
}

static void the_device_is_the_one_whose_subnet_holds_the_gateway(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.1}\n",
		    "10.96.0.0/12 via 10.0.0.1");
}

static void of_several_subnets_the_longest_names_the_device(void **state)
{
	struct world world = {0};
	const struct desired_route *row;

	(void)state;
	world_open(&world, TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.1}\n");
	world_add_address(&world, WORLD_CNI0, "10.0.0.2/30");
	world_add_address(&world, WORLD_ETH3, "10.0.0.3/8");
	world_desire(&world);
	assert_int_equal(world.picture.desired.statics.count, 1);
	row = rows_at(&world.picture.desired.statics, 0);
	assert_int_equal(row->route.oif, WORLD_CNI0);
	world_close(&world);
}

/* Two VRFs may have the same subnet. */
static void a_link_of_the_tables_vrf_goes_before_the_longest_subnet(void **state)
{
	struct world world = {0};
	struct rows *links;

	(void)state;
	world_open(&world, TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.1}\n"
				     "  - {to: 10.96.0.0/12, via: 10.0.0.1, table: 100}\n");
	world_add_address(&world, WORLD_ETH3, "10.0.0.2/30");
	world_add_link(&world, 30, "red", "vrf", 1);
	links = &world.picture.links.links;
	((struct link *)rows_at(links, links->count - 1))->vrf_table = 100;
	((struct link *)(uintptr_t)links_find_index(&world.picture.links, WORLD_ETH3))->master = 30;
	world_desire(&world);
	assert_int_equal(world.picture.desired.statics.count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct desired_route *row = rows_at(&world.picture.desired.statics, i);

		assert_int_equal(row->route.oif == WORLD_ETH3, row->route.table == 100);
	}
	world_close(&world);
}

static void a_route_without_gateway_has_scope_link(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 10.96.0.0/12, dev: cni0}\n",
		    "10.96.0.0/12 dev 3 scope 253");
}

static void an_ipv6_route_without_gateway_has_scope_universe(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 'fd20::/32', dev: cni0}\n",
		    "fd20::/32 dev 3 metric 1024 scope 0");
}

static void an_ipv6_metric_of_zero_is_the_kernels_1024(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 'fd20::/32', via: 'fd00::1'}\n",
		    "fd20::/32 via fd00::1 metric 1024");
	assert_only(TWO_NODES "  - {to: 'fd20::/32', via: 'fd00::1', metric: 0}\n",
		    "fd20::/32 via fd00::1 metric 1024");
}

static void all_words_of_an_entry_reach_the_row(void **state)
{
	struct route wanted =
		world_route("10.96.0.0/12 via 10.9.9.9 src 10.0.0.11 metric 50 table 100 mtu 1400");
	struct world world;
	const struct rows *statics =
		statics_of(&world, TWO_NODES
			   "  - {to: 10.96.0.0/12, via: 10.9.9.9, dev: eth1, from: 10.0.0.11,"
			   " metric: 50, table: 100, mtu: 1400, onLink: true}\n");

	(void)state;
	wanted.flags = ROUTE_ONLINK;
	assert_int_equal(statics->count, 1);
	assert_same_route(&((const struct desired_route *)rows_at(statics, 0))->route, &wanted);
	world_close(&world);
}

static void blackhole_unreachable_and_prohibit_have_no_device(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 10.96.0.0/12, type: blackhole}\n",
		    "10.96.0.0/12 dev 0 type 6");
	assert_only(TWO_NODES "  - {to: 10.96.0.0/12, type: unreachable}\n",
		    "10.96.0.0/12 dev 0 type 7");
	assert_only(TWO_NODES "  - {to: 'fd20::/32', type: prohibit}\n",
		    "fd20::/32 dev 0 type 8 metric 1024");
}

static void default_is_of_the_gateways_family(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: default, via: 10.0.0.1, metric: 9}\n",
		    "0.0.0.0/0 via 10.0.0.1 metric 9");
	assert_only(TWO_NODES "  - {to: default, via: 'fd00::1'}\n",
		    "::/0 via fd00::1 metric 1024");
}

static void default_without_a_hint_is_of_both_families(void **state)
{
	struct world world;
	const struct rows *statics = statics_of(
		&world, TWO_NODES "  - {to: default, type: unreachable, metric: 5000}\n");
	struct route ipv4 = world_route("0.0.0.0/0 dev 0 type 7 metric 5000");
	struct route ipv6 = world_route("::/0 dev 0 type 7 metric 5000");

	(void)state;
	assert_int_equal(statics->count, 2);
	assert_same_route(&((const struct desired_route *)rows_at(statics, 0))->route, &ipv4);
	assert_same_route(&((const struct desired_route *)rows_at(statics, 1))->route, &ipv6);
	world_close(&world);
}

static void applies_only_to_the_nodes_it_names(void **state)
{
	struct world world;

	(void)state;
	assert_int_equal(statics_of(&world, TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.1,"
						      " nodes: [worker-2, 'edge-*']}\n")
				 ->count,
			 0);
	assert_int_equal(desired_unmet_count(&world.picture.desired), 0);
	world_close(&world);
	assert_only(TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.1, nodes: ['work*-[12]']}\n",
		    "10.96.0.0/12 via 10.0.0.1");
}

static void is_skipped_where_this_host_is_the_gateway(void **state)
{
	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.11}\n", UNMET_SKIPPED,
			"this host itself is the gateway");
}

static void waits_for_an_interface_that_is_absent(void **state)
{
	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.1, dev: eth9}\n",
			UNMET_PENDING, "waits for interface eth9");
}

static void waits_for_an_interface_that_is_down(void **state)
{
	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.96.0.0/12, via: 10.2.0.1}\n", UNMET_PENDING,
			"waits for interface eth2 to be up");
	assert_set_back(TWO_NODES "  - {to: 10.96.0.0/12, dev: eth2}\n", UNMET_PENDING,
			"waits for interface eth2 to be up");
}

static void waits_for_an_address_next_to_the_gateway(void **state)
{
	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.96.0.0/12, via: 172.16.0.1}\n", UNMET_PENDING,
			"waits for an interface with an address next to 172.16.0.1");
}

static void waits_while_the_gateways_link_has_no_address(void **state)
{
	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.96.0.0/12, via: 10.3.0.1, dev: eth3}\n",
			UNMET_PENDING, "waits for an address on eth3");
	assert_only(TWO_NODES "  - {to: 10.96.0.0/12, dev: eth3}\n",
		    "10.96.0.0/12 dev 5 scope 253");
}

static void waits_for_its_source(void **state)
{
	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.96.0.0/12, via: 10.0.0.1, from: 10.0.0.77}\n",
			UNMET_PENDING, "waits for the address 10.0.0.77 on this host");
}

static void an_onlink_gateway_needs_no_address_on_its_link(void **state)
{
	struct world world;
	const struct rows *statics =
		statics_of(&world, TWO_NODES
			   "  - {to: 10.96.0.0/12, via: 10.3.0.1, dev: eth3, onLink: true}\n");

	(void)state;
	assert_int_equal(statics->count, 1);
	world_close(&world);
}

static void a_node_may_route_its_own_addresses_neighbourhood(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 10.0.0.10/31, via: 10.0.0.1}\n",
		    "10.0.0.10/31 via 10.0.0.1");
}

static void never_takes_over_the_way_to_a_node(void **state)
{
	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.0.0.0/25, via: 10.0.0.1}\n", UNMET_REFUSED,
			"it would take over the way to worker-2 at 10.0.0.12");
	assert_set_back(TWO_NODES "  - {to: 10.0.0.12, type: blackhole}\n", UNMET_REFUSED,
			"it would take over the way to worker-2 at 10.0.0.12");
	assert_set_back(TWO_NODES "  - {to: 'fd00::12', via: 'fd00::1'}\n", UNMET_REFUSED,
			"it would take over the way to worker-2 at fd00::12");
}

static void never_cuts_a_piece_out_of_a_pod_route(void **state)
{
	static const char why[] = "it lies inside podCIDR 10.244.2.0/24 of worker-2";

	(void)state;
	assert_set_back(TWO_NODES "  - {to: 10.244.2.0/24, via: 10.0.0.1}\n", UNMET_REFUSED, why);
	assert_set_back(TWO_NODES "  - {to: 10.244.2.128/25, via: 10.0.0.1}\n", UNMET_REFUSED, why);
	assert_set_back(TWO_NODES "  - {to: 10.244.2.7, type: blackhole}\n", UNMET_REFUSED, why);
	assert_only(TWO_NODES "  - {to: 10.244.2.128/25, via: 10.0.0.1, table: 100}\n",
		    "10.244.2.128/25 via 10.0.0.1 table 100");
	assert_only(TWO_NODES "  - {to: 10.244.0.0/16, via: 10.0.0.1}\n",
		    "10.244.0.0/16 via 10.0.0.1");
}

static void a_node_may_route_pieces_of_its_own_podcidr(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 10.244.1.128/25, via: 10.0.0.1}\n",
		    "10.244.1.128/25 via 10.0.0.1");
}

static void never_touches_what_is_protected(void **state)
{
	static const char *const routes[] = {"10.9.0.0/16", "10.9.7.0/24", "10.8.0.0/14"};
	char yaml[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		(void)snprintf(yaml, sizeof(yaml),
			       TWO_NODES "  - {to: %s, via: 10.0.0.1, table: 100}\n"
					 "guard: {protect: 10.9.0.0/16}\n",
			       routes[i]);
		assert_set_back(yaml, UNMET_REFUSED, "it overlaps 10.9.0.0/16 of guard.protect");
	}
	assert_only(TWO_NODES "  - {to: default, via: 10.0.0.1}\n"
			      "guard: {protect: 10.9.0.0/16}\n",
		    "0.0.0.0/0 via 10.0.0.1");
}

static void less_specific_routes_than_the_link_are_fine(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 10.0.0.0/8, via: 10.0.0.1}\n", "10.0.0.0/8 via 10.0.0.1");
	assert_only(TWO_NODES "  - {to: default, via: 10.0.0.1}\n", "0.0.0.0/0 via 10.0.0.1");
	assert_only(TWO_NODES "  - {to: 10.0.0.128/25, via: 10.0.0.1}\n",
		    "10.0.0.128/25 via 10.0.0.1");
}

static void another_table_takes_nobodys_way(void **state)
{
	(void)state;
	assert_only(TWO_NODES "  - {to: 10.0.0.12, via: 10.0.0.1, table: 100}\n",
		    "10.0.0.12/32 via 10.0.0.1 table 100");
}

static void off_host_every_entry_of_the_node_is_a_row(void **state)
{
	struct world world = {0};
	struct desired_input input = {.config = &world.config, .node_name = "worker-1"};

	(void)state;
	world_open(&world, TWO_NODES "  - {to: 10.96.0.0/12, via: 172.16.0.1}\n"
				     "  - {to: 10.0.0.12, dev: eth9}\n");
	assert_int_equal(desired_build(&world.picture.desired, &input), 0);
	assert_int_equal(world.picture.desired.statics.count, 2);
	assert_int_equal(desired_unmet_count(&world.picture.desired), 0);
	world_close(&world);
}

static void counts_unmet_entries_beyond_what_is_kept(void **state)
{
	struct world world = {0};
	struct desired_route row = {.route = world_route(POD)};

	(void)state;
	world_init(&world);
	for (uint32_t i = 0; i < DESIRED_UNMET_MOST + 100; i++)
		desired_add_unmet(&world.picture.desired, UNMET_PENDING, &row, "waits for %s",
				  "eth9");
	assert_int_equal(desired_unmet_count(&world.picture.desired) +
				 world.picture.desired.unlisted,
			 DESIRED_UNMET_MOST + 100);
	assert_true(world.picture.desired.unlisted > 0);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_device_is_the_one_whose_subnet_holds_the_gateway),
		cmocka_unit_test(of_several_subnets_the_longest_names_the_device),
		cmocka_unit_test(a_link_of_the_tables_vrf_goes_before_the_longest_subnet),
		cmocka_unit_test(a_route_without_gateway_has_scope_link),
		cmocka_unit_test(an_ipv6_route_without_gateway_has_scope_universe),
		cmocka_unit_test(an_ipv6_metric_of_zero_is_the_kernels_1024),
		cmocka_unit_test(all_words_of_an_entry_reach_the_row),
		cmocka_unit_test(blackhole_unreachable_and_prohibit_have_no_device),
		cmocka_unit_test(default_is_of_the_gateways_family),
		cmocka_unit_test(default_without_a_hint_is_of_both_families),
		cmocka_unit_test(applies_only_to_the_nodes_it_names),
		cmocka_unit_test(is_skipped_where_this_host_is_the_gateway),
		cmocka_unit_test(waits_for_an_interface_that_is_absent),
		cmocka_unit_test(waits_for_an_interface_that_is_down),
		cmocka_unit_test(waits_for_an_address_next_to_the_gateway),
		cmocka_unit_test(waits_while_the_gateways_link_has_no_address),
		cmocka_unit_test(waits_for_its_source),
		cmocka_unit_test(an_onlink_gateway_needs_no_address_on_its_link),
		cmocka_unit_test(a_node_may_route_its_own_addresses_neighbourhood),
		cmocka_unit_test(never_takes_over_the_way_to_a_node),
		cmocka_unit_test(never_cuts_a_piece_out_of_a_pod_route),
		cmocka_unit_test(a_node_may_route_pieces_of_its_own_podcidr),
		cmocka_unit_test(never_touches_what_is_protected),
		cmocka_unit_test(less_specific_routes_than_the_link_are_fine),
		cmocka_unit_test(another_table_takes_nobodys_way),
		cmocka_unit_test(off_host_every_entry_of_the_node_is_a_row),
		cmocka_unit_test(counts_unmet_entries_beyond_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
