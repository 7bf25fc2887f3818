/* test_property_plan.c - what holds of every plan, tried on hosts made by chance (CROUTE_SEED). */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/plan.h"

#include "chance.h"
#include "draft.h"
#include "kernel_model.h"

#define ROUNDS 500

static bool may_change(const struct world *world, const struct route *row)
{
	return owner_may_change(&world->picture, row);
}

/* Copies of the foreign rows, in the kernel's order. */
static void gather_foreign(const struct world *world, struct rows *out)
{
	const struct rows *rows = &world->kernel.rows[CHANGE_ROUTE];

	rows_init(out, sizeof(struct route), ROUTE_KEY_SIZE, 65536);
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct route *row = rows_at(rows, i);

		if (!may_change(world, row))
			assert_int_equal(rows_add(out, row), 0);
	}
}

/* Causes behind the rows aside. */
static void assert_same_rows(const struct rows *a, const struct rows *b, uint32_t size)
{
	assert_int_equal(a->count, b->count);
	for (uint32_t i = 0; i < a->count; i++)
		assert_memory_equal(rows_at(a, i), rows_at(b, i), size);
}

static bool is_spared(const struct change *change)
{
	return change->result == CHANGE_SPARED || change->result == CHANGE_BLOCKED;
}

/* With a route of flannel's its neighbours stay. */
static bool is_any_spared(const struct world *world)
{
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		if (is_spared(plan_change_at(&world->picture.plan, i)))
			return true;
	}
	return false;
}

/* Each wanted row stands once, those in conflict aside, and nothing else of croute's is left. */
static void assert_as_wanted(const struct world *world)
{
	const struct rows *routes = &world->kernel.rows[CHANGE_ROUTE];
	uint32_t there = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < desired_route_count(&world->picture.desired); i++) {
		if (foreign_effect_on(&world->picture.foreign, i) == FOREIGN_CONFLICT)
			continue;
		assert_int_equal(model_find_key(routes, world_want(world, i), &at),
				 world_want(world, i)->hops > 1 ? world_want(world, i)->hops : 1);
		while (at + 1 < routes->count &&
		       memcmp(rows_at(routes, at), world_want(world, i), sizeof(struct route)) != 0)
			at++;
		assert_same_route(rows_at(routes, at), world_want(world, i));
		there += !picture_is_there(&world->picture, i);
	}
	for (uint32_t i = 0; i < world->picture.have.rows[CHANGE_ROUTE].count; i++) {
		uint32_t want = desired_find_destination(&world->picture.desired,
							 world_owned(world, i));

		if (world_owned(world, i)->protocol != 67)
			continue; /* flannel's, spared */
		assert_true(want < desired_route_count(&world->picture.desired));
		if (foreign_effect_on(&world->picture.foreign, want) != FOREIGN_CONFLICT)
			there--;
	}
	assert_int_equal(there, 0);
	for (int kind = 0; kind < CHANGE_ROUTE && !is_any_spared(world); kind++)
		assert_same_rows(&world->picture.desired.want.rows[kind],
				 &world->picture.have.rows[kind],
				 state_row_size((enum change_kind)kind));
}

/* Whether a pass that removes the row leaves its destination bare, told from the file alone. */
static bool is_bared(const struct world *world, const struct route *row)
{
	struct prefix prefix = route_prefix(row);

	for (uint32_t i = 0; i < desired_route_count(&world->picture.desired); i++) {
		if (memcmp(world_want(world, i), row, ROUTE_DESTINATION_SIZE) == 0)
			return false;
	}
	for (uint32_t i = 0; i < config_podcidr_count(&world->config); i++) {
		if (prefix_overlaps(&config_podcidr_at(&world->config, i)->prefix, &prefix))
			return false;
	}
	return true;
}

/* What a hold keeps: routes to what would be bare, and all that routes may need. */
static bool is_kept_by_a_hold(const struct world *world, const struct change *change)
{
	if (change->action != CHANGE_DELETE)
		return false;
	return change->kind != CHANGE_ROUTE || is_bared(world, world_owned(world, change->have));
}

