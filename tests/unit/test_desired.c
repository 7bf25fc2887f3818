/* test_desired.c - what the file asks of one host, as rows of the kernel. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/rows.h"

#include "world.h"

#define THREE_NODES                                                                                \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                   \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:1::/64']}\n"                                         \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                   \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:2::/64']}\n"                                         \
	"  - {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n"

static void a_pod_route_leads_to_the_peer_over_the_chosen_interface(void **state)
{
	struct world world = {0};
	struct route wanted = world_route("10.244.2.0/24 via 10.0.0.12 metric 68026");

	(void)state;
	world_open(&world, THREE_NODES);
	world_desire(&world);
	assert_same_route(world_want(&world, 0), &wanted);
	wanted = world_route("10.244.3.0/24 via 10.0.0.13 metric 68027");
	assert_same_route(world_want(&world, 1), &wanted);
	world_close(&world);
}

static void an_ipv6_pod_route_has_the_lowest_metric_of_the_range(void **state)
{
	struct world world = {0};
	struct route wanted = world_route("fd10:244:2::/64 via fd00::12 metric 67000");

	(void)state;
	world_open(&world, THREE_NODES);
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 3);
	assert_same_route(world_want(&world, 2), &wanted);
	world_close(&world);
}

#define FAR                                                                                        \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"        \
	"  - {name: worker-2, address: [10.9.0.12, 'fd09::12'],"                                   \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:2::/64']"

/* The routes to worker-2 in both families. */
static void assert_far(struct world *world, const struct route *ipv4, const struct route *ipv6)
{
	world_desire(world);
	assert_int_equal(desired_route_count(&world->picture.desired), 2);
	assert_same_route(world_want(world, 0), ipv4);
	assert_same_route(world_want(world, 1), ipv6);
	world_close(world);
}

static void a_next_hop_of_the_file_stands_in_place_of_the_address(void **state)
{
	struct world world = {0};
	struct route ipv4 = world_route("10.244.2.0/24 via 10.0.0.1 metric 68026");
	struct route ipv6 = world_route("fd10:244:2::/64 via fe80::1 metric 67000");

	(void)state;
	world_open(&world, FAR ", via: [10.0.0.1, 'fe80::1']}\n");
	assert_far(&world, &ipv4, &ipv6);
}

static void a_router_that_no_prefix_covers_is_on_the_link(void **state)
{
	static struct desired_router routers[2] = {{.node = 1}, {.node = 1}};
	struct world world = {0};
	struct route ipv4 = world_route("10.244.2.0/24 via 192.0.2.1 metric 68026");
	struct route ipv6 = world_route("fd10:244:2::/64 via fe80:1::1 metric 67000");

	(void)state;
	routers[0].ip = world_prefix("192.0.2.1").ip;
	routers[1].ip = world_prefix("fe80:1::1").ip; /* though no address of the link covers it */
	ipv4.flags |= ROUTE_ONLINK;
	world_open(&world, FAR "}\nbackend: {hostGw: {offLink: router}}\n");
	world.routers = routers;
	world.router_count = 2;
	assert_far(&world, &ipv4, &ipv6);
}

static void plain_routes_bear_the_nodes_own_address_where_asked(void **state)
{
	struct world world = {0};
	struct route ipv4 = world_route("10.244.2.0/24 via 10.9.0.12 metric 68026 src 10.0.0.11");
	struct route ipv6 = world_route("fd10:244:2::/64 via fd09::12 metric 67000 src fd00::11");

	(void)state;
	world_open(&world, FAR "}\nbackend: {hostGw: {source: node}}\n");
	assert_far(&world, &ipv4, &ipv6);
}

#define TWO_CARDS                                                                                  \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 10.3.0.11], podCIDRs: 10.244.1.0/24}\n"         \
	"  - {name: worker-2, address: [10.0.0.12, 10.3.0.12], podCIDRs: 10.244.2.0/24}\n"         \
	"  - {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n"

/* eth1 and eth3, with a carrier or without, and an interface chosen on them or none (0). */
static void open_cards(struct world *world, uint32_t first, uint32_t second)
{
	struct family *family = &world->picture.family[0];

	world_open(world, TWO_CARDS);
	for (uint32_t i = 0; i < world->picture.links.links.count; i++)
		((struct link *)rows_at(&world->picture.links.links, i))->flags |= IFF_RUNNING;
	family->cards[0].index = first;
	family->cards[1].index = second;
	family->card_count = 2;
}

