/* test_hold.c - deletions wait for guard.removeAfter, and a hold ends after guard.holdFor. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/hold.h"

#include "peers.h"

#define MINUTE 60000

/* A host whose memory outlives its passes. */
struct waiting {
	struct world world;
	struct hold hold;
};

static void plan_at(struct waiting *waiting, int64_t now)
{
	world_plan(&waiting->world);
	assert_int_equal(hold_delay(&waiting->hold, &waiting->world.picture, now), 0);
	world_guard(&waiting->world);
}

static void open_waiting(struct waiting *waiting, const char *yaml)
{
	peers_open(&waiting->world, yaml);
	waiting->world.picture.family[0].device = 0;
	waiting->world.picture.family[1].device = 0;
	world_desire(&waiting->world);
	hold_init(&waiting->hold);
}

static void close_waiting(struct waiting *waiting)
{
	hold_release(&waiting->hold);
	world_close(&waiting->world);
}

/* What has become of the deletion of a route. */
static enum change_result result_of(const struct waiting *waiting, const char *to)
{
	const struct world *world = &waiting->world;
	struct prefix wanted = world_prefix(to);

	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);
		struct prefix prefix;

		if (change->kind != CHANGE_ROUTE || change->action != CHANGE_DELETE)
			continue;
		prefix = route_prefix(world_owned(world, change->have));
		if (prefix_same(&prefix, &wanted))
			return (enum change_result)change->result;
	}
	fail_msg("%s is not to be deleted", to);
	return CHANGE_RESULTS;
}

#define LATE PEERS_HEAD "guard: {removeAfter: 5m}\n"
#define GONE_8 "10.244.8.0/24 via 10.0.0.18"
#define GONE_9 "10.244.9.0/24 via 10.0.0.19"

static void a_vanished_nodes_route_stays_for_remove_after(void **state)
{
	struct waiting waiting;

	(void)state;
	open_waiting(&waiting, LATE);
	world_put_pod(&waiting.world, GONE_9);
	plan_at(&waiting, 1000);
	assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_DELAYED);
	assert_int_equal(waiting.hold.due, 1000 + 5 * MINUTE);
	plan_at(&waiting, 1000 + 5 * MINUTE - 1);
	assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_DELAYED);
	plan_at(&waiting, 1000 + 5 * MINUTE);
	assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_PLANNED);
	assert_int_equal(waiting.hold.due, 0);
	close_waiting(&waiting);
}

static void each_destination_has_its_own_time(void **state)
{
	struct waiting waiting;

	(void)state;
	open_waiting(&waiting, LATE);
	world_put_pod(&waiting.world, GONE_9);
	plan_at(&waiting, MINUTE);
	world_put_pod(&waiting.world, GONE_8);
	plan_at(&waiting, 3 * MINUTE);
	assert_int_equal(waiting.hold.due, 6 * MINUTE);
	plan_at(&waiting, 6 * MINUTE);
	assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_PLANNED);
	assert_int_equal(result_of(&waiting, "10.244.8.0/24"), CHANGE_DELAYED);
	assert_int_equal(waiting.hold.due, 8 * MINUTE);
	plan_at(&waiting, 8 * MINUTE);
	assert_int_equal(result_of(&waiting, "10.244.8.0/24"), CHANGE_PLANNED);
	close_waiting(&waiting);
}

static void passes_in_between_do_not_start_it_anew(void **state)
{
	struct waiting waiting;

	(void)state;
	open_waiting(&waiting, LATE);
	world_put_pod(&waiting.world, GONE_9);
	for (int64_t now = 0; now < 5 * MINUTE; now += MINUTE) {
		plan_at(&waiting, now);
		assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_DELAYED);
	}
	plan_at(&waiting, 5 * MINUTE);
	assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_PLANNED);
	close_waiting(&waiting);
}

static void a_node_that_came_back_is_forgotten(void **state)
{
	struct waiting waiting;

	(void)state;
	open_waiting(&waiting, LATE);
	world_put_pod(&waiting.world, GONE_9);
	plan_at(&waiting, 0);
	state_reset(&waiting.world.kernel);
	plan_at(&waiting, 4 * MINUTE);
	assert_int_equal(waiting.hold.due, 0);
	world_put_pod(&waiting.world, GONE_9);
	plan_at(&waiting, 5 * MINUTE);
	assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_DELAYED);
	assert_int_equal(waiting.hold.due, 10 * MINUTE);
	close_waiting(&waiting);
}

