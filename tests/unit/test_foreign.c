/* test_foreign.c - what routes of others do to ours. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/foreign.h"

#include "world.h"

#define TWO_NODES                                                                                  \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                   \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:1::/64']}\n"                                         \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                   \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:2::/64']}\n"

#define WANTED "10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67"

/* What a foreign route does to the pod route to 10.244.2.0/24. */
static enum foreign_effect effect_of(const char *words)
{
	struct route route = world_route(words);
	struct world world = {0};
	enum foreign_effect effect;

	world_open(&world, TWO_NODES);
	world_desire(&world);
	assert_int_equal(
		foreign_begin(&world.picture.foreign, desired_route_count(&world.picture.desired)),
		0);
	foreign_weigh(&world.picture, &route);
	effect = foreign_effect_on(&world.picture.foreign, 0);
	if (effect != FOREIGN_NONE) {
		assert_int_equal(foreign_route_on(&world.picture.foreign, 0), 0);
		assert_same_route(rows_at(&world.picture.foreign.routes, 0), &route);
	} else {
		assert_int_equal(world.picture.foreign.routes.count, 0);
	}
	world_close(&world);
	return effect;
}

static void a_foreign_route_on_the_same_key_is_a_conflict(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.2.0/24 via 10.0.0.1 metric 68026 proto 4"),
			 FOREIGN_CONFLICT);
	assert_int_equal(effect_of("10.244.2.0/24 via 10.0.0.12 metric 68026 proto 4"),
			 FOREIGN_CONFLICT);
}

static void croutes_own_routes_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(effect_of(WANTED), FOREIGN_NONE);
	assert_int_equal(effect_of("10.244.2.0/24 dev 3 metric 0 proto 67"), FOREIGN_NONE);
}

static void a_lower_metric_that_leads_elsewhere_shadows(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.2.0/24 dev 3 proto 2"), FOREIGN_SHADOWS);
	assert_int_equal(effect_of("10.244.2.0/24 via 10.0.0.1 metric 68025 proto 4"),
			 FOREIGN_SHADOWS);
	assert_int_equal(effect_of("10.244.2.0/24 dev 0 type 6 proto 4"), FOREIGN_SHADOWS);
}

static void a_lower_metric_that_leads_the_same_way_is_only_a_note(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.2.0/24 via 10.0.0.12 proto 3"), FOREIGN_NOTE);
}

static void a_higher_metric_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.2.0/24 via 10.0.0.1 metric 68027 proto 4"),
			 FOREIGN_NONE);
}

static void a_route_inside_a_pod_route_shadows_whatever_its_metric(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.2.128/25 dev 3 metric 99999 proto 4"), FOREIGN_SHADOWS);
	assert_int_equal(effect_of("10.244.2.7 via 10.0.0.1 proto 4"), FOREIGN_SHADOWS);
	assert_int_equal(effect_of("10.244.2.128/25 via 10.0.0.12 proto 4"), FOREIGN_NOTE);
}

static void a_wider_or_other_destination_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.0.0/16 via 10.0.0.1 proto 4"), FOREIGN_NONE);
	assert_int_equal(effect_of("0.0.0.0/0 via 10.0.0.1 proto 4"), FOREIGN_NONE);
	assert_int_equal(effect_of("10.244.3.0/24 via 10.0.0.1 proto 4"), FOREIGN_NONE);
}

static void another_table_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.2.0/24 via 10.0.0.1 table 100 proto 4"), FOREIGN_NONE);
	assert_int_equal(effect_of("10.244.2.0/25 via 10.0.0.1 table 100 proto 4"), FOREIGN_NONE);
}

static void routes_of_a_single_tos_do_nothing(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.2.0/24 via 10.0.0.1 tos 8 proto 4"), FOREIGN_NONE);
	assert_int_equal(effect_of("10.244.2.0/25 via 10.0.0.1 tos 8 proto 4"), FOREIGN_NONE);
}

static void the_nodes_own_podcidr_is_anybodys(void **state)
{
	(void)state;
	assert_int_equal(effect_of("10.244.1.0/24 dev 3 proto 2"), FOREIGN_NONE);
	assert_int_equal(effect_of("10.244.1.7 dev 3 proto 4"), FOREIGN_NONE);
}

static void weigh(struct world *world, const char *words)
{
	struct route route = world_route(words);

	foreign_weigh(&world->picture, &route);
}