static void set_dark(const struct world *world, uint32_t index)
{
	for (uint32_t i = 0; i < world->picture.links.links.count; i++) {
		struct link *link = rows_at(&world->picture.links.links, i);

		if (link->index == index)
			link->flags &= ~(uint32_t)IFF_RUNNING;
	}
}

/* The next hops to worker-2, `first` and `second`; NULL: that one is left out. */
static void assert_hops(struct world *world, const char *first, const char *second)
{
	uint32_t count = (first != NULL ? 1U : 0) + (second != NULL ? 1U : 0);
	uint32_t i = 0;

	world_desire(world);
	for (const char *words = first; i < count; words = second, i++) {
		struct route wanted = world_route(words != NULL ? words : second);

		wanted.hops = count > 1 ? (uint8_t)count : 0;
		assert_same_route(world_want(world, i), &wanted);
	}
	assert_int_equal(world_wanted_routes(world),
			 desired_route_count(&world->picture.desired) - (count > 1));
}

#define FIRST "10.244.2.0/24 via 10.0.0.12 metric 68026"
#define SECOND "10.244.2.0/24 via 10.3.0.12 metric 68026 dev 5"

static void each_underlay_that_both_have_is_a_next_hop(void **state)
{
	struct world world = {0};
	struct route third = world_route("10.244.3.0/24 via 10.0.0.13 metric 68027");

	(void)state;
	open_cards(&world, WORLD_ETH1, WORLD_ETH3);
	assert_hops(&world, FIRST, SECOND);
	assert_same_route(world_want(&world, 2), &third);
	world_close(&world);
}

static void a_card_without_carrier_is_left_out_but_never_the_last(void **state)
{
	struct world world = {0};

	(void)state;
	open_cards(&world, WORLD_ETH1, WORLD_ETH3);
	set_dark(&world, WORLD_ETH1);
	assert_hops(&world, NULL, SECOND);
	set_dark(&world, WORLD_ETH3);
	assert_hops(&world, FIRST, SECOND);
	world_close(&world);
}

static void an_address_without_interface_is_left_out(void **state)
{
	struct world world = {0};

	(void)state;
	open_cards(&world, 0, WORLD_ETH3);
	assert_hops(&world, NULL, SECOND);
	assert_int_equal(desired_route_count(&world.picture.desired), 1);
	assert_int_equal(desired_unmet_at(&world.picture.desired, 0)->kind, UNMET_PENDING);
	world_close(&world);
}

static void an_address_that_does_not_answer_is_left_out_but_never_the_last(void **state)
{
	struct ip lost[] = {world_prefix("10.0.0.12").ip, world_prefix("10.0.0.13").ip,
			    world_prefix("10.3.0.12").ip};
	struct world world = {0};

	(void)state;
	open_cards(&world, WORLD_ETH1, WORLD_ETH3);
	world.lost = lost;
	world.lost_count = 2;
	assert_hops(&world, NULL, SECOND);
	assert_int_equal(desired_route_count(&world.picture.desired), 2);
	world.lost_count = 3;
	assert_hops(&world, FIRST, SECOND);
	world_close(&world);
}

static void a_next_hop_on_this_host_would_loop(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, FAR ", via: 10.0.0.11}\n");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 1);
	assert_string_equal(desired_unmet_at(&world.picture.desired, 0)->why,
			    "the next hop of this peer is on this host, traffic would loop");
	world_close(&world);
}

static void never_routes_the_nodes_own_podcidrs(void **state)
{
	struct prefix own[] = {world_prefix("10.244.1.0/24"), world_prefix("fd10:244:1::/64")};
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES);
	world_desire(&world);
	for (uint32_t i = 0; i < desired_route_count(&world.picture.desired); i++) {
		struct prefix prefix = route_prefix(world_want(&world, i));

		assert_false(prefix_overlaps(&prefix, &own[0]));
		assert_false(prefix_overlaps(&prefix, &own[1]));
	}
	world_close(&world);
}

