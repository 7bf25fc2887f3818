/* test_plan.c - want minus have. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/plan.h"

#include "world.h"

#include <errno.h>

#define TWO_NODES                                                                                  \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"        \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: 10.244.2.0/24}\n"

#define WANTED "10.244.2.0/24 via 10.0.0.12 metric 68026"

/* A host whose only wanted route is WANTED, with what the kernel has. */
static void open_with(struct world *world, const char *const rows[])
{
	*world = (struct world){0};
	world_open(world, TWO_NODES);
	for (; *rows != NULL; rows++)
		world_put(world, *rows);
	world_pass(world);
}

#define OPEN_WITH(world, ...) open_with(world, (const char *const[]){__VA_ARGS__, NULL})

static void adds_what_is_not_there(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, NULL);
	assert_int_equal(world_only_change(&world)->action, CHANGE_ADD);
	assert_int_equal(world_only_change(&world)->want, 0);
	assert_int_equal(world_only_change(&world)->have, CHANGE_NO_ROW);
	assert_int_equal(world_only_change(&world)->result, CHANGE_PLANNED);
	world_close(&world);
}

static void leaves_what_is_right(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, WANTED);
	assert_int_equal(plan_change_count(&world.picture.plan), 0);
	assert_int_equal(world.picture.plan.unchanged, 1);
	world_close(&world);
}

static void a_changed_gateway_is_one_replace(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.99 metric 68026");
	assert_int_equal(world_only_change(&world)->action, CHANGE_REPLACE);
	assert_int_equal(world_only_change(&world)->want, 0);
	assert_int_equal(world_only_change(&world)->have, 0);
	world_close(&world);
}

static void any_part_of_the_value_is_a_change(void **state)
{
	static const char *const rows[] = {
		WANTED " dev 4",   WANTED " mtu 1400",	   WANTED " src 10.0.0.11",
		WANTED " scope 7", WANTED " dev 0 type 6",
	};
	struct world world;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OPEN_WITH(&world, rows[i]);
		assert_int_equal(world_only_change(&world)->action, CHANGE_REPLACE);
		world_close(&world);
	}
}

static void a_row_with_odd_attributes_is_replaced(void **state)
{
	struct world world = {0};
	struct route odd = world_route(WANTED);

	(void)state;
	world_open(&world, TWO_NODES);
	odd.flags = ROUTE_ODD;
	assert_int_equal(rows_add(&world.kernel.rows[CHANGE_ROUTE], &odd), 0);
	world_pass(&world);
	assert_int_equal(world_only_change(&world)->action, CHANGE_REPLACE);
	world_close(&world);
}

static void another_metric_is_an_add_and_a_delete(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.12 metric 67000");
	assert_int_equal(plan_change_count(&world.picture.plan), 2);
	assert_int_equal(plan_change_at(&world.picture.plan, 0)->action, CHANGE_DELETE);
	assert_int_equal(plan_change_at(&world.picture.plan, 1)->action, CHANGE_ADD);
	world_close(&world);
}

static void deletes_what_is_not_wanted(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, WANTED, "10.244.9.0/24 via 10.0.0.19 metric 68033");
	assert_int_equal(world_only_change(&world)->action, CHANGE_DELETE);
	assert_int_equal(world_only_change(&world)->want, CHANGE_NO_ROW);
	assert_int_equal(world_only_change(&world)->have, 0);
	assert_true(picture_is_there(&world.picture, 0));
	world_close(&world);
}

static void deletes_its_own_rows_in_every_table(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, WANTED, WANTED " table 100");
	assert_int_equal(world_only_change(&world)->action, CHANGE_DELETE);
	world_close(&world);
}

