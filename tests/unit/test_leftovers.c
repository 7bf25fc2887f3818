/* test_leftovers.c - flannel's routes are known by their shape, and go only when ours stand. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/flannel/flannel.h"

#include "world.h"

#include <linux/neighbour.h>

#define FLANNEL_1 70 /* the devices that are taken over */
#define FLANNEL_V6_1 71
#define OTHER_VXLAN 72

#define FILE_OF(backend)                                                                           \
	"version: 1\npodNetwork: [10.244.0.0/16, 'fd10:244::/48']\nadopt: flannel\n"               \
	"backend: {type: " backend "}\nguard: {maxDelete: 1, alwaysAllow: 0}\nnodes:\n"            \
	"- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24]}\n"        \
	"- {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, "          \
	"'fd10:244:0:2::/64']}\n"                                                                  \
	"- {name: worker-3, address: 10.7.7.3, podCIDRs: [10.244.3.0/24, 10.244.32.0/24]}\n"

static void open_vxlan(struct world *world)
{
	*world = (struct world){0};
	world_open(world, FILE_OF("vxlan"));
	world->picture.family[0].device = FLANNEL_1;
	world->picture.family[1].device = FLANNEL_V6_1;
}

/* As flannel leaves it, and as `change` makes it. */
struct shape {
	const char *words;
	uint8_t flags;
	bool is_flannels;
};

static void assert_shapes(const struct world *world, const struct shape *shapes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct route route = world_route(shapes[i].words);

		route.flags = shapes[i].flags;
		if (owner_is_flannels(&world->picture, &route) != shapes[i].is_flannels)
			fail_msg("%s, flags 0x%x: %s", shapes[i].words, shapes[i].flags,
				 shapes[i].is_flannels ? "not known" : "taken for flannel's");
	}
}

#define ASSERT_SHAPES(world, shapes)                                                               \
	assert_shapes((world), (shapes), sizeof(shapes) / sizeof((shapes)[0]))

static void knows_its_routes_over_the_card(void **state)
{
	static const struct shape shapes[] = {
		{"10.244.2.0/24 via 10.0.0.12 proto 3", 0, true},
		{"10.244.99.0/24 via 10.0.0.99 proto 3", 0, true}, /* of a vanished node */
		{"10.244.3.0/24 via 10.7.7.3 proto 3", 0, true},   /* off link, but the node's */
		{"10.244.4.0/24 via 10.7.7.3 proto 3", 0, false},
		{"fd10:244:0:2::/64 via fd00::12 proto 3 metric 1024", 0, true},
		{"fd10:244:0:9::/64 via fd00::99 proto 3 metric 1024", 0, true},
		{"10.244.2.0/24 via 10.0.0.12 proto 4", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 2", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 67", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 metric 1", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 metric 1024", 0, false},
		{"fd10:244:0:2::/64 via fd00::12 proto 3 metric 1023", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 table 100", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 src 10.0.0.11", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 mtu 1400", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 tos 16", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 scope 253", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3 dev 4", 0, false},
		{"10.244.2.0/24 proto 3", 0, false},
		{"10.244.2.0/24 proto 3 type 6", 0, false},
		{"10.244.2.0/24 via 10.9.9.9 proto 3", 0, false},
		{"10.244.2.0/24 via 10.0.0.11 proto 3", 0, false}, /* this host itself */
		{"fd10:244:0:2::/64 via fe80::1 proto 3 metric 1024", 0, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3", ROUTE_ONLINK, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3", ROUTE_ODD, false},
		{"10.244.2.0/24 via 10.0.0.12 proto 3", ROUTE_LOCKED, false},
		{"fd10:244:0:2::/64 via fd00::12 proto 3 metric 1024", ROUTE_PREF_HIGH, false},
		{"10.245.2.0/24 via 10.0.0.12 proto 3", 0, false},
		{"10.244.0.0/16 via 10.0.0.12 proto 3", 0, false}, /* the whole network */
		{"10.0.0.0/8 via 10.0.0.12 proto 3", 0, false},
		{"0.0.0.0/0 via 10.0.0.1 proto 3", 0, false},
		{"10.244.2.0/24 via 10.244.2.0 proto 3 dev 70", ROUTE_ONLINK, false},
	};
	struct world world = {0};

	(void)state;
	world_open(&world, FILE_OF("host-gw"));
	ASSERT_SHAPES(&world, shapes);
	world_close(&world);
}