#define BLACKHOLE_LOCAL "agent: {blackholeLocal: yes}\n"

static void holds_its_own_podcidrs_by_blackholes_where_asked(void **state)
{
	struct route wanted = world_route("10.244.1.0/24 metric 68025 dev 0 type 6");
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES BLACKHOLE_LOCAL);
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 5);
	assert_same_route(world_want(&world, 0), &wanted);
	wanted = world_route("fd10:244:1::/64 metric 67000 dev 0 type 6");
	assert_same_route(world_want(&world, 3), &wanted);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(desired_is_own(&world.picture.desired, i), i == 0 || i == 3);
	world_close(&world);
}

static void holds_its_own_podcidr_without_an_interface_too(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES BLACKHOLE_LOCAL);
	world.picture.family[0].link = (struct selected){0};
	world_desire(&world);
	assert_true(desired_is_own(&world.picture.desired, 0));
	world_close(&world);
}

static void holds_no_podcidr_of_a_family_that_the_node_lacks(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, "version: 1\n" BLACKHOLE_LOCAL "nodes:\n"
			   "  - {name: worker-1, address: 10.0.0.11,"
			   " podCIDRs: [10.244.1.0/24, 'fd10:244:1::/64']}\n");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 1);
	world_close(&world);
}

static void a_static_blackhole_is_no_podcidr_of_its_own(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES BLACKHOLE_LOCAL
		   "routes:\n  - {to: 10.244.1.0/25, type: blackhole}\n"
		   "  - {to: 10.244.1.0/24, type: blackhole, metric: 5}\n");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 7);
	assert_false(desired_is_own(&world.picture.desired, 0));
	assert_true(desired_is_own(&world.picture.desired, 1));
	assert_false(desired_is_own(&world.picture.desired, 2));
	world_close(&world);
}

static void spreads_metrics_by_the_subnet_number(void **state)
{
	struct config_kernel kernel = {.metric = 67000, .metric_spread = 4096};
	struct prefix a = world_prefix("10.244.7.0/24");
	struct prefix b = world_prefix("10.244.7.128/25");
	struct prefix all = world_prefix("0.0.0.0/0");

	(void)state;
	assert_int_equal(config_pod_metric(&kernel, &a), 67000 + 0x0af407 % 4096);
	assert_int_equal(config_pod_metric(&kernel, &b), 67000 + (0x0af407 * 2 + 1) % 4096);
	assert_int_equal(config_pod_metric(&kernel, &all), 67000);
	kernel.metric_spread = 1;
	assert_int_equal(config_pod_metric(&kernel, &a), 67000);
}

static void the_metric_does_not_depend_on_the_gateway(void **state)
{
	struct world world = {0};
	uint32_t before;

	(void)state;
	world_open(&world, THREE_NODES);
	world_desire(&world);
	before = world_want(&world, 0)->metric;
	world_close(&world);
	world = (struct world){0};
	world_open(&world, "version: 1\n"
			   "nodes:\n"
			   "  - {name: worker-2, address: 10.0.0.99, podCIDRs: 10.244.2.0/24}\n"
			   "  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n");
	world_desire(&world);
	assert_int_equal(world_want(&world, 0)->metric, before);
	world_close(&world);
}

static void a_row_knows_its_podcidr_of_the_file(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES);
	world_desire(&world);
	for (uint32_t i = 0; i < desired_route_count(&world.picture.desired); i++) {
		struct desired_cause cause = desired_cause_at(&world.picture.desired, CHANGE_ROUTE,
							      i);
		struct prefix prefix = route_prefix(world_want(&world, i));

		assert_int_equal(cause.is_static, 0);
		assert_true(prefix_same(&config_podcidr_at(&world.config, cause.index)->prefix,
					&prefix));
	}
	world_close(&world);
}

static void a_family_without_interface_has_no_pod_routes(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES);
	world.picture.family[1].link = (struct selected){0};
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 2);
	assert_int_equal(desired_unmet_count(&world.picture.desired), 0);
	world_close(&world);
}