static void of_several_rows_on_a_key_the_right_one_stays(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.1 metric 68026", WANTED,
		  "10.244.2.0/24 via 10.0.0.99 metric 68026");
	assert_int_equal(plan_change_count(&world.picture.plan), 2);
	assert_int_equal(world.picture.plan.unchanged, 1);
	for (uint32_t i = 0; i < 2; i++) {
		const struct change *change = plan_change_at(&world.picture.plan, i);
		const struct route *row = world_owned(&world, change->have);

		assert_int_equal(change->action, CHANGE_TRIM);
		assert_int_not_equal(row->gateway[3], 12);
	}
	world_close(&world);
}

static void several_wrong_rows_are_trimmed_before_one_is_replaced(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.98 metric 68026",
		  "10.244.2.0/24 via 10.0.0.99 metric 68026");
	assert_int_equal(plan_change_count(&world.picture.plan), 2);
	assert_int_equal(plan_change_at(&world.picture.plan, 0)->action, CHANGE_TRIM);
	assert_int_equal(plan_change_at(&world.picture.plan, 1)->action, CHANGE_REPLACE);
	assert_int_not_equal(plan_change_at(&world.picture.plan, 0)->have,
			     plan_change_at(&world.picture.plan, 1)->have);
	world_close(&world);
}

static void deletes_every_row_of_an_unwanted_key(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, WANTED, "10.244.9.0/24 via 10.0.0.19 metric 1",
		  "10.244.9.0/24 via 10.0.0.20 metric 1");
	assert_int_equal(plan_change_count(&world.picture.plan), 2);
	assert_int_equal(plan_change_at(&world.picture.plan, 0)->action, CHANGE_DELETE);
	assert_int_equal(plan_change_at(&world.picture.plan, 1)->action, CHANGE_DELETE);
	world_close(&world);
}

static void keeps_a_foreign_route_on_the_same_key(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.1 metric 68026 proto 4");
	assert_int_equal(world_only_change(&world)->action, CHANGE_NONE);
	assert_int_equal(world_only_change(&world)->result, CHANGE_CONFLICT);
	assert_int_equal(world_only_change(&world)->have, CHANGE_NO_ROW);
	world_close(&world);
}

static void never_replaces_on_a_key_that_a_foreign_route_shares(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.1 metric 68026 proto 4",
		  "10.244.2.0/24 via 10.0.0.99 metric 68026");
	assert_int_equal(world_only_change(&world)->action, CHANGE_NONE);
	assert_int_equal(world_only_change(&world)->result, CHANGE_CONFLICT);
	world_close(&world);
}

static void never_names_a_foreign_route(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.9.0/24 via 10.0.0.19 metric 68033 proto 4",
		  "0.0.0.0/0 via 10.0.0.1 proto 3", "10.244.1.0/24 dev 3 proto 2",
		  "10.244.2.0/24 via 10.0.0.12 metric 68027 proto 66");
	assert_int_equal(world_only_change(&world)->action, CHANGE_ADD);
	world_close(&world);
}

static void a_shadowed_route_is_installed_all_the_same(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 dev 3 proto 2");
	assert_int_equal(world_only_change(&world)->action, CHANGE_ADD);
	assert_int_equal(world_only_change(&world)->shadowed, 1);
	assert_int_equal(world_only_change(&world)->result, CHANGE_PLANNED);
	world_close(&world);
}

static void a_shadowed_route_that_is_right_changes_nothing_and_is_told(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 dev 3 proto 2", WANTED);
	assert_int_equal(world_only_change(&world)->action, CHANGE_NONE);
	assert_int_equal(world_only_change(&world)->shadowed, 1);
	assert_int_equal(world.picture.plan.unchanged, 1);
	world_close(&world);
}

static void one_that_leads_the_same_way_is_no_change_at_all(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.12 proto 3", WANTED);
	assert_int_equal(plan_change_count(&world.picture.plan), 0);
	assert_int_equal(foreign_effect_on(&world.picture.foreign, 0), FOREIGN_NOTE);
	world_close(&world);
}