static void knows_its_routes_into_the_device(void **state)
{
	static const struct shape shapes[] = {
		{"10.244.2.0/24 via 10.244.2.0 proto 3 dev 70", ROUTE_ONLINK, true},
		{"10.244.99.0/24 via 10.244.99.0 proto 3 dev 70", ROUTE_ONLINK, true},
		{"fd10:244:0:2::/64 via fd10:244:0:2:: proto 3 metric 1024 dev 71", ROUTE_ONLINK,
		 true},
		{"10.244.2.0/24 via 10.0.0.12 proto 3", 0, true}, /* DirectRouting */
		{"10.244.2.0/24 via 10.244.2.0 proto 3 dev 72", ROUTE_ONLINK, false},
		{"10.244.2.0/24 via 10.244.2.0 proto 3 dev 71", ROUTE_ONLINK, false},
		{"10.244.2.0/24 via 10.244.2.0 proto 3", ROUTE_ONLINK, false},
		{"10.244.2.0/24 via 10.244.2.0 proto 3 dev 70", 0, false},
		{"10.244.2.0/24 via 10.244.2.1 proto 3 dev 70", ROUTE_ONLINK, false},
		{"10.244.2.0/24 via 10.244.2.0 proto 4 dev 70", ROUTE_ONLINK, false},
		{"10.244.2.0/24 via 10.244.2.0 proto 3 metric 5 dev 70", ROUTE_ONLINK, false},
		{"10.244.2.0/24 via 10.244.2.0 proto 3 dev 70 src 10.244.1.0", ROUTE_ONLINK, false},
		{"10.245.2.0/24 via 10.245.2.0 proto 3 dev 70", ROUTE_ONLINK, false},
	};
	struct world world;

	(void)state;
	open_vxlan(&world);
	ASSERT_SHAPES(&world, shapes);
	world_close(&world);
}

static void takes_nothing_over_unasked_or_without_a_link(void **state)
{
	struct route plain = world_route("10.244.2.0/24 via 10.0.0.12 proto 3");
	struct route tunnelled = world_route("10.244.2.0/24 via 10.244.2.0 proto 3 dev 70");
	struct world world;

	(void)state;
	tunnelled.flags = ROUTE_ONLINK;
	open_vxlan(&world);
	world.picture.family[0].device = 0;
	assert_true(owner_is_flannels(&world.picture, &plain));
	assert_false(owner_is_flannels(&world.picture, &tunnelled));
	world.picture.family[0] = (struct family){.device = FLANNEL_1};
	assert_false(owner_is_flannels(&world.picture, &plain));
	assert_false(owner_is_flannels(&world.picture, &tunnelled));
	world.picture.family[0].link.index = WORLD_ETH1;
	world.picture.family[0].stuck = true;
	assert_false(owner_is_flannels(&world.picture, &plain));
	world.picture.family[0].stuck = false;
	assert_true(owner_is_flannels(&world.picture, &plain));
	world.config.backend = BACKEND_NONE;
	assert_false(owner_is_flannels(&world.picture, &plain));
	world.config.backend = BACKEND_VXLAN;
	world.config.adopt = ADOPT_NONE;
	assert_false(owner_is_flannels(&world.picture, &plain));
	assert_false(owner_is_flannels(&world.picture, &tunnelled));
	world_close(&world);
}

/* --- what is spared --------------------------------------------------------------------------- */

static void desire_and_plan(struct world *world)
{
	world_desire(world);
	world_plan(world);
}