static void a_peer_whose_address_this_host_holds_is_refused(void **state)
{
	struct world world = {0};
	const struct unmet *unmet;

	(void)state;
	world_open(&world, THREE_NODES);
	world_add_address(&world, WORLD_CNI0, "10.0.0.13/32");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 2);
	assert_int_equal(desired_unmet_count(&world.picture.desired), 1);
	unmet = desired_unmet_at(&world.picture.desired, 0);
	assert_int_equal(unmet->kind, UNMET_REFUSED);
	assert_string_equal(unmet->why,
			    "the address of this peer is on this host, traffic would loop");
	assert_int_equal(unmet->route.dst[2], 3);
	world_close(&world);
}

static void a_podcidr_of_a_family_without_address_is_skipped(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, "version: 1\n"
			   "nodes:\n"
			   "  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"
			   "  - {name: worker-2, address: 10.0.0.12,"
			   " podCIDRs: [10.244.2.0/24, 'fd10:244:2::/64']}\n");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 1);
	world_close(&world);
}

static void every_podcidr_of_a_node_is_routed(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, "version: 1\n"
			   "nodes:\n"
			   "  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"
			   "  - {name: worker-2, address: 10.0.0.12,"
			   " podCIDRs: [10.244.9.0/24, 10.244.2.0/24, 10.245.0.0/16]}\n");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(world_want(&world, i)->gateway[3], 12);
	world_close(&world);
}

static void backend_none_makes_only_static_routes(void **state)
{
	struct world world = {0};
	struct route wanted = world_route("10.96.0.0/12 via 10.0.0.1");

	(void)state;
	world_open(&world, "version: 1\n"
			   "backend: {type: none}\n"
			   "nodes:\n"
			   "  - {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n"
			   "routes:\n"
			   "  - {to: 10.96.0.0/12, via: 10.0.0.1}\n");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 1);
	assert_same_route(world_want(&world, 0), &wanted);
	world_close(&world);
}

static void static_and_pod_routes_come_in_the_order_of_their_keys(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES "routes:\n"
				       "  - {to: 'fd20::/32', via: 'fd00::1'}\n"
				       "  - {to: 10.245.0.0/16, via: 10.0.0.1}\n"
				       "  - {to: 10.96.0.0/12, via: 10.0.0.1, table: 100}\n"
				       "  - {to: 10.96.0.0/12, via: 10.0.0.1}\n"
				       "  - {to: default, via: 10.0.0.1, metric: 7}\n");
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 8);
	for (uint32_t i = 1; i < desired_route_count(&world.picture.desired); i++)
		assert_true(memcmp(world_want(&world, i - 1), world_want(&world, i),
				   ROUTE_KEY_SIZE) < 0);
	for (uint32_t i = 0; i < desired_route_count(&world.picture.desired); i++) {
		struct desired_cause cause = desired_cause_at(&world.picture.desired, CHANGE_ROUTE,
							      i);
		bool is_pod = world_want(&world, i)->metric >= 67000;

		assert_int_equal(cause.is_static, !is_pod);
	}
	world_close(&world);
}

static void finds_a_destination_whatever_the_metric(void **state)
{
	struct route there = world_route("10.244.3.0/24 metric 1");
	struct route longer = world_route("10.244.3.0/25");
	struct route elsewhere = world_route("10.244.3.0/24 table 100");
	struct world world = {0};
	uint32_t i;

	(void)state;
	world_open(&world, THREE_NODES);
	world_desire(&world);
	i = desired_find_destination(&world.picture.desired, &there);
	assert_int_equal(i, 1);
	assert_true(desired_has_destination(&world.picture.desired, i, &there));
	i = desired_find_destination(&world.picture.desired, &longer);
	assert_false(desired_has_destination(&world.picture.desired, i, &longer));
	i = desired_find_destination(&world.picture.desired, &elsewhere);
	assert_false(desired_has_destination(&world.picture.desired, i, &elsewhere));
	assert_false(desired_has_destination(&world.picture.desired,
					     desired_route_count(&world.picture.desired), &there));
	world_close(&world);
}

static void building_anew_forgets_what_was(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES "routes:\n  - {to: 10.96.0.0/12, dev: eth9}\n");
	world_desire(&world);
	world_desire(&world);
	assert_int_equal(desired_route_count(&world.picture.desired), 3);
	assert_int_equal(desired_unmet_count(&world.picture.desired), 1);
	assert_int_equal(world.picture.desired.want.rows[CHANGE_ROUTE].arena.used,
			 3 * sizeof(struct desired_route));
	world_close(&world);
}

