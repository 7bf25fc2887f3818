/* test_guard.c - a mass deletion is held, and nothing else. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/guard.h"

#include "peers.h"

/* This node, and `nodes` peers of which the file knows. */
static void open_with_peers(struct world *world, uint32_t nodes, const char *rest)
{
	char yaml[8192];
	struct buf buf = BUF_OVER(yaml);

	*world = (struct world){0};
	buf_add(&buf, "version: 1\nnodes:\n"
		      "  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.0.0/24}\n");
	for (uint32_t i = 1; i <= nodes; i++)
		buf_add(&buf, "  - {name: peer-%u, address: 10.0.0.%u, podCIDRs: 10.244.%u.0/24}\n",
			i, 100 + i, i);
	buf_add(&buf, "%s", rest);
	world_open(world, yaml);
}

/* The kernel has the routes of peers `from` to `to`. */
static void put_peers(struct world *world, uint32_t from, uint32_t to)
{
	char words[80];

	for (uint32_t i = from; i <= to; i++) {
		(void)snprintf(words, sizeof(words), "10.244.%u.0/24 via 10.0.0.%u", i, 100 + i);
		world_put_pod(world, words);
	}
}

static uint32_t count_results(const struct world *world, enum change_result result)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++)
		count += plan_change_at(&world->picture.plan, i)->result == result;
	return count;
}

static void assert_verdict(const struct world *world, uint32_t leaving, uint32_t owned, bool held)
{
	assert_int_equal(world->picture.guard.leaving, leaving);
	assert_int_equal(world->picture.guard.owned, owned);
	assert_int_equal(world->picture.guard.held, held);
}

static void holds_twelve_of_twenty(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 8, "");
	put_peers(&world, 1, 20);
	world_pass(&world);
	assert_verdict(&world, 12, 20, true);
	assert_int_equal(count_results(&world, CHANGE_HELD), 12);
	world_close(&world);
}

static void lets_as_much_go_as_max_delete_says(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 14, "");
	put_peers(&world, 1, 20);
	world_pass(&world);
	assert_verdict(&world, 6, 20, false);
	assert_int_equal(count_results(&world, CHANGE_PLANNED), 6);
	world_close(&world);
	open_with_peers(&world, 13, "");
	put_peers(&world, 1, 20);
	world_pass(&world);
	assert_verdict(&world, 7, 20, true);
	world_close(&world);
}

static void never_holds_up_to_always_allow(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 1, "");
	put_peers(&world, 1, 4);
	world_pass(&world);
	assert_verdict(&world, 3, 4, false);
	world_close(&world);
	open_with_peers(&world, 1, "");
	put_peers(&world, 1, 5);
	world_pass(&world);
	assert_verdict(&world, 4, 5, true);
	world_close(&world);
}

static void max_delete_may_be_a_number(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 10, "guard: {maxDelete: 10}\n");
	put_peers(&world, 1, 20);
	world_pass(&world);
	assert_verdict(&world, 10, 20, false);
	world_close(&world);
	open_with_peers(&world, 9, "guard: {maxDelete: 10}\n");
	put_peers(&world, 1, 20);
	world_pass(&world);
	assert_verdict(&world, 11, 20, true);
	world_close(&world);
}

static void a_hundred_percent_lets_everything_go(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 0, "guard: {maxDelete: 100%}\n");
	put_peers(&world, 1, 20);
	world_pass(&world);
	assert_verdict(&world, 20, 20, false);
	world_close(&world);
}

static void a_held_deletion_lets_additions_go_on(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 3, "");
	put_peers(&world, 2, 20);
	world_pass(&world);
	assert_true(world.picture.guard.held);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		const struct change *change = plan_change_at(&world.picture.plan, i);

		assert_int_equal(change->result == CHANGE_HELD, change->action == CHANGE_DELETE);
	}
	assert_int_equal(plan_summarize(&world.picture).add, 1);
	world_close(&world);
}

static void a_changed_gateway_is_no_deletion(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 20, "");
	for (uint32_t i = 1; i <= 20; i++) {
		char words[80];

		(void)snprintf(words, sizeof(words), "10.244.%u.0/24 via 10.0.0.99", i);
		world_put_pod(&world, words);
	}
	world_pass(&world);
	assert_verdict(&world, 0, 20, false);
	assert_int_equal(plan_summarize(&world.picture).change, 20);
	world_close(&world);
}

static void rewritten_metrics_are_no_deletion(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 20, "kernel: {metric: 80000}\n");
	world.config.kernel.metric = 67000;
	put_peers(&world, 1, 20);
	world.config.kernel.metric = 80000;
	world_pass(&world);
	assert_verdict(&world, 0, 20, false);
	assert_int_equal(plan_summarize(&world.picture).add, 20);
	assert_int_equal(plan_summarize(&world.picture).remove, 20);
	world_close(&world);
}

static void counts_destinations_and_not_rows(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 1, "");
	put_peers(&world, 1, 4);
	world_put(&world, "10.244.2.0/24 via 10.0.0.102 metric 1");
	world_put(&world, "10.244.2.0/24 via 10.0.0.103 metric 1");
	world_put(&world, "10.244.2.0/24 via 10.0.0.104 metric 2");
	world_pass(&world);
	assert_verdict(&world, 3, 4, false);
	world_close(&world);
}