static void counts_each_change_once_by_what_became_of_it(void **state)
{
	struct plan_summary summary;
	struct world world;

	(void)state;
	OPEN_WITH(&world, "10.244.2.0/24 via 10.0.0.99 metric 68026",
		  "10.244.2.0/24 via 10.0.0.98 metric 68026", "10.244.9.0/24 metric 1");
	summary = plan_summarize(&world.picture);
	assert_int_equal(summary.change, 1);
	assert_int_equal(summary.remove, 2);
	plan_change_at(&world.picture.plan, 0)->result = CHANGE_APPLIED;
	plan_set_failed(&world.picture.plan, 1, ENETUNREACH, "Nexthop has invalid gateway");
	plan_change_at(&world.picture.plan, 2)->result = CHANGE_HELD;
	summary = plan_summarize(&world.picture);
	assert_int_equal(summary.remove, 1);
	assert_int_equal(summary.change, 0);
	assert_int_equal(summary.failed, 1);
	assert_int_equal(summary.held, 1);
	world_close(&world);
}

static void counts_unmet_entries_by_their_kind(void **state)
{
	struct world world = {0};
	struct plan_summary summary;

	(void)state;
	world_open(&world, TWO_NODES "routes:\n"
				     "  - {to: 10.96.0.0/12, dev: eth9}\n"
				     "  - {to: 10.112.0.0/12, via: 10.0.0.11}\n"
				     "  - {to: 10.0.0.12, type: blackhole}\n");
	world_pass(&world);
	summary = plan_summarize(&world.picture);
	assert_int_equal(summary.pending, 1);
	assert_int_equal(summary.failed, 1);
	assert_int_equal(summary.add, 1);
	world_close(&world);
}

static void keeps_the_kernels_words_of_a_refusal(void **state)
{
	struct world world;
	const struct failure *failure;

	(void)state;
	OPEN_WITH(&world, NULL);
	assert_null(plan_failure_of(&world.picture.plan, plan_change_at(&world.picture.plan, 0)));
	plan_set_failed(&world.picture.plan, 0, ENETUNREACH, "Nexthop has invalid gateway");
	failure = plan_failure_of(&world.picture.plan, plan_change_at(&world.picture.plan, 0));
	assert_int_equal(failure->code, ENETUNREACH);
	assert_string_equal(failure->words, "Nexthop has invalid gateway");
	world_close(&world);
}

static void refusals_beyond_the_limit_share_the_last_words(void **state)
{
	struct world world;

	(void)state;
	OPEN_WITH(&world, NULL);
	for (uint32_t i = 0; i < PLAN_FAILURES_MOST + 200; i++)
		plan_set_failed(&world.picture.plan, 0, ENETUNREACH, "the same again");
	assert_string_equal(
		plan_failure_of(&world.picture.plan, plan_change_at(&world.picture.plan, 0))->words,
		"the same again");
	world_close(&world);
}

/* Rows of croute's to 10.244.2.0/24 of a route with so many next hops. */
static void put_hop(struct world *world, const char *via, uint8_t hops)
{
	char words[60];
	struct route route;

	(void)snprintf(words, sizeof(words), "10.244.2.0/24 via %s metric 68026", via);
	route = world_route(words);
	route.hops = hops;
	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_ROUTE], &route), 0);
}

static void of_routes_with_several_next_hops_all_but_one_go_and_that_is_replaced(void **state)
{
	static const uint8_t singles_first[] = {0, 2};
	struct world world = {0};

	(void)state;
	world_open(&world, TWO_NODES);
	put_hop(&world, "10.0.0.20", 2);
	put_hop(&world, "10.0.0.21", 2);
	put_hop(&world, "10.0.0.22", 0);
	put_hop(&world, "10.0.0.23", 2);
	put_hop(&world, "10.0.0.24", 2);
	world_pass(&world);
	assert_int_equal(plan_change_count(&world.picture.plan), 3);
	for (uint32_t i = 0; i < 2; i++) {
		const struct change *change = plan_change_at(&world.picture.plan, i);

		assert_int_equal(change->action, CHANGE_TRIM);
		assert_int_equal(world_owned(&world, change->have)->hops, singles_first[i]);
	}
	assert_int_equal(plan_change_at(&world.picture.plan, 2)->action, CHANGE_REPLACE);
	world_close(&world);
}