static void whatever_wins_over_the_own_podcidrs_blackhole_is_meant_to(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, TWO_NODES "agent: {blackholeLocal: yes}\n");
	world_desire(&world);
	assert_true(desired_is_own(&world.picture.desired, 0));
	assert_int_equal(
		foreign_begin(&world.picture.foreign, desired_route_count(&world.picture.desired)),
		0);
	weigh(&world, "10.244.1.0/24 dev 3 proto 2");
	weigh(&world, "10.244.1.7 dev 3 metric 99999 proto 4");
	weigh(&world, "fd10:244:1::/64 dev 3 metric 256 proto 2");
	for (uint32_t i = 0; i < desired_route_count(&world.picture.desired); i++)
		assert_int_equal(foreign_effect_on(&world.picture.foreign, i), FOREIGN_NONE);
	weigh(&world, "10.244.1.0/24 dev 3 metric 68025 proto 4");
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_CONFLICT);
	world_close(&world);
}

static void the_worst_effect_is_told(void **state)
{
	struct world world = {0};
	const struct route *route;

	(void)state;
	world_open(&world, TWO_NODES);
	world_desire(&world);
	assert_int_equal(
		foreign_begin(&world.picture.foreign, desired_route_count(&world.picture.desired)),
		0);
	weigh(&world, "10.244.2.0/24 via 10.0.0.12 proto 3");
	weigh(&world, "10.244.2.0/24 via 10.0.0.1 metric 68026 proto 4");
	weigh(&world, "10.244.2.0/24 dev 3 metric 1 proto 2");
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_CONFLICT);
	route = rows_at(&world.picture.foreign.routes, foreign_route_on(&world.picture.foreign, 0));
	assert_int_equal(route->protocol, 4);
	world_close(&world);
}

static void a_new_look_forgets_the_old_one(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, TWO_NODES);
	world_desire(&world);
	assert_int_equal(
		foreign_begin(&world.picture.foreign, desired_route_count(&world.picture.desired)),
		0);
	weigh(&world, "10.244.2.0/24 dev 3 proto 2");
	assert_int_equal(
		foreign_begin(&world.picture.foreign, desired_route_count(&world.picture.desired)),
		0);
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_NONE);
	assert_int_equal(world.picture.foreign.routes.count, 0);
	assert_int_equal(foreign_begin(&world.picture.foreign, 0), 0);
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_NONE);
	world_close(&world);
}

static void static_routes_are_weighed_by_their_own_metric(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world,
		   TWO_NODES "routes:\n  - {to: 10.96.0.0/12, via: 10.0.0.1, metric: 50}\n");
	world_desire(&world);
	assert_int_equal(world_want(&world, 0)->metric, 50);
	assert_int_equal(
		foreign_begin(&world.picture.foreign, desired_route_count(&world.picture.desired)),
		0);
	weigh(&world, "10.96.0.0/12 via 10.0.0.2 metric 51 proto 4");
	weigh(&world, "10.97.0.0/16 via 10.0.0.2 proto 4");
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_NONE);
	weigh(&world, "10.96.0.0/12 via 10.0.0.2 metric 49 proto 4");
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_SHADOWS);
	weigh(&world, "10.96.0.0/12 via 10.0.0.2 metric 50 proto 4");
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_CONFLICT);
	world_close(&world);
}

static void what_is_beyond_the_limit_still_marks(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, TWO_NODES);
	world_desire(&world);
	world.picture.foreign.routes.arena.limit = 0;
	assert_int_equal(
		foreign_begin(&world.picture.foreign, desired_route_count(&world.picture.desired)),
		0);
	weigh(&world, "10.244.2.0/24 dev 3 proto 2");
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_SHADOWS);
	assert_int_equal(foreign_route_on(&world.picture.foreign, 0), UINT32_MAX);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_foreign_route_on_the_same_key_is_a_conflict),
		cmocka_unit_test(croutes_own_routes_are_passed_over),
		cmocka_unit_test(a_lower_metric_that_leads_elsewhere_shadows),
		cmocka_unit_test(a_lower_metric_that_leads_the_same_way_is_only_a_note),
		cmocka_unit_test(a_higher_metric_does_nothing),
		cmocka_unit_test(a_route_inside_a_pod_route_shadows_whatever_its_metric),
		cmocka_unit_test(a_wider_or_other_destination_does_nothing),
		cmocka_unit_test(another_table_does_nothing),
		cmocka_unit_test(routes_of_a_single_tos_do_nothing),
		cmocka_unit_test(the_nodes_own_podcidr_is_anybodys),
		cmocka_unit_test(whatever_wins_over_the_own_podcidrs_blackhole_is_meant_to),
		cmocka_unit_test(the_worst_effect_is_told),
		cmocka_unit_test(a_new_look_forgets_the_old_one),
		cmocka_unit_test(static_routes_are_weighed_by_their_own_metric),
		cmocka_unit_test(what_is_beyond_the_limit_still_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