/* What becomes of the removal of flannel's route to a destination. */
static enum change_result fate(const struct world *world, const char *to)
{
	struct route like = world_route(to);

	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if (leftovers_is_removal(&world->picture, change) &&
		    memcmp(world_owned(world, change->have), &like, ROUTE_DESTINATION_SIZE) == 0)
			return (enum change_result)change->result;
	}
	fail_msg("flannel's route to %s is in no change", to);
	return CHANGE_RESULTS;
}

static struct change *addition(const struct world *world, const char *to)
{
	struct route like = world_route(to);
	uint32_t want = desired_find_destination(&world->picture.desired, &like);
	const struct change *change = plan_find_want(&world->picture, want);

	assert_non_null(change);
	assert_int_equal(change->want, want);
	return plan_change_at(&world->picture.plan,
			      (uint32_t)(change - plan_change_at(&world->picture.plan, 0)));
}

static void routes_whose_place_ours_take_go(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, FILE_OF("host-gw"));
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 proto 3");
	world_put(&world, "10.244.99.0/24 via 10.0.0.99 proto 3");
	world_put(&world, "10.244.1.0/24 via 10.0.0.99 proto 3"); /* into this node's own */
	world_put(&world, "10.244.2.128/25 via 10.0.0.12 proto 3");
	world_put_pod(&world, "10.244.3.0/24 via 10.7.7.3"); /* ours stands already */
	world_put(&world, "10.244.3.0/24 via 10.7.7.3 proto 3");
	desire_and_plan(&world);
	assert_int_equal(fate(&world, "10.244.2.0/24"), CHANGE_PLANNED);
	assert_int_equal(fate(&world, "10.244.99.0/24"), CHANGE_PLANNED);
	assert_int_equal(fate(&world, "10.244.1.0/24"), CHANGE_PLANNED);
	assert_int_equal(fate(&world, "10.244.2.128/25"), CHANGE_PLANNED);
	assert_int_equal(fate(&world, "10.244.3.0/24"), CHANGE_PLANNED);
	world_close(&world);
}

static void a_route_stays_while_ours_does_not_stand(void **state)
{
	static const uint8_t failures[] = {CHANGE_FAILED, CHANGE_CONFLICT, CHANGE_DELAYED,
					   CHANGE_BLOCKED};
	struct world world = {0};

	(void)state;
	world_open(&world, FILE_OF("host-gw"));
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 proto 3");
	world_put(&world, "10.244.2.128/25 via 10.0.0.12 proto 3");
	world_put(&world, "10.244.32.0/23 via 10.0.0.13 proto 3");
	for (size_t i = 0; i < sizeof(failures); i++) {
		desire_and_plan(&world);
		addition(&world, "10.244.2.0/24")->result = failures[i];
		leftovers_spare(&world.picture);
		assert_int_equal(fate(&world, "10.244.2.0/24"), CHANGE_SPARED);
		assert_int_equal(fate(&world, "10.244.2.128/25"), CHANGE_SPARED);
		assert_int_equal(fate(&world, "10.244.32.0/23"), CHANGE_PLANNED);
		addition(&world, "10.244.32.0/24")->result = failures[i];
		leftovers_spare(&world.picture);
		assert_int_equal(fate(&world, "10.244.32.0/23"), CHANGE_SPARED);
	}
	world_close(&world);
}

static void what_was_added_stands(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, FILE_OF("host-gw"));
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 proto 3");
	desire_and_plan(&world);
	addition(&world, "10.244.2.0/24")->result = CHANGE_APPLIED;
	leftovers_spare(&world.picture);
	assert_int_equal(fate(&world, "10.244.2.0/24"), CHANGE_PLANNED);
	world_close(&world);
}

/* worker-4 has no IPv6 address, so its podCIDR is skipped; worker-5's address is on this host. */
static void a_podcidr_of_the_file_that_leads_nowhere_keeps_its_route(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, FILE_OF("host-gw") "- {name: worker-4, address: 10.0.0.14, podCIDRs: "
					      "['fd10:244:0:4::/64']}\n"
					      "- {name: worker-5, address: 10.2.0.11, podCIDRs: "
					      "[10.244.5.0/24]}\n");
	world_put(&world, "fd10:244:0:4::/64 via fd00::14 proto 3 metric 1024");
	world_put(&world, "10.244.5.0/24 via 10.0.0.15 proto 3");
	desire_and_plan(&world);
	assert_int_equal(fate(&world, "fd10:244:0:4::/64"), CHANGE_SPARED);
	assert_int_equal(fate(&world, "10.244.5.0/24"), CHANGE_SPARED);
	world_close(&world);
}