static bool is_first_of_destination(const struct world *world, uint32_t i)
{
	const struct rows *rows = &world->kernel.rows[CHANGE_ROUTE];
	const struct route *row = rows_at(rows, i);

	for (uint32_t j = 0; j < i; j++) {
		const struct route *other = rows_at(rows, j);

		if (may_change(world, other) && memcmp(other, row, ROUTE_DESTINATION_SIZE) == 0)
			return false;
	}
	return may_change(world, row);
}

static void check_guard(struct world *world, const struct draft *draft)
{
	const struct rows *rows = &world->kernel.rows[CHANGE_ROUTE];
	uint32_t owned = 0;
	uint32_t leaving = 0;
	double share;
	bool held;

	for (uint32_t i = 0; i < rows->count; i++) {
		if (!is_first_of_destination(world, i))
			continue;
		owned++;
		leaving += is_bared(world, rows_at(rows, i));
	}
	share = draft->percent ? owned * (draft->max_delete / 100.0) : draft->max_delete;
	held = leaving > draft->always_allow && leaving > share + 1e-9;
	world_guard(world);
	assert_int_equal(world->picture.guard.owned, owned);
	assert_int_equal(world->picture.guard.leaving, leaving);
	assert_int_equal(world->picture.guard.held, held);
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if (is_spared(change))
			continue;
		assert_int_equal(change->result == CHANGE_HELD,
				 held && is_kept_by_a_hold(world, change));
	}
}

/* Nothing is left to do: what is told changes nothing. */
static void assert_nothing_to_do(const struct world *world)
{
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if (!is_spared(change))
			assert_int_equal(change->action, CHANGE_NONE);
	}
}

/* Told without the predicate: no change names a row that is neither croute's nor flannel's. */
static void assert_nothing_foreign_is_named(const struct world *world, const struct draft *draft)
{
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);
		const struct route *row;

		if (change->kind != CHANGE_ROUTE || change->have == CHANGE_NO_ROW)
			continue;
		row = world_owned(world, change->have);
		if (row->protocol == 67)
			continue;
		assert_true(draft->adopt);
		assert_int_equal(row->protocol, RTPROT_BOOT);
		assert_int_equal(row->metric, row->family == AF_INET ? 0 : 1024);
		assert_int_equal(row->mtu, 0);
		assert_int_equal(row->flags & ~ROUTE_ONLINK, 0);
		assert_int_equal(row->dst[0], row->family == AF_INET ? 10 : 0xfd);
		assert_int_equal(row->dst[1], row->family == AF_INET ? 244 : 0x10);
	}
}

static void applying_a_plan_gives_what_is_wanted(struct draft *draft)
{
	struct rows before;
	struct rows after;
	struct world world;

	draft_file(draft);
	draft_open(&world, draft);
	draft_kernel(draft, &world);
	gather_foreign(&world, &before);
	world_plan(&world);
	assert_nothing_foreign_is_named(&world, draft);
	check_guard(&world, draft);
	world_plan(&world);
	model_apply_plan(&world);
	gather_foreign(&world, &after);
	assert_same_rows(&before, &after, sizeof(struct route));
	world_plan(&world);
	assert_nothing_to_do(&world);
	assert_as_wanted(&world);
	rows_release(&before);
	rows_release(&after);
	world_close(&world);
}

/* What is left after a held plan are deletions that the guard speaks of. */
static void a_held_plan_still_takes_the_rest_there(struct draft *draft)
{
	struct world world;

	draft_file(draft);
	draft_open(&world, draft);
	draft_kernel(draft, &world);
	world_plan(&world);
	world_guard(&world);
	model_apply_plan(&world);
	world_plan(&world);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		const struct change *change = plan_change_at(&world.picture.plan, i);

		if (change->action == CHANGE_NONE || is_spared(change))
			continue;
		assert_true(world.picture.guard.held);
		assert_true(is_kept_by_a_hold(&world, change));
	}
	world_close(&world);
}