static void a_row_that_stands_in_the_way_does_not_wait(void **state)
{
	struct waiting waiting;

	(void)state;
	open_waiting(&waiting, PEERS_HEAD PEERS_TWO "guard: {removeAfter: 5m}\n");
	world_put(&waiting.world, "10.244.2.128/25 via 10.0.0.99 metric 9");
	world_put(&waiting.world, "10.244.2.0/24 via 10.0.0.99 metric 9");
	plan_at(&waiting, 0);
	assert_int_equal(result_of(&waiting, "10.244.2.128/25"), CHANGE_PLANNED);
	assert_int_equal(result_of(&waiting, "10.244.2.0/24"), CHANGE_PLANNED);
	close_waiting(&waiting);
}

static void what_delayed_routes_need_waits_with_them(void **state)
{
	struct waiting waiting;

	(void)state;
	open_waiting(&waiting, LATE);
	world_put_pod(&waiting.world, GONE_9);
	peers_put_fdb(&waiting.world, "02:00:00:00:00:09", "10.0.0.19");
	plan_at(&waiting, 0);
	assert_int_equal(plan_change_at(&waiting.world.picture.plan, 0)->kind, CHANGE_FDB);
	assert_int_equal(plan_change_at(&waiting.world.picture.plan, 0)->result, CHANGE_BLOCKED);
	plan_at(&waiting, 5 * MINUTE);
	assert_int_equal(plan_change_at(&waiting.world.picture.plan, 0)->result, CHANGE_PLANNED);
	close_waiting(&waiting);
}

static void without_remove_after_nothing_waits(void **state)
{
	struct waiting waiting;

	(void)state;
	open_waiting(&waiting, PEERS_HEAD);
	world_put_pod(&waiting.world, GONE_9);
	plan_at(&waiting, 0);
	assert_int_equal(result_of(&waiting, "10.244.9.0/24"), CHANGE_PLANNED);
	assert_int_equal(waiting.hold.due, 0);
	close_waiting(&waiting);
}

static void what_waits_is_not_counted_by_the_guard(void **state)
{
	struct waiting waiting;
	char words[80];

	(void)state;
	open_waiting(&waiting, LATE);
	for (uint32_t i = 0; i < 10; i++) {
		(void)snprintf(words, sizeof(words), "10.244.%u.0/24 via 10.0.0.19", 20 + i);
		world_put_pod(&waiting.world, words);
	}
	plan_at(&waiting, 0);
	assert_false(waiting.world.picture.guard.held);
	assert_int_equal(waiting.world.picture.guard.leaving, 0);
	plan_at(&waiting, 5 * MINUTE);
	assert_true(waiting.world.picture.guard.held);
	assert_int_equal(waiting.world.picture.guard.leaving, 10);
	close_waiting(&waiting);
}

static bool is_out_at(struct waiting *waiting, int64_t now)
{
	plan_at(waiting, now);
	return hold_is_over(&waiting->hold, &waiting->world.picture, now);
}

/* A host on which the deletions of these many routes are held. */
static void open_held(struct waiting *waiting, const char *hold_for)
{
	char yaml[1024];

	(void)snprintf(yaml, sizeof(yaml),
		       PEERS_HEAD "guard: {maxDelete: 0, alwaysAllow: 0, holdFor: %s}\n", hold_for);
	open_waiting(waiting, yaml);
	world_put_pod(&waiting->world, GONE_8);
	world_put_pod(&waiting->world, GONE_9);
}

static void a_hold_ends_after_hold_for(void **state)
{
	struct waiting waiting;

	(void)state;
	open_held(&waiting, "1m");
	assert_false(is_out_at(&waiting, 1000));
	assert_true(waiting.world.picture.guard.held);
	assert_int_equal(waiting.hold.due, 1000 + MINUTE);
	assert_false(is_out_at(&waiting, 1000 + MINUTE - 1));
	assert_true(is_out_at(&waiting, 1000 + MINUTE));
	close_waiting(&waiting);
}

static void just_the_set_that_is_released_goes(void **state)
{
	struct waiting waiting;

	(void)state;
	open_held(&waiting, "0s");
	assert_false(is_out_at(&waiting, 0));
	waiting.hold.release = waiting.hold.held;
	peers_lose(&waiting.world, CHANGE_ROUTE);
	assert_false(is_out_at(&waiting, 1));
	world_put_pod(&waiting.world, GONE_9);
	assert_true(is_out_at(&waiting, 2));
	close_waiting(&waiting);
}

static void another_set_begins_its_own_hold(void **state)
{
	struct waiting waiting;

	(void)state;
	open_held(&waiting, "1m");
	assert_false(is_out_at(&waiting, 0));
	peers_lose(&waiting.world, CHANGE_ROUTE);
	assert_false(is_out_at(&waiting, MINUTE));
	world_put_pod(&waiting.world, GONE_9);
	assert_false(is_out_at(&waiting, MINUTE + 1));
	assert_false(is_out_at(&waiting, 2 * MINUTE));
	assert_true(is_out_at(&waiting, 2 * MINUTE + 1));
	close_waiting(&waiting);
}