static void exempts_a_deletion_that_overlaps_a_wanted_podcidr(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 4, "");
	put_peers(&world, 5, 10);
	world_put(&world, "10.244.1.128/25 via 10.0.0.99 metric 9");
	world_put(&world, "10.244.0.0/21 via 10.0.0.99 metric 9");
	world_pass(&world);
	assert_verdict(&world, 6, 8, true);
	assert_int_equal(count_results(&world, CHANGE_HELD), 6);
	assert_int_equal(plan_summarize(&world.picture).remove, 2);
	world_close(&world);
}

static void surplus_rows_of_a_wanted_key_are_never_held(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 1, "");
	put_peers(&world, 1, 20);
	world_put(&world, "10.244.1.0/24 via 10.0.0.99 metric 68025");
	world_pass(&world);
	assert_true(world.picture.guard.held);
	assert_int_equal(count_results(&world, CHANGE_HELD), 19);
	assert_int_equal(plan_summarize(&world.picture).remove, 1);
	world_close(&world);
}

static void foreign_routes_do_not_count(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 1, "");
	put_peers(&world, 1, 5);
	for (uint32_t i = 0; i < 100; i++) {
		char words[80];

		(void)snprintf(words, sizeof(words), "10.9.%u.0/24 via 10.0.0.1 proto 4", i);
		world_put(&world, words);
	}
	world_pass(&world);
	assert_verdict(&world, 4, 5, true);
	world_close(&world);
}

static void static_routes_count_too(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 1, "routes:\n  - {to: 10.96.0.0/12, via: 10.0.0.1}\n");
	put_peers(&world, 1, 1);
	world_put(&world, "10.96.0.0/12 via 10.0.0.1");
	for (uint32_t i = 0; i < 4; i++) {
		char words[80];

		(void)snprintf(words, sizeof(words), "10.9.%u.0/24 via 10.0.0.1", i);
		world_put(&world, words);
	}
	world_pass(&world);
	assert_verdict(&world, 4, 6, true);
	world_close(&world);
}

static void allowing_releases_all(void **state)
{
	struct world world;

	(void)state;
	open_with_peers(&world, 0, "");
	put_peers(&world, 1, 20);
	world_desire(&world);
	world_plan(&world);
	guard_apply(&world.picture, true);
	assert_verdict(&world, 20, 20, false);
	assert_int_equal(count_results(&world, CHANGE_HELD), 0);
	world_close(&world);
}

static void with_held_routes_stays_what_they_need(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world, PEERS_HEAD PEERS_TWO PEERS_THREE,
			 PEERS_HEAD "guard: {maxDelete: 0, alwaysAllow: 0}\n");
	world_guard(&world);
	assert_verdict(&world, 4, 4, true);
	assert_int_equal(plan_change_count(&world.picture.plan), 11);
	assert_int_equal(count_results(&world, CHANGE_HELD), 11);
	assert_int_equal(plan_summarize(&world.picture).held, 4);
	world_close(&world);
}

static void neighbours_and_forwarding_entries_alone_are_never_held(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO "guard: {maxDelete: 0, alwaysAllow: 0}\n");
	peers_settle(&world);
	peers_put_fdb(&world, "02:00:00:00:00:98", "10.0.0.98");
	peers_put_fdb(&world, "02:00:00:00:00:99", "10.0.0.99");
	world_plan(&world);
	world_guard(&world);
	assert_verdict(&world, 0, 2, false);
	assert_int_equal(count_results(&world, CHANGE_PLANNED), 2);
	world_close(&world);
}

static void releasing_plans_all_again(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world, PEERS_HEAD PEERS_TWO PEERS_THREE,
			 PEERS_HEAD "guard: {maxDelete: 0, alwaysAllow: 0}\n");
	world_guard(&world);
	guard_release(&world.picture);
	assert_verdict(&world, 4, 4, false);
	assert_int_equal(count_results(&world, CHANGE_HELD), 0);
	assert_int_equal(count_results(&world, CHANGE_PLANNED), 11);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_twelve_of_twenty),
		cmocka_unit_test(lets_as_much_go_as_max_delete_says),
		cmocka_unit_test(never_holds_up_to_always_allow),
		cmocka_unit_test(max_delete_may_be_a_number),
		cmocka_unit_test(a_hundred_percent_lets_everything_go),
		cmocka_unit_test(a_held_deletion_lets_additions_go_on),
		cmocka_unit_test(a_changed_gateway_is_no_deletion),
		cmocka_unit_test(rewritten_metrics_are_no_deletion),
		cmocka_unit_test(counts_destinations_and_not_rows),
		cmocka_unit_test(exempts_a_deletion_that_overlaps_a_wanted_podcidr),
		cmocka_unit_test(surplus_rows_of_a_wanted_key_are_never_held),
		cmocka_unit_test(foreign_routes_do_not_count),
		cmocka_unit_test(static_routes_count_too),
		cmocka_unit_test(allowing_releases_all),
		cmocka_unit_test(with_held_routes_stays_what_they_need),
		cmocka_unit_test(neighbours_and_forwarding_entries_alone_are_never_held),
		cmocka_unit_test(releasing_plans_all_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
