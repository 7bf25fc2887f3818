/* test_property_recheck.c - of any two looks at a kernel made by chance, both have a say. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/recheck.h"

#include "chance.h"
#include "draft.h"

#define ROUNDS 300
#define ROWS_MOST 512

/* Which of the rows of the first look the second one shows. */
struct second {
	bool shows[CHANGE_KINDS][ROWS_MOST];
};

static void look_again(struct draft *draft, const struct world *world, struct recheck *recheck,
		       struct second *second)
{
	bool honest = draft_number(draft, 3) == 0;

	assert_int_equal(recheck_begin(recheck, &world->picture.have), 0);
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		const struct rows *rows = &world->picture.have.rows[kind];

		assert_true(rows->count <= ROWS_MOST);
		/* Dumps need not come in order. */
		for (uint32_t i = rows->count; i-- > 0;) {
			second->shows[kind][i] = honest || draft_number(draft, 20) != 0;
			if (second->shows[kind][i])
				recheck_take(recheck, (enum change_kind)kind, rows_at(rows, i));
		}
	}
}

static bool is_removal(const struct change *change)
{
	return change->action == CHANGE_DELETE || change->action == CHANGE_TRIM;
}

/* Whether every row on the key of a removal is shown. */
static bool is_shown(const struct world *world, const struct second *second,
		     const struct change *change)
{
	const struct rows *rows = &world->picture.have.rows[change->kind];

	for (uint32_t i = 0; i < rows->count; i++) {
		if (rows_compare_keys(rows, i, rows, change->have) == 0 &&
		    !second->shows[change->kind][i])
			return false;
	}
	return true;
}

static bool all_shown(const struct world *world, const struct second *second, unsigned kinds)
{
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if (is_removal(change) && (kinds & 1U << change->kind) != 0 &&
		    !is_shown(world, second, change))
			return false;
	}
	return true;
}

/* Either both looks agree and nothing is different, or nothing goes, and one at least says so. */
static void check(const struct world *world, bool agree)
{
	const struct change *last = NULL;
	uint32_t failed = 0;
	uint32_t removals = 0;

	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		removals += is_removal(change);
		failed += change->result == CHANGE_FAILED;
		if (is_removal(change))
			assert_int_equal(change->result == CHANGE_PLANNED, agree);
		else if (change->action == CHANGE_REPLACE && last != NULL &&
			 last->action == CHANGE_TRIM)
			assert_int_equal(change->result == CHANGE_PLANNED, agree);
		else if (change->action != CHANGE_NONE)
			assert_int_equal(change->result, CHANGE_PLANNED);
		last = change;
	}
	assert_int_equal(failed > 0, !agree && removals > 0);
}

static void nothing_goes_that_is_not_seen_twice(struct draft *draft)
{
	struct recheck recheck = {.have = NULL};
	struct second second;
	struct world world;
	unsigned kinds;
	bool agree;

	draft_file(draft);
	draft->adopt = false;
	draft_open(&world, draft);
	draft_kernel(draft, &world);
	world_plan(&world);
	look_again(draft, &world, &recheck, &second);
	kinds = recheck_kinds(&world.picture, draft_number(draft, 4));
	agree = all_shown(&world, &second, kinds);
	recheck_settle(&recheck, kinds, &world.picture);
	check(&world, agree);
	recheck_release(&recheck);
	world_close(&world);
}

static void test_twice(void **state)
{
	uint64_t seed = chance_seed();
	uint64_t rounds = chance_rounds(ROUNDS);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++) {
		struct draft draft = {.random = (seed + i) * 0x9e3779b97f4a7c15ULL | 1};

		nothing_goes_that_is_not_seen_twice(&draft);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"nothing_goes_that_is_not_seen_twice", test_twice, NULL, NULL, NULL},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
