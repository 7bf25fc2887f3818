/* hold.c - delays and holds of deletions, by the time since they were first due. */
#include "croute/core/plan/hold.h"

#include <errno.h>
#include <string.h>

#include "croute/base/hash.h"

/* Since when a destination is wanted by nobody. */
struct patience_row {
	uint8_t destination[ROUTE_DESTINATION_SIZE];
	uint8_t zero[2];
	int64_t since;
};
_Static_assert(ROUTE_DESTINATION_SIZE == 22, "two bytes fill it up to the next eight");

void patience_init(struct patience *patience)
{
	*patience = (struct patience){0};
	rows_init(&patience->gone, sizeof(struct patience_row), ROUTE_DESTINATION_SIZE,
		  STATE_ROWS_MOST);
	rows_init(&patience->spare, sizeof(struct patience_row), ROUTE_DESTINATION_SIZE,
		  STATE_ROWS_MOST);
	rows_init(&patience->kept, sizeof(struct patience_row), ROUTE_DESTINATION_SIZE,
		  STATE_ROWS_MOST);
}

void patience_release(struct patience *patience)
{
	rows_release(&patience->gone);
	rows_release(&patience->spare);
	rows_release(&patience->kept);
}

static void wait_until(struct patience *patience, int64_t at)
{
	if (patience->due == 0 || at < patience->due)
		patience->due = at;
}

/* Since when the destination has been due, noted for the next pass. */
static int note_gone(struct patience *patience, const struct route *route, int64_t now,
		     int64_t *since)
{
	struct patience_row row = {.since = now};
	uint32_t found;

	memcpy(row.destination, route, sizeof(row.destination));
	found = rows_find(&patience->gone, &row);
	if (found != ROWS_NOT_FOUND)
		memcpy(&row, rows_at(&patience->gone, found), sizeof(row));
	*since = row.since;
	return rows_add(&patience->spare, &row);
}

static int delay_route(struct patience *patience, struct change *change,
		       const struct guard_scene *scene, int64_t now)
{
	const struct route *route = rows_at(&scene->have->rows[CHANGE_ROUTE], change->have);
	int64_t after = (int64_t)scene->config->guard.remove_after_ms;
	int64_t since;
	int status;

	if (!guard_is_leaving(scene, route))
		return 0;
	status = note_gone(patience, route, now, &since);
	if (status < 0 || now - since >= after)
		return status;
	change->result = CHANGE_DELAYED;
	wait_until(patience, since + after);
	return 0;
}

/* What the delayed routes need stays with them. */
static void delay_parts(struct plan *plan)
{
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (change->kind != CHANGE_ROUTE && change->action == CHANGE_DELETE)
			change->result = CHANGE_DELAYED;
	}
}

int patience_delay(struct patience *patience, struct plan *plan, const struct guard_scene *scene,
		   int64_t now)
{
	struct rows old = patience->gone;
	int status = 0;

	patience->due = 0;
	if (scene->config->guard.remove_after_ms == 0) {
		rows_reset(&patience->gone);
		return 0;
	}
	for (uint32_t i = 0; i < plan_change_count(plan) && status == 0; i++) {
		struct change *change = plan_change_at(plan, i);

		if (change->kind == CHANGE_ROUTE && change->action == CHANGE_DELETE)
			status = delay_route(patience, change, scene, now);
	}
	patience->gone = patience->spare;
	patience->spare = old;
	rows_reset(&patience->spare);
	if (patience->due != 0)
		delay_parts(plan);
	return status;
}

static bool same_settings(const struct config_guard *a, const struct config_guard *b)
{
	return a->max_delete == b->max_delete &&
	       a->max_delete_is_percent == b->max_delete_is_percent &&
	       a->always_allow == b->always_allow;
}

/* Of what is held, whatever is still there is still wanted by nobody. */
static bool is_still_so(const struct patience *patience, const struct guard_scene *scene)
{
	const struct rows *have = &scene->have->rows[CHANGE_ROUTE];
	bool any = false;

	if (patience->kept.count == 0 || !same_settings(&patience->kept_by, &scene->config->guard))
		return false;
	for (uint32_t i = 0; i < have->count; i++) {
		const struct route *route = rows_at(have, i);

		if (rows_find(&patience->kept, route) == ROWS_NOT_FOUND)
			continue;
		if (!guard_is_leaving(scene, route))
			return false;
		any = true;
	}
	return any;
}

struct guard_verdict patience_hold(const struct patience *patience, struct plan *plan,
				   const struct guard_scene *scene, struct guard_verdict verdict)
{
	if (verdict.held || verdict.leaving == 0 || !is_still_so(patience, scene))
		return verdict;
	/* It is told by the numbers that were over the limit. */
	verdict.owned = patience->kept_for.owned;
	return guard_hold(plan, scene, verdict);
}

static int keep(struct patience *patience, const struct route *route)
{
	struct patience_row row = {.since = 0};

	memcpy(row.destination, route, sizeof(row.destination));
	return rows_add(&patience->kept, &row);
}

int patience_remember(struct patience *patience, const struct plan *plan,
		      const struct guard_scene *scene, struct guard_verdict verdict)
{
	int status = 0;

	rows_reset(&patience->kept);
	patience->kept_by = scene->config->guard;
	patience->kept_for = verdict;
	for (uint32_t i = 0; i < plan_change_count(plan) && status == 0; i++) {
		const struct change *change = plan_change_at(plan, i);

		if (change->kind == CHANGE_ROUTE && change->result == CHANGE_HELD)
			status = keep(patience,
				      rows_at(&scene->have->rows[CHANGE_ROUTE], change->have));
	}
	rows_sort(&patience->kept);
	return status;
}

/* Over the destinations that are held; 0 when none is. */
static uint64_t sum_held(const struct plan *plan, const struct guard_scene *scene)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		const struct change *change = plan_change_at(plan, i);

		if (change->kind != CHANGE_ROUTE || change->result != CHANGE_HELD)
			continue;
		sum = hash_bytes(sum != 0 ? sum : HASH_BEGIN,
				 rows_at(&scene->have->rows[CHANGE_ROUTE], change->have),
				 ROUTE_DESTINATION_SIZE);
	}
	return sum;
}

bool patience_is_out(struct patience *patience, const struct plan *plan,
		     const struct guard_scene *scene, int64_t now)
{
	int64_t hold_for = (int64_t)scene->config->guard.hold_for_ms;
	uint64_t held = sum_held(plan, scene);

	if (held != patience->held)
		patience->held_since = now;
	patience->held = held;
	if (held == 0)
		return false;
	if (held == patience->release)
		return true;
	if (hold_for == 0)
		return false;
	if (now - patience->held_since >= hold_for)
		return true;
	wait_until(patience, patience->held_since + hold_for);
	return false;
}
