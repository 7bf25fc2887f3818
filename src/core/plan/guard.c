/* guard.c - counting what a plan would take away, and holding it when that is too much. */
#include "croute/core/plan/guard.h"

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

bool guard_is_leaving(const struct guard_scene *scene, const struct route *route)
{
	uint32_t want = desired_find_destination(scene->desired, route);

	return !desired_has_destination(scene->desired, want, route) &&
	       !stands_in_the_way(scene->config, route);
}

static bool is_due_deletion(const struct change *change)
{
	return change->action == CHANGE_DELETE && change->result == CHANGE_PLANNED;
}

static uint32_t count_leaving(const struct plan *plan, const struct guard_scene *scene)
{
	const struct route *last = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		const struct change *change = plan_change_at(plan, i);
		const struct route *route;

		if (change->kind != CHANGE_ROUTE || !is_due_deletion(change))
			continue;
		route = rows_at(&scene->have->rows[CHANGE_ROUTE], change->have);
		if ((last == NULL || !same_destination(last, route)) &&
		    guard_is_leaving(scene, route))
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
static bool is_held(const struct change *change, const struct guard_scene *scene)
{
	if (!is_due_deletion(change))
		return false;
	return change->kind != CHANGE_ROUTE ||
	       guard_is_leaving(scene, rows_at(&scene->have->rows[CHANGE_ROUTE], change->have));
}

struct guard_verdict guard_hold(struct plan *plan, const struct guard_scene *scene,
				struct guard_verdict verdict)
{
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (is_held(change, scene))
			change->result = CHANGE_HELD;
	}
	verdict.held = verdict.leaving > 0;
	return verdict;
}

struct guard_verdict guard_apply(struct plan *plan, const struct guard_scene *scene, bool allow)
{
	struct guard_verdict verdict = {
		.leaving = count_leaving(plan, scene),
		.owned = count_destinations(&scene->have->rows[CHANGE_ROUTE]),
	};

	if (!allow && is_too_much(&scene->config->guard, verdict))
		return guard_hold(plan, scene, verdict);
	return verdict;
}

struct guard_verdict guard_release(struct plan *plan, struct guard_verdict verdict)
{
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (change->result == CHANGE_HELD)
			change->result = CHANGE_PLANNED;
	}
	verdict.held = false;
	return verdict;
}

void guard_add_words(struct buf *buf, const struct config_guard *guard,
		     const struct guard_verdict *verdict)
{
	buf_add(buf, "%u of %u destinations would go, over guard.maxDelete %u%s", verdict->leaving,
		verdict->owned, guard->max_delete, guard->max_delete_is_percent ? "%" : "");
}