static void a_hold_that_ended_begins_anew(void **state)
{
	struct waiting waiting;

	(void)state;
	open_held(&waiting, "1m");
	assert_false(is_out_at(&waiting, 0));
	state_reset(&waiting.world.kernel);
	assert_false(is_out_at(&waiting, MINUTE / 2));
	world_put_pod(&waiting.world, GONE_8);
	world_put_pod(&waiting.world, GONE_9);
	assert_false(is_out_at(&waiting, MINUTE));
	assert_true(is_out_at(&waiting, 2 * MINUTE));
	close_waiting(&waiting);
}

static void without_hold_for_a_hold_never_ends(void **state)
{
	struct waiting waiting;

	(void)state;
	open_held(&waiting, "0s");
	assert_false(is_out_at(&waiting, 0));
	assert_false(is_out_at(&waiting, INT64_MAX / 2));
	assert_int_equal(waiting.hold.due, 0);
	close_waiting(&waiting);
}

/* More routes join, so that what is held becomes a smaller part: it stays held, by its own numbers.
 */
static void what_is_held_is_not_released_by_growth(void **state)
{
	struct waiting waiting;
	struct picture *picture = &waiting.world.picture;
	struct route wanted = world_route("10.244.2.0/24 via 10.0.0.12");

	(void)state;
	open_waiting(&waiting,
		     PEERS_HEAD PEERS_TWO PEERS_THREE "guard: {maxDelete: 50%, alwaysAllow: 0}\n");
	world_put_pod(&waiting.world, GONE_8);
	world_put_pod(&waiting.world, GONE_9);
	plan_at(&waiting, 0);
	assert_true(picture->guard.held);
	hold_keep(&waiting.hold, picture);
	assert_int_equal(hold_remember(&waiting.hold, picture), 0);

	world_put_pod(&waiting.world, "10.244.2.0/24 via 10.0.0.12");
	world_put_pod(&waiting.world, "10.244.3.0/24 via 10.0.0.13");
	world_put_pod(&waiting.world, "10.245.3.0/24 via 10.0.0.13");
	plan_at(&waiting, 1);
	assert_false(picture->guard.held);
	hold_keep(&waiting.hold, picture);
	assert_true(picture->guard.held);
	assert_int_equal(picture->guard.leaving, 2);
	assert_int_equal(picture->guard.owned, 2);
	assert_int_equal(result_of(&waiting, "10.244.8.0/24"), CHANGE_HELD);

	/* Other settings of the guard: what was held is weighed again. */
	state_reset(&waiting.world.kernel);
	world_put_pod(&waiting.world, GONE_9);
	world_put_pod(&waiting.world, "10.244.2.0/24 via 10.0.0.12");
	waiting.hold.kept_by.max_delete++;
	plan_at(&waiting, 2);
	hold_keep(&waiting.hold, picture);
	assert_false(picture->guard.held);

	/* So it is when one of them is wanted again, and there. */
	waiting.hold.kept_by.max_delete--;
	plan_at(&waiting, 3);
	hold_keep(&waiting.hold, picture);
	assert_true(picture->guard.held);
	assert_int_equal(rows_add(&waiting.hold.kept, &wanted), 0);
	rows_sort(&waiting.hold.kept);
	plan_at(&waiting, 4);
	hold_keep(&waiting.hold, picture);
	assert_false(picture->guard.held);
	close_waiting(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vanished_nodes_route_stays_for_remove_after),
		cmocka_unit_test(each_destination_has_its_own_time),
		cmocka_unit_test(passes_in_between_do_not_start_it_anew),
		cmocka_unit_test(a_node_that_came_back_is_forgotten),
		cmocka_unit_test(a_row_that_stands_in_the_way_does_not_wait),
		cmocka_unit_test(what_delayed_routes_need_waits_with_them),
		cmocka_unit_test(without_remove_after_nothing_waits),
		cmocka_unit_test(what_waits_is_not_counted_by_the_guard),
		cmocka_unit_test(a_hold_ends_after_hold_for),
		cmocka_unit_test(just_the_set_that_is_released_goes),
		cmocka_unit_test(another_set_begins_its_own_hold),
		cmocka_unit_test(a_hold_that_ended_begins_anew),
		cmocka_unit_test(without_hold_for_a_hold_never_ends),
		cmocka_unit_test(what_is_held_is_not_released_by_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