/* Whether the rows are those of before; the next ones are known by a mark. */
static bool are_kept(struct world *world)
{
	struct route *row;
	bool kept;

	world->keep = true;
	world_desire(world);
	row = rows_at(&world->picture.desired.want.rows[CHANGE_ROUTE], 0);
	kept = row->zero != 0;
	row->zero = 1;
	return kept;
}

static void rows_are_kept_until_what_they_rest_on_changes(void **state)
{
	static const struct desired_router routers[] = {{.node = 2, .ip = {.family = AF_INET}}};
	static const uint8_t on_link[] = {0, 0, 1};
	const struct ip lost[] = {world_prefix("10.0.0.12").ip};
	struct world world = {0};

	(void)state;
	world_open(&world, THREE_NODES);
	assert_false(are_kept(&world));
	assert_true(are_kept(&world));
	((struct link *)rows_at(&world.picture.links.links, 0))->flags |= IFF_RUNNING;
	assert_false(are_kept(&world));
	world_add_address(&world, WORLD_ETH3, "10.3.0.11/24");
	assert_false(are_kept(&world));
	world.picture.family[0].cards[3].mtu++;
	assert_false(are_kept(&world));
	world.on_link = on_link;
	assert_false(are_kept(&world));
	world.routers = routers;
	world.router_count = 1;
	assert_false(are_kept(&world));
	world.lost = lost;
	world.lost_count = 1;
	assert_false(are_kept(&world));
	world.node = "worker-3";
	assert_false(are_kept(&world));
	assert_true(are_kept(&world));
	world.keep = false;
	world_desire(&world);
	assert_int_equal(world_want(&world, 0)->zero, 0);
	desired_reset(&world.picture.desired);
	assert_false(are_kept(&world));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_route_leads_to_the_peer_over_the_chosen_interface),
		cmocka_unit_test(an_ipv6_pod_route_has_the_lowest_metric_of_the_range),
		cmocka_unit_test(a_next_hop_of_the_file_stands_in_place_of_the_address),
		cmocka_unit_test(a_router_that_no_prefix_covers_is_on_the_link),
		cmocka_unit_test(plain_routes_bear_the_nodes_own_address_where_asked),
		cmocka_unit_test(a_next_hop_on_this_host_would_loop),
		cmocka_unit_test(each_underlay_that_both_have_is_a_next_hop),
		cmocka_unit_test(a_card_without_carrier_is_left_out_but_never_the_last),
		cmocka_unit_test(an_address_without_interface_is_left_out),
		cmocka_unit_test(an_address_that_does_not_answer_is_left_out_but_never_the_last),
		cmocka_unit_test(never_routes_the_nodes_own_podcidrs),
		cmocka_unit_test(holds_its_own_podcidrs_by_blackholes_where_asked),
		cmocka_unit_test(holds_its_own_podcidr_without_an_interface_too),
		cmocka_unit_test(holds_no_podcidr_of_a_family_that_the_node_lacks),
		cmocka_unit_test(a_static_blackhole_is_no_podcidr_of_its_own),
		cmocka_unit_test(spreads_metrics_by_the_subnet_number),
		cmocka_unit_test(the_metric_does_not_depend_on_the_gateway),
		cmocka_unit_test(a_row_knows_its_podcidr_of_the_file),
		cmocka_unit_test(a_family_without_interface_has_no_pod_routes),
		cmocka_unit_test(a_peer_whose_address_this_host_holds_is_refused),
		cmocka_unit_test(a_podcidr_of_a_family_without_address_is_skipped),
		cmocka_unit_test(every_podcidr_of_a_node_is_routed),
		cmocka_unit_test(backend_none_makes_only_static_routes),
		cmocka_unit_test(static_and_pod_routes_come_in_the_order_of_their_keys),
		cmocka_unit_test(finds_a_destination_whatever_the_metric),
		cmocka_unit_test(building_anew_forgets_what_was),
		cmocka_unit_test(rows_are_kept_until_what_they_rest_on_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
