/* test_property_plan.c - what holds of every plan, tried on hosts made by chance (CROUTE_SEED). */
#include "croute/core/plan.h"

#include "draft.h"

#include <time.h>

#define ROUNDS 500

/* The rows of the kernel on a key; the first of them in `*at`. */
static uint32_t find_key(const struct world *world, const struct route *like, uint32_t *at)
{
	uint32_t count = 0;

	for (uint32_t i = world->have.count; i-- > 0;) {
		if (memcmp(rows_at(&world->have, i), like, ROUTE_KEY_SIZE) != 0)
			continue;
		*at = i;
		count++;
	}
	return count;
}

static void remove_row(struct world *world, uint32_t i)
{
	memmove(rows_at(&world->have, i), rows_at(&world->have, i + 1),
		(size_t)(world->have.count - i - 1) * sizeof(struct route));
	arena_pop(&world->have.arena, sizeof(struct route));
	world->have.count--;
}

/* A delete carries all that kernel_write puts into one, and takes the first row that has it. */
static void remove_like(struct world *world, const struct route *like)
{
	for (uint32_t i = 0; i < world->have.count; i++) {
		const struct route *row = rows_at(&world->have, i);

		if (memcmp(row, like, ROUTE_KEY_SIZE) == 0 && row->protocol == like->protocol &&
		    row->type == like->type && row->oif == like->oif &&
		    memcmp(row->gateway, like->gateway, sizeof(row->gateway)) == 0) {
			remove_row(world, i);
			return;
		}
	}
	fail_msg("a delete names a row that is not there");
}

/* What the kernel does with a change: an add excludes, a replace hits what is on the key. */
static void apply(struct world *world, const struct change *change)
{
	uint32_t at = 0;

	if (change->action == CHANGE_DELETE || change->action == CHANGE_TRIM) {
		remove_like(world, rows_at(&world->owned, change->have));
	} else if (change->action == CHANGE_ADD) {
		assert_int_equal(find_key(world, world_want(world, change->want), &at), 0);
		assert_int_equal(rows_add(&world->have, world_want(world, change->want)), 0);
	} else if (change->action == CHANGE_REPLACE) {
		assert_int_equal(find_key(world, world_want(world, change->want), &at), 1);
		assert_same_route(rows_at(&world->have, at), rows_at(&world->owned, change->have));
		memcpy(rows_at(&world->have, at), world_want(world, change->want),
		       sizeof(struct route));
	}
}

static void apply_all(struct world *world, unsigned actions)
{
	for (uint32_t i = 0; i < plan_change_count(&world->plan); i++) {
		const struct change *change = plan_change_at(&world->plan, i);

		if ((1U << change->action & actions) != 0 && change->result == CHANGE_PLANNED)
			apply(world, change);
	}
}

/* In the order of a pass: surplus rows, then additions and changes, then deletions. */
static void apply_plan(struct world *world)
{
	apply_all(world, 1U << CHANGE_TRIM);
	apply_all(world, 1U << CHANGE_ADD | 1U << CHANGE_REPLACE);
	apply_all(world, 1U << CHANGE_DELETE);
}

/* Copies of the foreign rows, in the kernel's order. */
static void gather_foreign(const struct world *world, struct rows *out)
{
	rows_init(out, sizeof(struct route), ROUTE_KEY_SIZE, 65536);
	for (uint32_t i = 0; i < world->have.count; i++) {
		const struct route *row = rows_at(&world->have, i);

		if (row->protocol != 67)
			assert_int_equal(rows_add(out, row), 0);
	}
}

static void assert_same_rows(const struct rows *a, const struct rows *b)
{
	assert_int_equal(a->count, b->count);
	for (uint32_t i = 0; i < a->count; i++)
		assert_same_route(rows_at(a, i), rows_at(b, i));
}

/* Each wanted row stands once, those in conflict aside, and nothing else of croute's is left. */
static void assert_as_wanted(const struct world *world)
{
	uint32_t there = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < world->desired.routes.count; i++) {
		if (foreign_effect_on(&world->foreign, i) == FOREIGN_CONFLICT)
			continue;
		assert_int_equal(find_key(world, world_want(world, i), &at), 1);
		assert_same_route(rows_at(&world->have, at), world_want(world, i));
		there++;
	}
	for (uint32_t i = 0; i < world->owned.count; i++) {
		uint32_t want = desired_find_destination(&world->desired,
							 rows_at(&world->owned, i));

		assert_true(want < world->desired.routes.count);
		if (foreign_effect_on(&world->foreign, want) != FOREIGN_CONFLICT)
			there--;
	}
	assert_int_equal(there, 0);
}