static void nothing_is_to_do_where_have_is_want(struct draft *draft)
{
	struct world world;

	draft_file(draft);
	draft_open(&world, draft);
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		const struct rows *want = &world.picture.desired.want.rows[kind];

		for (uint32_t i = want->count; i-- > 0;)
			assert_int_equal(rows_add(&world.kernel.rows[kind], rows_at(want, i)), 0);
	}
	world_plan(&world);
	assert_int_equal(plan_change_count(&world.picture.plan), 0);
	assert_int_equal(world.picture.plan.unchanged, world_wanted_routes(&world));
	world_close(&world);
}

static void the_order_of_the_nodes_does_not_matter(struct draft *draft)
{
	struct world world;
	struct world other;

	draft_file(draft);
	draft_open(&world, draft);
	draft_shuffle(draft);
	draft_open(&other, draft);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		assert_same_rows(&world.picture.desired.want.rows[kind],
				 &other.picture.desired.want.rows[kind],
				 state_row_size((enum change_kind)kind));
	world_close(&world);
	world_close(&other);
}

/* Whether a change is that of the `i`-th podCIDR and has a part in what is told of its peer. */
static bool is_of(const struct world *world, const struct change *change, uint32_t i)
{
	struct desired_cause cause;

	if (change->want == CHANGE_NO_ROW)
		return false;
	cause = desired_cause_at(&world->picture.desired, change->kind, change->want);
	return !cause.is_static && cause.index == i;
}

static void each_peer_is_told_and_counted_once(struct draft *draft)
{
	struct plan_summary s;
	struct world world;

	draft_file(draft);
	draft_open(&world, draft);
	draft_kernel(draft, &world);
	world_plan(&world);
	for (uint32_t i = 0; i < config_podcidr_count(&world.config); i++) {
		uint32_t changes = 0;
		uint32_t leading = 0;

		for (uint32_t j = 0; j < plan_change_count(&world.picture.plan); j++) {
			const struct change *change = plan_change_at(&world.picture.plan, j);

			if (!is_of(&world, change, i))
				continue;
			changes++;
			leading += plan_leads(&world.picture, change);
		}
		assert_int_equal(leading, changes > 0);
	}
	s = plan_summarize(&world.picture);
	assert_int_equal(s.add + s.change + s.conflict + s.unchanged, world.picture.plan.wanted);
	assert_int_equal(world.picture.plan.wanted, world_wanted_routes(&world));
	world_close(&world);
}

typedef void property_fn(struct draft *draft);

static void hold(property_fn *property)
{
	uint64_t seed = chance_seed();
	uint64_t rounds = chance_rounds(ROUNDS);

	for (uint64_t i = 0; i < rounds; i++) {
		struct draft draft = {.random = (seed + i) * 0x9e3779b97f4a7c15ULL | 1};

		property(&draft);
	}
}

static void test_applying(void **state)
{
	(void)state;
	hold(applying_a_plan_gives_what_is_wanted);
}

static void test_held(void **state)
{
	(void)state;
	hold(a_held_plan_still_takes_the_rest_there);
}

static void test_nothing_to_do(void **state)
{
	(void)state;
	hold(nothing_is_to_do_where_have_is_want);
}

static void test_order(void **state)
{
	(void)state;
	hold(the_order_of_the_nodes_does_not_matter);
}

static void test_once(void **state)
{
	(void)state;
	hold(each_peer_is_told_and_counted_once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"applying_a_plan_gives_what_is_wanted", test_applying, NULL, NULL, NULL},
		{"a_held_plan_still_takes_the_rest_there", test_held, NULL, NULL, NULL},
		{"nothing_is_to_do_where_have_is_want", test_nothing_to_do, NULL, NULL, NULL},
		{"each_peer_is_told_and_counted_once", test_once, NULL, NULL, NULL},
		{"the_order_of_the_nodes_does_not_matter", test_order, NULL, NULL, NULL},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
