/* guard.c - counting what a plan would take away, and holding it when that is too much. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/guard.h"

#include <string.h>

static bool same_destination(const struct route *a, const struct route *b)
{
	return memcmp(a, b, ROUTE_DESTINATION_SIZE) == 0;
}

/* Whether a route to the destination is as wanted, and so not among those that differ. */
static bool is_served(const struct picture *picture, const struct route *route)
{
	const struct desired *desired = &picture->desired;
	uint32_t i = desired_find_destination(desired, route);

	while (desired_has_destination(desired, i, route) && !picture_is_there(picture, i))
		i++;
	return desired_has_destination(desired, i, route);
}

static uint32_t count_destinations(const struct picture *picture)
{
	const struct rows *have = &picture->have.rows[CHANGE_ROUTE];
	const struct route *last = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < picture->there.used; i++) {
		const struct route *route = desired_route_at(&picture->desired, i);

		if (!picture_is_there(picture, i))
			continue;
		count += last == NULL || !same_destination(last, route);
		last = route;
	}
	for (uint32_t i = 0; i < have->count; i++)
		count += (i == 0 || !same_destination(rows_at(have, i - 1), rows_at(have, i))) &&
			 !is_served(picture, rows_at(have, i));
	return count;
}

static bool stands_in_the_way(const struct config *config, const struct route *route)
{
	struct prefix prefix = route_prefix(route);

	return config_podcidr_covering(config, &prefix) != CONFIG_NOT_FOUND ||
	       config_podcidr_inside(config, &prefix) != CONFIG_NOT_FOUND;
}

bool guard_is_leaving(const struct picture *picture, const struct route *route)
{
	uint32_t want = desired_find_destination(&picture->desired, route);

	return !desired_has_destination(&picture->desired, want, route) &&
	       !stands_in_the_way(picture->config, route);
}

static bool is_due_deletion(const struct change *change)
{
	return change->action == CHANGE_DELETE && change->result == CHANGE_PLANNED;
}

static uint32_t count_leaving(const struct picture *picture)
{
	const struct route *last = NULL;
	uint32_t count = 0;

	for_each_change (change, &picture->plan) {
		const struct route *route;

		if (change->kind != CHANGE_ROUTE || !is_due_deletion(change))
			continue;
		route = picture_was(picture, change);
		count += (last == NULL || !same_destination(last, route)) &&
			 guard_is_leaving(picture, route);
		last = route;
	}
	return count;
}

static bool is_too_much(const struct config_guard *guard, const struct guard_verdict *verdict)
{
	if (verdict->leaving <= guard->always_allow)
		return false;
	if (guard->max_delete_is_percent)
		return (uint64_t)verdict->leaving * 100 >
		       (uint64_t)guard->max_delete * verdict->owned;
	return verdict->leaving > guard->max_delete;
}

/* A held route needs its neighbour and FDB entries. We do not track which, so all are held. */
void guard_hold(struct picture *picture)
{
	for_each_change (change, &picture->plan) {
		if (is_due_deletion(change) &&
		    (change->kind != CHANGE_ROUTE ||
		     guard_is_leaving(picture, picture_was(picture, change))))
			change->result = CHANGE_HELD;
	}
	picture->guard.held = picture->guard.leaving > 0;
}

void guard_apply(struct picture *picture, bool allow)
{
	picture->guard = (struct guard_verdict){
		.leaving = count_leaving(picture),
		.owned = count_destinations(picture),
	};
	if (!allow && is_too_much(&picture->config->guard, &picture->guard))
		guard_hold(picture);
}

void guard_release(struct picture *picture)
{
	for_each_change (change, &picture->plan) {
		if (change->result == CHANGE_HELD)
			change->result = CHANGE_PLANNED;
	}
	picture->guard.held = false;
}

void guard_add_words(struct buf *buf, const struct picture *picture)
{
	const struct config_guard *guard = &picture->config->guard;

	buf_add(buf, "%u of %u destinations would go, over guard.maxDelete %u%s",
		picture->guard.leaving, picture->guard.owned, guard->max_delete,
		guard->max_delete_is_percent ? "%" : "");
}