/* Whether a pass that removes the row leaves its destination bare, told from the file alone. */
static bool is_bared(const struct world *world, const struct route *row)
{
	struct prefix prefix = route_prefix(row);

	for (uint32_t i = 0; i < world->desired.routes.count; i++) {
		if (memcmp(world_want(world, i), row, ROUTE_DESTINATION_SIZE) == 0)
			return false;
	}
	for (uint32_t i = 0; i < config_podcidr_count(&world->config); i++) {
		if (prefix_overlaps(&config_podcidr_at(&world->config, i)->prefix, &prefix))
			return false;
	}
	return true;
}

static bool is_first_of_destination(const struct world *world, uint32_t i)
{
	const struct route *row = rows_at(&world->have, i);

	for (uint32_t j = 0; j < i; j++) {
		const struct route *other = rows_at(&world->have, j);

		if (other->protocol == 67 && memcmp(other, row, ROUTE_DESTINATION_SIZE) == 0)
			return false;
	}
	return row->protocol == 67;
}

static void check_guard(struct world *world, const struct draft *draft)
{
	uint32_t owned = 0;
	uint32_t leaving = 0;
	double share;
	bool held;

	for (uint32_t i = 0; i < world->have.count; i++) {
		if (!is_first_of_destination(world, i))
			continue;
		owned++;
		leaving += is_bared(world, rows_at(&world->have, i));
	}
	share = draft->percent ? owned * (draft->max_delete / 100.0) : draft->max_delete;
	held = leaving > draft->always_allow && leaving > share + 1e-9;
	world_guard(world);
	assert_int_equal(world->guard.owned, owned);
	assert_int_equal(world->guard.leaving, leaving);
	assert_int_equal(world->guard.held, held);
	for (uint32_t i = 0; i < plan_change_count(&world->plan); i++) {
		const struct change *change = plan_change_at(&world->plan, i);
		bool is_held = held && change->action == CHANGE_DELETE &&
			       is_bared(world, rows_at(&world->owned, change->have));

		assert_int_equal(change->result == CHANGE_HELD, is_held);
	}
}

/* Nothing is left to do: what is told changes nothing. */
static void assert_nothing_to_do(const struct world *world)
{
	for (uint32_t i = 0; i < plan_change_count(&world->plan); i++)
		assert_int_equal(plan_change_at(&world->plan, i)->action, CHANGE_NONE);
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
	check_guard(&world, draft);
	world_plan(&world);
	apply_plan(&world);
	gather_foreign(&world, &after);
	assert_same_rows(&before, &after);
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
	apply_plan(&world);
	world_plan(&world);
	for (uint32_t i = 0; i < plan_change_count(&world.plan); i++) {
		const struct change *change = plan_change_at(&world.plan, i);

		if (change->action == CHANGE_NONE)
			continue;
		assert_true(world.guard.held);
		assert_int_equal(change->action, CHANGE_DELETE);
		assert_true(is_bared(&world, rows_at(&world.owned, change->have)));
	}
	world_close(&world);
}

static void nothing_is_to_do_where_have_is_want(struct draft *draft)
{
	struct world world;

	draft_file(draft);
	draft_open(&world, draft);
	for (uint32_t i = world.desired.routes.count; i-- > 0;)
		assert_int_equal(rows_add(&world.have, world_want(&world, i)), 0);
	world_plan(&world);
	assert_int_equal(plan_change_count(&world.plan), 0);
	assert_int_equal(world.plan.unchanged, world.desired.routes.count);
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
	assert_same_rows(&world.desired.routes, &other.desired.routes);
	world_close(&world);
	world_close(&other);
}

typedef void property_fn(struct draft *draft);

/* The seed, from CROUTE_SEED to see a failure again; every round has one of its own. */
static uint64_t seed_of_run(void)
{
	const char *given = getenv("CROUTE_SEED");

	return given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
}

static void hold(property_fn *property)
{
	uint64_t seed = seed_of_run();

	(void)printf("# CROUTE_SEED=%llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	for (uint64_t i = 0; i < ROUNDS; i++) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"applying_a_plan_gives_what_is_wanted", test_applying, NULL, NULL, NULL},
		{"a_held_plan_still_takes_the_rest_there", test_held, NULL, NULL, NULL},
		{"nothing_is_to_do_where_have_is_want", test_nothing_to_do, NULL, NULL, NULL},
		{"the_order_of_the_nodes_does_not_matter", test_order, NULL, NULL, NULL},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
