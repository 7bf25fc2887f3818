/* plan.c - want minus have: one merge of two sorted arrays, by runs of equal keys. */
#include "croute/core/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The rows of one key: at most one wanted, any number present. */
struct run {
	uint32_t want; /* CHANGE_NO_ROW: none */
	uint32_t have;
	uint32_t count; /* of have */
};

void plan_init(struct plan *plan)
{
	*plan = (struct plan){0};
	plan->changes.limit = sizeof(struct change) * 2 * DESIRED_ROUTES_MOST;
	plan->failures.limit = sizeof(struct failure) * PLAN_FAILURES_MOST;
}

void plan_reset(struct plan *plan)
{
	arena_reset(&plan->changes);
	arena_reset(&plan->failures);
	plan->unchanged = 0;
}

void plan_release(struct plan *plan)
{
	arena_release(&plan->changes);
	arena_release(&plan->failures);
}

uint32_t plan_change_count(const struct plan *plan)
{
	return (uint32_t)(plan->changes.used / sizeof(struct change));
}

struct change *plan_change_at(const struct plan *plan, uint32_t i)
{
	return (struct change *)(void *)plan->changes.base + i;
}

static int add_change(struct plan *plan, enum change_action action, uint32_t want, uint32_t have)
{
	struct change *change = arena_push(&plan->changes, sizeof(*change));

	if (change == NULL)
		return -ENOSPC;
	change->kind = CHANGE_ROUTE;
	change->action = (uint8_t)action;
	change->want = want;
	change->have = have;
	return 0;
}

static struct change *last_change(const struct plan *plan)
{
	return plan_change_at(plan, plan_change_count(plan) - 1);
}

/* Remove the rows of a run but one. */
static int trim(struct plan *plan, struct run run, uint32_t keep)
{
	int status = 0;

	for (uint32_t i = 0; i < run.count && status == 0; i++) {
		if (run.have + i != keep)
			status = add_change(plan, CHANGE_TRIM, CHANGE_NO_ROW, run.have + i);
	}
	return status;
}

/* The row of the run that equals the wanted one, else the first of them. */
static uint32_t row_to_keep(const struct desired *desired, const struct rows *have, struct run run)
{
	for (uint32_t i = 0; i < run.count; i++) {
		if (memcmp(rows_at(&desired->routes, run.want), rows_at(have, run.have + i),
			   have->size) == 0)
			return run.have + i;
	}
	return run.have;
}

static int settle_wanted(struct plan *plan, const struct desired *desired, const struct rows *have,
			 struct run run)
{
	uint32_t keep = row_to_keep(desired, have, run);
	int status;

	if (run.count == 0)
		return add_change(plan, CHANGE_ADD, run.want, CHANGE_NO_ROW);
	status = trim(plan, run, keep);
	if (status < 0)
		return status;
	if (memcmp(rows_at(&desired->routes, run.want), rows_at(have, keep), have->size) != 0)
		return add_change(plan, CHANGE_REPLACE, run.want, keep);
	plan->unchanged++;
	return 0;
}

static int settle_conflict(struct plan *plan, uint32_t want)
{
	int status = add_change(plan, CHANGE_NONE, want, CHANGE_NO_ROW);

	if (status == 0)
		last_change(plan)->result = CHANGE_CONFLICT;
	return status;
}

/* A shadowed route is kept right all the same; one line tells both. */
static int settle_shadowed(struct plan *plan, const struct desired *desired,
			   const struct rows *have, struct run run)
{
	uint32_t unchanged = plan->unchanged;
	int status = settle_wanted(plan, desired, have, run);

	if (status == 0 && plan->unchanged > unchanged)
		status = add_change(plan, CHANGE_NONE, run.want, run.have);
	if (status == 0)
		last_change(plan)->shadowed = 1;
	return status;
}