static void an_unwanted_route_is_one_deletion_however_many_next_hops_it_has(void **state)
{
	struct world world = {0};
	struct route_hops hops;

	(void)state;
	world_open(&world, "version: 1\nnodes:\n- {name: worker-1, address: 10.0.0.11, podCIDRs: "
			   "10.244.1.0/24}\n");
	put_hop(&world, "10.0.0.20", 2);
	put_hop(&world, "10.0.0.21", 0);
	put_hop(&world, "10.0.0.22", 2);
	world_pass(&world);
	assert_int_equal(plan_change_count(&world.picture.plan), 2);
	hops = picture_hops(&world.picture, plan_change_at(&world.picture.plan, 0));
	assert_int_equal(hops.count, 2);
	assert_int_equal(hops.at[1]->gateway[3], 22);
	hops = picture_hops(&world.picture, plan_change_at(&world.picture.plan, 1));
	assert_int_equal(hops.count, 1);
	world_close(&world);
}

/* The kernel may tell of a route of two less than both: the same one twice is one row. */
static void a_route_is_whole_only_with_all_its_next_hops(void **state)
{
	struct world world = {0};
	struct rows *have = &world.kernel.rows[CHANGE_ROUTE];

	(void)state;
	world_open(
		&world,
		"version: 1\nnodes:\n"
		"- {name: worker-1, address: [10.0.0.11, 10.3.0.11], podCIDRs: 10.244.1.0/24}\n"
		"- {name: worker-2, address: [10.0.0.12, 10.3.0.12], podCIDRs: 10.244.2.0/24}\n");
	world.picture.family[0].cards[0].index = WORLD_ETH1;
	world.picture.family[0].cards[1].index = WORLD_ETH3;
	world.picture.family[0].card_count = 2;
	world_desire(&world);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(rows_add(have, world_want(&world, i)), 0);
		world_pass(&world);
		assert_int_equal(plan_change_count(&world.picture.plan), i == 0);
	}
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_what_is_not_there),
		cmocka_unit_test(leaves_what_is_right),
		cmocka_unit_test(a_changed_gateway_is_one_replace),
		cmocka_unit_test(any_part_of_the_value_is_a_change),
		cmocka_unit_test(a_row_with_odd_attributes_is_replaced),
		cmocka_unit_test(another_metric_is_an_add_and_a_delete),
		cmocka_unit_test(deletes_what_is_not_wanted),
		cmocka_unit_test(deletes_its_own_rows_in_every_table),
		cmocka_unit_test(of_several_rows_on_a_key_the_right_one_stays),
		cmocka_unit_test(several_wrong_rows_are_trimmed_before_one_is_replaced),
		cmocka_unit_test(deletes_every_row_of_an_unwanted_key),
		cmocka_unit_test(
			of_routes_with_several_next_hops_all_but_one_go_and_that_is_replaced),
		cmocka_unit_test(an_unwanted_route_is_one_deletion_however_many_next_hops_it_has),
		cmocka_unit_test(a_route_is_whole_only_with_all_its_next_hops),
		cmocka_unit_test(keeps_a_foreign_route_on_the_same_key),
		cmocka_unit_test(never_replaces_on_a_key_that_a_foreign_route_shares),
		cmocka_unit_test(never_names_a_foreign_route),
		cmocka_unit_test(a_shadowed_route_is_installed_all_the_same),
		cmocka_unit_test(a_shadowed_route_that_is_right_changes_nothing_and_is_told),
		cmocka_unit_test(one_that_leads_the_same_way_is_no_change_at_all),
		cmocka_unit_test(counts_each_change_once_by_what_became_of_it),
		cmocka_unit_test(counts_unmet_entries_by_their_kind),
		cmocka_unit_test(keeps_the_kernels_words_of_a_refusal),
		cmocka_unit_test(refusals_beyond_the_limit_share_the_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
