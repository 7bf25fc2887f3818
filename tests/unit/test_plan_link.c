/* test_plan_link.c - a device goes only when every route over it was removed. */
/* SPDX-License-Identifier: MIT */

#include "world.h"

#define TUNNEL 70
#define ONE_PEER                                                                                   \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                   \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:1::/64']}\n"                                         \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                   \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:2::/64']}\n"

/* The file asks for plain routes, the kernel has `row`, and every change ends as `result`. */
static bool is_left(const char *row, enum change_result result, enum change_result done)
{
	struct world world = {0};
	bool left;

	world_open(&world, ONE_PEER);
	world_put(&world, row);
	world_pass(&world);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++)
		plan_change_at(&world.picture.plan, i)->result = (uint8_t)result;
	left = plan_leaves_link(&world.picture, TUNNEL, done);
	world_close(&world);
	return left;
}

static const char *const over_the_tunnel[] = {
	"10.244.2.0/24 via 10.244.2.0 dev 70 metric 68026", /* to be replaced */
	"fd10:244:2::/64 via fd10:244:2:: dev 70 metric 67000",
	"10.244.9.0/24 via 10.244.9.0 dev 70 metric 68033", /* to be deleted */
	"172.16.0.0/12 via 10.0.0.1 dev 0", /* of several next hops, over who knows what */
};

static void a_route_that_is_gone_needs_no_device(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(over_the_tunnel) / sizeof(over_the_tunnel[0]); i++) {
		assert_false(is_left(over_the_tunnel[i], CHANGE_APPLIED, CHANGE_APPLIED));
		assert_false(is_left(over_the_tunnel[i], CHANGE_PLANNED, CHANGE_PLANNED));
	}
}

static void whatever_became_of_a_change_that_was_not_made_its_device_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(over_the_tunnel) / sizeof(over_the_tunnel[0]); i++) {
		for (int result = 0; result < CHANGE_RESULTS; result++) {
			if (result != CHANGE_APPLIED)
				assert_true(is_left(over_the_tunnel[i], (enum change_result)result,
						    CHANGE_APPLIED));
		}
	}
}

static void routes_over_other_links_need_it_not(void **state)
{
	(void)state;
	assert_false(
		is_left("10.244.9.0/24 via 10.0.0.19 metric 68033", CHANGE_HELD, CHANGE_APPLIED));
}

/* A row beside a stranger's on its key is in conflict, and no change speaks of it. */
static void a_row_in_conflict_keeps_its_device(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, ONE_PEER);
	world_put(&world, "10.244.2.0/24 via 10.244.2.0 dev 70 metric 68026");
	world_put(&world, "10.244.2.0/24 via 10.0.0.9 dev 3 proto 4 metric 68026");
	world_pass(&world);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		struct change *change = plan_change_at(&world.picture.plan, i);

		change->result = change->result == CHANGE_PLANNED ? CHANGE_APPLIED : change->result;
	}
	assert_true(plan_leaves_link(&world.picture, TUNNEL, CHANGE_APPLIED));
	world_close(&world);
}

static void a_wanted_route_over_it_keeps_it(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, ONE_PEER "routes: [{to: 172.16.0.0/12, dev: eth3}]\n");
	world_pass(&world);
	assert_true(plan_leaves_link(&world.picture, WORLD_ETH3, CHANGE_PLANNED));
	assert_false(plan_leaves_link(&world.picture, TUNNEL, CHANGE_PLANNED));
	world_close(&world);
}

/* The plan has no word about it, nor is it among the rows that differ. */
static void a_route_that_is_right_keeps_its_device(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, ONE_PEER);
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 dev 2 metric 68026");
	world_pass(&world);
	assert_int_equal(world.picture.have.rows[CHANGE_ROUTE].count, 0);
	assert_true(plan_leaves_link(&world.picture, WORLD_ETH1, CHANGE_FAILED));
	assert_false(plan_leaves_link(&world.picture, WORLD_ETH3, CHANGE_FAILED));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_that_is_gone_needs_no_device),
		cmocka_unit_test(whatever_became_of_a_change_that_was_not_made_its_device_stays),
		cmocka_unit_test(routes_over_other_links_need_it_not),
		cmocka_unit_test(a_row_in_conflict_keeps_its_device),
		cmocka_unit_test(a_wanted_route_over_it_keeps_it),
		cmocka_unit_test(a_route_that_is_right_keeps_its_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