static int settle_unwanted(struct plan *plan, struct run run)
{
	int status = 0;

	for (uint32_t i = 0; i < run.count && status == 0; i++)
		status = add_change(plan, CHANGE_DELETE, CHANGE_NO_ROW, run.have + i);
	return status;
}

static int settle(struct plan *plan, const struct desired *desired, const struct rows *have,
		  const struct foreign *foreign, struct run run)
{
	enum foreign_effect effect;

	if (run.want == CHANGE_NO_ROW)
		return settle_unwanted(plan, run);
	effect = foreign_effect_on(foreign, run.want);
	if (effect == FOREIGN_CONFLICT)
		return settle_conflict(plan, run.want);
	if (effect == FOREIGN_SHADOWS)
		return settle_shadowed(plan, desired, have, run);
	return settle_wanted(plan, desired, have, run);
}

/* The next key of both arrays, the smaller one first. */
static struct run next_run(const struct rows *want, uint32_t i, const struct rows *have, uint32_t j)
{
	struct run run = {.want = CHANGE_NO_ROW, .have = j};
	int order = i == want->count   ? 1
		    : j == have->count ? -1
				       : rows_compare_keys(want, i, have, j);

	if (order <= 0)
		run.want = i;
	if (order < 0)
		return run;
	do
		run.count++;
	while (j + run.count < have->count && rows_compare_keys(have, j, have, j + run.count) == 0);
	return run;
}

int plan_build(struct plan *plan, const struct desired *desired, const struct rows *have,
	       const struct foreign *foreign)
{
	const struct rows *want = &desired->routes;
	uint32_t i = 0;
	uint32_t j = 0;
	int status = 0;

	plan_reset(plan);
	while (status == 0 && (i < want->count || j < have->count)) {
		struct run run = next_run(want, i, have, j);

		i += run.want != CHANGE_NO_ROW;
		j += run.count;
		status = settle(plan, desired, have, foreign, run);
	}
	return status;
}

void plan_set_failed(struct plan *plan, uint32_t i, int code, const char *words)
{
	struct change *change = plan_change_at(plan, i);
	struct failure *failure = arena_push(&plan->failures, sizeof(*failure));

	change->result = CHANGE_FAILED;
	change->detail = (uint32_t)(plan->failures.used / sizeof(*failure)) - 1;
	if (failure == NULL)
		return;
	failure->code = code;
	(void)snprintf(failure->words, sizeof(failure->words), "%s", words);
}

const struct failure *plan_failure_of(const struct plan *plan, const struct change *change)
{
	if (change->result != CHANGE_FAILED)
		return NULL;
	return (const struct failure *)(const void *)plan->failures.base + change->detail;
}

static void count_change(struct plan_summary *summary, const struct change *change)
{
	switch ((enum change_result)change->result) {
	case CHANGE_FAILED:
		summary->failed++;
		return;
	case CHANGE_HELD:
		summary->held++;
		return;
	case CHANGE_CONFLICT:
		summary->conflict++;
		return;
	case CHANGE_PLANNED:
	case CHANGE_APPLIED:
	case CHANGE_AGAIN:
	case CHANGE_RESULTS:
		break;
	}
	summary->shadowed += change->shadowed;
	summary->add += change->action == CHANGE_ADD;
	summary->change += change->action == CHANGE_REPLACE;
	summary->remove += change->action == CHANGE_DELETE || change->action == CHANGE_TRIM;
}

struct plan_summary plan_summarize(const struct plan *plan, const struct desired *desired)
{
	struct plan_summary summary = {.unchanged = plan->unchanged};

	for (uint32_t i = 0; i < plan_change_count(plan); i++)
		count_change(&summary, plan_change_at(plan, i));
	for (uint32_t i = 0; i < desired_setback_count(desired); i++) {
		enum setback_kind kind = desired_setback_at(desired, i)->kind;

		summary.failed += kind == SETBACK_REFUSED;
		summary.pending += kind == SETBACK_PENDING;
	}
	return summary;
}
