/* hold.c - delays and holds of deletions, by the time since they were first due. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/hold.h"

#include <errno.h>
#include <string.h>

#include "croute/base/hash.h"
#include "croute/core/plan/guard.h"
#include "croute/core/plan/plan.h"

/* Since when a destination is unwanted. */
struct hold_row {
	uint8_t destination[ROUTE_DESTINATION_SIZE];
	uint8_t zero[2];
	int64_t since;
};
_Static_assert(ROUTE_DESTINATION_SIZE == 22, "two bytes fill it up to the next eight");

void hold_init(struct hold *hold)
{
	struct rows *const rows[] = {&hold->gone, &hold->spare, &hold->kept};

	*hold = (struct hold){0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rows_init(rows[i], sizeof(struct hold_row), ROUTE_DESTINATION_SIZE,
			  STATE_ROWS_MOST);
}

void hold_release(struct hold *hold)
{
	rows_release(&hold->gone);
	rows_release(&hold->spare);
	rows_release(&hold->kept);
}

static void wait_until(struct hold *hold, int64_t at)
{
	if (hold->due == 0 || at < hold->due)
		hold->due = at;
}

static struct hold_row row_of(const struct route *route, int64_t since)
{
	struct hold_row row = {.since = since};

	memcpy(row.destination, route, sizeof(row.destination));
	return row;
}

/* Since when the destination has been due, noted for the next pass. */
static int note_gone(struct hold *hold, const struct route *route, int64_t now, int64_t *since)
{
	struct hold_row row = row_of(route, now);
	uint32_t found = rows_find(&hold->gone, &row);

	if (found != ROWS_NOT_FOUND)
		memcpy(&row, rows_at(&hold->gone, found), sizeof(row));
	*since = row.since;
	return rows_add(&hold->spare, &row);
}

static int delay_route(struct hold *hold, const struct picture *picture, struct change *change,
		       int64_t now)
{
	const struct route *route = picture_was(picture, change);
	int64_t after = (int64_t)picture->config->guard.remove_after_ms;
	int64_t since;
	int status;

	if (!guard_is_leaving(picture, route))
		return 0;
	status = note_gone(hold, route, now, &since);
	if (status < 0 || now - since >= after)
		return status;
	change->result = CHANGE_DELAYED;
	wait_until(hold, since + after);
	return 0;
}

/* A delayed route needs its neighbour and FDB entries. */
static void delay_parts(const struct plan *plan)
{
	for_each_change (change, plan) {
		if (change->kind != CHANGE_ROUTE && change->action == CHANGE_DELETE)
			change->result = CHANGE_BLOCKED;
	}
}

int hold_delay(struct hold *hold, struct picture *picture, int64_t now)
{
	struct rows old = hold->gone;
	int status = 0;

	hold->due = 0;
	if (picture->config->guard.remove_after_ms == 0) {
		rows_reset(&hold->gone);
		return 0;
	}
	for_each_change (change, &picture->plan) {
		if (status == 0 && change->kind == CHANGE_ROUTE && change->action == CHANGE_DELETE)
			status = delay_route(hold, picture, change, now);
	}
	hold->gone = hold->spare;
	hold->spare = old;
	rows_reset(&hold->spare);
	if (hold->due != 0)
		delay_parts(&picture->plan);
	return status;
}

static bool same_settings(const struct config_guard *a, const struct config_guard *b)
{
	return a->max_delete == b->max_delete &&
	       a->max_delete_is_percent == b->max_delete_is_percent &&
	       a->always_allow == b->always_allow;
}

/* Of what is held, whatever is still there is still unwanted. */
static bool is_still_so(const struct hold *hold, const struct picture *picture)
{
	const struct rows *have = &picture->have.rows[CHANGE_ROUTE];
	const struct desired *desired = &picture->desired;
	bool any = false;

	if (hold->kept.count == 0 || !same_settings(&hold->kept_by, &picture->config->guard))
		return false;
	for (uint32_t i = 0; i < have->count; i++) {
		const struct route *route = rows_at(have, i);

		if (rows_find(&hold->kept, route) == ROWS_NOT_FOUND)
			continue;
		if (!guard_is_leaving(picture, route))
			return false;
		any = true;
	}
	for (uint32_t i = 0; any && i < picture->there.used; i++)
		any = !picture_is_there(picture, i) ||
		      rows_find(&hold->kept, desired_route_at(desired, i)) == ROWS_NOT_FOUND;
	return any;
}

void hold_keep(const struct hold *hold, struct picture *picture)
{
	if (picture->guard.held || picture->guard.leaving == 0 || !is_still_so(hold, picture))
		return;
	/* It is reported by the numbers that were over the limit. */
	picture->guard.owned = hold->kept_for.owned;
	guard_hold(picture);
}

static bool is_held_route(const struct change *change)
{
	return change->kind == CHANGE_ROUTE && change->result == CHANGE_HELD;
}

int hold_remember(struct hold *hold, const struct picture *picture)
{
	int status = 0;

	rows_reset(&hold->kept);
	hold->kept_by = picture->config->guard;
	hold->kept_for = picture->guard;
	for_each_change (change, &picture->plan) {
		struct hold_row row;

		if (status < 0 || !is_held_route(change))
			continue;
		row = row_of(picture_was(picture, change), 0);
		status = rows_add(&hold->kept, &row);
	}
	rows_sort(&hold->kept);
	return status;
}

/* Over the destinations that are held; 0 when none is. */
static uint64_t sum_held(const struct picture *picture)
{
	uint64_t sum = 0;

	for_each_change (change, &picture->plan) {
		if (is_held_route(change))
			sum = hash_bytes(sum != 0 ? sum : HASH_BEGIN, picture_was(picture, change),
					 ROUTE_DESTINATION_SIZE);
	}
	return sum;
}

bool hold_is_over(struct hold *hold, const struct picture *picture, int64_t now)
{
	int64_t hold_for = (int64_t)picture->config->guard.hold_for_ms;
	uint64_t held = sum_held(picture);

	if (held != hold->held)
		hold->held_since = now;
	hold->held = held;
	if (held == 0)
		return false;
	if (held == hold->release)
		return true;
	if (hold_for == 0)
		return false;
	if (now - hold->held_since >= hold_for)
		return true;
	wait_until(hold, hold->held_since + hold_for);
	return false;
}
