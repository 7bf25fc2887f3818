/* test_recheck.c - nothing is deleted on the word of a look that another contradicts. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/recheck.h"

#include "peers.h"

#include <errno.h>

#define ALLOW 3
#define TWO_NODES                                                                                  \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"        \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: 10.244.2.0/24}\n"
#define WANTED "10.244.2.0/24 via 10.0.0.12 metric 68026"
#define WRONG "10.244.2.0/24 via 10.0.0.99 metric 68026"
#define OTHER "10.244.2.0/24 via 10.0.0.98 metric 68026"

#define ROUTES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NINE "10.244.9.0/24 via 10.0.0.19 metric 68033"
#define FOUR_OLD                                                                                   \
	"10.244.6.0/24 via 10.0.0.16 metric 68030", "10.244.7.0/24 via 10.0.0.17 metric 68031",    \
		"10.244.8.0/24 via 10.0.0.18 metric 68032", NINE

/* A host whose only wanted route is WANTED, and what the first look shows of it. */
static void open_with(struct world *world, const char *const rows[])
{
	*world = (struct world){0};
	world_open(world, TWO_NODES);
	for (; *rows != NULL; rows++)
		world_put(world, *rows);
	world_desire(world);
	world_plan(world);
}

static unsigned kinds_of(const char *const rows[])
{
	struct world world;
	unsigned kinds;

	open_with(&world, rows);
	kinds = recheck_kinds(&world.picture, ALLOW);
	world_close(&world);
	return kinds;
}

/* The plan after the second look, which shows `rows`. */
static void look_again(struct world *world, const char *const rows[])
{
	struct recheck recheck = {.have = NULL};

	assert_int_equal(recheck_begin(&recheck, &world->picture.have), 0);
	for (; *rows != NULL; rows++) {
		struct route route = world_route(*rows);

		recheck_take(&recheck, CHANGE_ROUTE, &route);
	}
	recheck_settle(&recheck, 1U << CHANGE_ROUTE, &world->picture);
	recheck_release(&recheck);
}

static uint32_t count(const struct world *world, enum change_result result)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++)
		found += plan_change_at(&world->picture.plan, i)->result == result;
	return found;
}

static void a_few_deletions_need_no_second_look(void **state)
{
	(void)state;
	assert_int_equal(kinds_of(ROUTES(WANTED)), 0);
	assert_int_equal(kinds_of(ROUTES(WRONG)), 0);
	assert_int_equal(kinds_of(ROUTES("10.244.7.0/24 via 10.0.0.17 metric 68031",
					 "10.244.8.0/24 via 10.0.0.18 metric 68032", NINE)),
			 0);
}

static void more_destinations_than_always_allow_need_one(void **state)
{
	(void)state;
	assert_int_equal(kinds_of(ROUTES(FOUR_OLD)), 1U << CHANGE_ROUTE);
}

/* Of whatever metric or table: destinations count, as with the guard. */
static void several_routes_to_a_destination_count_once(void **state)
{
	(void)state;
	assert_int_equal(kinds_of(ROUTES("10.244.9.0/24 via 10.0.0.19 metric 1",
					 "10.244.9.0/24 via 10.0.0.19 metric 2",
					 "10.244.9.0/24 via 10.0.0.19 metric 3",
					 "10.244.9.0/24 via 10.0.0.19 metric 4")),
			 0);
}

static void one_surplus_row_is_enough(void **state)
{
	(void)state;
	assert_int_equal(kinds_of(ROUTES(WANTED, OTHER)), 1U << CHANGE_ROUTE);
	assert_int_equal(kinds_of(ROUTES(NINE, "10.244.9.0/24 via 10.0.0.20 metric 68033")),
			 1U << CHANGE_ROUTE);
}

/* Held and delayed deletions are none. */
static void what_is_not_to_be_made_counts_for_nothing(void **state)
{
	struct world world;

	(void)state;
	open_with(&world, ROUTES(FOUR_OLD));
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++)
		plan_change_at(&world.picture.plan, i)->result = CHANGE_HELD;
	assert_int_equal(recheck_kinds(&world.picture, ALLOW), 0);
	world_close(&world);
}

static void looks_that_agree_let_it_go(void **state)
{
	struct world world;

	(void)state;
	open_with(&world, ROUTES(FOUR_OLD));
	look_again(&world, ROUTES(WANTED, FOUR_OLD, "172.16.0.0/12 via 10.0.0.1 proto 4"));
	assert_int_equal(count(&world, CHANGE_PLANNED), 5);
	world_close(&world);
}

static void a_surplus_row_that_only_one_look_shows_stays(void **state)
{
	struct world world;

	(void)state;
	open_with(&world, ROUTES(WANTED, OTHER));
	look_again(&world, ROUTES(WANTED));
	assert_int_equal(count(&world, CHANGE_FAILED), 1);
	assert_int_equal(count(&world, CHANGE_PLANNED), 0);
	assert_string_equal(
		plan_failure_of(&world.picture.plan, plan_change_at(&world.picture.plan, 0))->words,
		"the kernel's two answers about 10.244.2.0/24 disagree; nothing was deleted");
	world_close(&world);
}

static void a_surplus_row_needs_the_one_that_stays(void **state)
{
	struct world world;

	(void)state;
	open_with(&world, ROUTES(WANTED, OTHER));
	look_again(&world, ROUTES(OTHER));
	assert_int_equal(count(&world, CHANGE_FAILED), 1);
	world_close(&world);
	open_with(&world, ROUTES(WANTED, OTHER));
	look_again(&world, ROUTES(OTHER, WANTED));
	assert_int_equal(count(&world, CHANGE_PLANNED), 1);
	world_close(&world);
}

