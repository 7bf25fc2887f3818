/* guard.c - counting what a plan would take away, and holding it when that is too much. */
#include "croute/core/guard.h"

#include <string.h>

static bool same_destination(const struct route *a, const struct route *b)
{
	return memcmp(a, b, ROUTE_DESTINATION_SIZE) == 0;
}

static uint32_t count_destinations(const struct rows *have)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < have->count; i++)
		count += i == 0 || !same_destination(rows_at(have, i - 1), rows_at(have, i));
	return count;
}

static bool stands_in_the_way(const struct config *config, const struct route *route)
{
	struct prefix prefix = route_prefix(route);

	return config_podcidr_covering(config, &prefix) != CONFIG_NOT_FOUND ||
	       config_podcidr_inside(config, &prefix) != CONFIG_NOT_FOUND;
}

/* Whether the deletion of `route` leaves its destination without any route of croute's, and nobody
 * wants that. */
static bool is_leaving(const struct config *config, const struct desired *desired,
		       const struct route *route)
{
	uint32_t want = desired_find_destination(desired, route);

	return !desired_has_destination(desired, want, route) && !stands_in_the_way(config, route);
}

static uint32_t count_leaving(const struct plan *plan, const struct config *config,
			      const struct desired *desired, const struct state *have)
{
	const struct route *last = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		const struct change *change = plan_change_at(plan, i);
		const struct route *route;

		if (change->kind != CHANGE_ROUTE || change->action != CHANGE_DELETE)
			continue;
		route = rows_at(&have->rows[CHANGE_ROUTE], change->have);
		if ((last == NULL || !same_destination(last, route)) &&
		    is_leaving(config, desired, route))
			count++;
		last = route;
	}
	return count;
}

static bool is_too_much(const struct config_guard *guard, struct guard_verdict verdict)
{
	if (verdict.leaving <= guard->always_allow)
		return false;
	if (guard->max_delete_is_percent)
		return (uint64_t)verdict.leaving * 100 >
		       (uint64_t)guard->max_delete * verdict.owned;
	return verdict.leaving > guard->max_delete;
}

/* With a route stays what it needs. Which neighbours and forwarding entries those are is not worth
 * finding out: all that would go stay. */
static bool is_held(const struct change *change, const struct config *config,
		    const struct desired *desired, const struct state *have)
{
	if (change->action != CHANGE_DELETE)
		return false;
	return change->kind != CHANGE_ROUTE ||
	       is_leaving(config, desired, rows_at(&have->rows[CHANGE_ROUTE], change->have));
}

static void hold(struct plan *plan, const struct config *config, const struct desired *desired,
		 const struct state *have)
{
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (is_held(change, config, desired, have))
			change->result = CHANGE_HELD;
	}
}

struct guard_verdict guard_apply(struct plan *plan, const struct config *config,
				 const struct desired *desired, const struct state *have,
				 bool allow)
{
	struct guard_verdict verdict = {
		.leaving = count_leaving(plan, config, desired, have),
		.owned = count_destinations(&have->rows[CHANGE_ROUTE]),
	};

	verdict.held = !allow && is_too_much(&config->guard, verdict);
	if (verdict.held)
		hold(plan, config, desired, have);
	return verdict;
}