static void put_neigh(struct world *world, const char *ip)
{
	struct neigh neigh = {.link = FLANNEL_1, .state = NUD_PERMANENT};

	assert_int_equal(ip_parse(text_of(ip), &neigh.ip), 0);
	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_NEIGH], &neigh), 0);
}

static enum change_result fate_of_neigh(const struct world *world)
{
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if (change->kind == CHANGE_NEIGH && change->action == CHANGE_DELETE)
			return (enum change_result)change->result;
	}
	fail_msg("no neighbour goes");
	return CHANGE_RESULTS;
}

static void with_a_route_that_is_spared_neighbours_stay(void **state)
{
	struct route route = world_route("10.244.2.0/24 via 10.244.2.0 proto 3 dev 70");
	struct plan_summary summary;
	struct world world;

	(void)state;
	route.flags = ROUTE_ONLINK;
	open_vxlan(&world);
	assert_int_equal(rows_add(&world.kernel.rows[CHANGE_ROUTE], &route), 0);
	put_neigh(&world, "10.244.99.0");
	desire_and_plan(&world);
	assert_int_equal(fate_of_neigh(&world), CHANGE_PLANNED);
	addition(&world, "10.244.2.0/24")->result = CHANGE_FAILED;
	summary = plan_summarize(&world.picture);
	leftovers_spare(&world.picture);
	assert_int_equal(fate_of_neigh(&world), CHANGE_BLOCKED);
	/* and neither is pending any longer */
	assert_int_equal(plan_summarize(&world.picture).parts, summary.parts - 1);
	assert_int_equal(plan_summarize(&world.picture).remove, summary.remove - 1);
	world_close(&world);
}

static void the_guard_counts_those_of_vanished_nodes_alone(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, FILE_OF("host-gw"));
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 proto 3");
	world_put(&world, "10.244.98.0/24 via 10.0.0.98 proto 3");
	desire_and_plan(&world);
	world_guard(&world);
	assert_int_equal(world.picture.guard.owned, 2);
	assert_int_equal(world.picture.guard.leaving, 1);
	assert_false(world.picture.guard.held);
	world_put(&world, "10.244.99.0/24 via 10.0.0.99 proto 3");
	desire_and_plan(&world);
	world_guard(&world);
	assert_int_equal(world.picture.guard.leaving, 2);
	assert_true(world.picture.guard.held);
	assert_int_equal(fate(&world, "10.244.99.0/24"), CHANGE_HELD);
	assert_int_equal(fate(&world, "10.244.2.0/24"), CHANGE_PLANNED);
	world_close(&world);
}

static void what_is_croutes_own_is_not_spared(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, FILE_OF("host-gw"));
	world_put_pod(&world, "10.244.2.0/25 via 10.0.0.99");
	desire_and_plan(&world);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++)
		assert_int_equal(plan_change_at(&world.picture.plan, i)->result, CHANGE_PLANNED);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_routes_over_the_card),
		cmocka_unit_test(knows_its_routes_into_the_device),
		cmocka_unit_test(takes_nothing_over_unasked_or_without_a_link),
		cmocka_unit_test(routes_whose_place_ours_take_go),
		cmocka_unit_test(a_route_stays_while_ours_does_not_stand),
		cmocka_unit_test(what_was_added_stands),
		cmocka_unit_test(a_podcidr_of_the_file_that_leads_nowhere_keeps_its_route),
		cmocka_unit_test(with_a_route_that_is_spared_neighbours_stay),
		cmocka_unit_test(the_guard_counts_those_of_vanished_nodes_alone),
		cmocka_unit_test(what_is_croutes_own_is_not_spared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