/* A replace hits any row of the key: it waits for the key to be cleared. */
static void nothing_is_replaced_on_a_key_that_was_not_cleared(void **state)
{
	struct world world;

	(void)state;
	open_with(&world, ROUTES(WRONG, OTHER));
	look_again(&world, ROUTES(WRONG));
	assert_int_equal(plan_change_at(&world.picture.plan, 0)->action, CHANGE_TRIM);
	assert_int_equal(plan_change_at(&world.picture.plan, 0)->result, CHANGE_FAILED);
	assert_int_equal(plan_change_at(&world.picture.plan, 1)->action, CHANGE_REPLACE);
	assert_int_equal(plan_change_at(&world.picture.plan, 1)->result, CHANGE_BLOCKED);
	world_close(&world);
}

static void one_row_that_is_not_seen_again_keeps_all(void **state)
{
	struct world world;
	struct plan_summary s;

	(void)state;
	open_with(&world, ROUTES(FOUR_OLD));
	look_again(&world, ROUTES("10.244.6.0/24 via 10.0.0.16 metric 68030",
				  "10.244.8.0/24 via 10.0.0.18 metric 68032", NINE));
	s = plan_summarize(&world.picture);
	assert_int_equal(s.failed, 4);
	assert_int_equal(s.remove, 0);
	assert_int_equal(s.add, 1); /* what is to be made is made */
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		const struct failure *failure = plan_failure_of(
			&world.picture.plan, plan_change_at(&world.picture.plan, i));

		if (failure != NULL)
			assert_non_null(strstr(failure->words, "10.244.7.0/24"));
	}
	world_close(&world);
}

/* A row that differs in anything is another. */
static void another_row_on_the_key_does_not_confirm(void **state)
{
	struct world world;

	(void)state;
	open_with(&world, ROUTES(FOUR_OLD));
	look_again(&world, ROUTES("10.244.6.0/24 via 10.0.0.16 metric 68030",
				  "10.244.7.0/24 via 10.0.0.17 metric 68031",
				  "10.244.8.0/24 via 10.0.0.18 metric 68032",
				  "10.244.9.0/24 via 10.0.0.20 metric 68033"));
	assert_int_equal(count(&world, CHANGE_FAILED), 4);
	world_close(&world);
}

static void without_a_second_look_nothing_goes(void **state)
{
	struct world world;

	(void)state;
	open_with(&world, ROUTES(FOUR_OLD));
	recheck_refuse(&world.picture, "Resource temporarily unavailable");
	assert_int_equal(count(&world, CHANGE_FAILED), 4);
	assert_string_equal(
		plan_failure_of(&world.picture.plan, plan_change_at(&world.picture.plan, 1))->words,
		"no second look: Resource temporarily unavailable; nothing was "
		"deleted");
	world_close(&world);
}

/* Five entries of a kind go; all but one of them are seen again, or all. */
static void with_entries(bool all, enum change_result route, enum change_result fdb)
{
	struct recheck recheck = {.have = NULL};
	struct world world;
	const struct rows *rows = &world.picture.have.rows[CHANGE_FDB];

	peers_open(&world, PEERS_HEAD PEERS_TWO);
	peers_settle(&world);
	for (char mac[] = "02:00:00:00:00:01"; mac[16] < '6'; mac[16]++)
		peers_put_fdb(&world, mac, "10.0.0.99");
	world_put_pod(&world, NINE);
	world_plan(&world);
	assert_int_equal(recheck_kinds(&world.picture, ALLOW), 1U << CHANGE_FDB);
	assert_int_equal(recheck_begin(&recheck, &world.picture.have), 0);
	for (uint32_t i = all ? 0 : 1; i < rows->count; i++)
		recheck_take(&recheck, CHANGE_FDB, rows_at(rows, i));
	recheck_settle(&recheck, 1U << CHANGE_FDB, &world.picture);
	assert_int_equal(plan_change_at(&world.picture.plan, 0)->kind, CHANGE_FDB);
	assert_int_equal(plan_change_at(&world.picture.plan, 0)->result, all ? fdb : CHANGE_FAILED);
	assert_int_equal(plan_change_at(&world.picture.plan, 1)->result, fdb);
	assert_int_equal(plan_change_at(&world.picture.plan, 5)->kind, CHANGE_ROUTE);
	assert_int_equal(plan_change_at(&world.picture.plan, 5)->result, route);
	recheck_release(&recheck);
	world_close(&world);
}

static void entries_of_a_tunnel_are_looked_at_likewise(void **state)
{
	(void)state;
	with_entries(true, CHANGE_PLANNED, CHANGE_PLANNED);
	with_entries(false, CHANGE_FAILED, CHANGE_BLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_deletions_need_no_second_look),
		cmocka_unit_test(more_destinations_than_always_allow_need_one),
		cmocka_unit_test(several_routes_to_a_destination_count_once),
		cmocka_unit_test(one_surplus_row_is_enough),
		cmocka_unit_test(what_is_not_to_be_made_counts_for_nothing),
		cmocka_unit_test(looks_that_agree_let_it_go),
		cmocka_unit_test(a_surplus_row_that_only_one_look_shows_stays),
		cmocka_unit_test(a_surplus_row_needs_the_one_that_stays),
		cmocka_unit_test(nothing_is_replaced_on_a_key_that_was_not_cleared),
		cmocka_unit_test(one_row_that_is_not_seen_again_keeps_all),
		cmocka_unit_test(another_row_on_the_key_does_not_confirm),
		cmocka_unit_test(without_a_second_look_nothing_goes),
		cmocka_unit_test(entries_of_a_tunnel_are_looked_at_likewise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
