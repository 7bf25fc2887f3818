/* foreign.c - weighing other programs' routes against ours. */
#include "croute/core/plan/foreign.h"

#include <errno.h>
#include <string.h>

#include "croute/core/plan/owner.h"

#define NOT_KEPT UINT32_MAX

struct mark {
	uint32_t route;
	uint32_t effect;
};

void foreign_init(struct foreign *foreign)
{
	*foreign = (struct foreign){0};
	rows_init(&foreign->routes, sizeof(struct route), ROUTE_KEY_SIZE, FOREIGN_ROUTES_MOST);
	foreign->marks.limit = sizeof(struct mark) * DESIRED_ROUTES_MOST;
}

int foreign_begin(struct foreign *foreign, uint32_t want)
{
	rows_reset(&foreign->routes);
	arena_reset(&foreign->marks);
	if (want == 0)
		return 0;
	return arena_push(&foreign->marks, want * sizeof(struct mark)) != NULL ? 0 : -ENOSPC;
}

void foreign_release(struct foreign *foreign)
{
	rows_release(&foreign->routes);
	arena_release(&foreign->marks);
}

static struct mark *mark_at(const struct foreign *foreign, uint32_t want)
{
	return (struct mark *)(void *)foreign->marks.base + want;
}

enum foreign_effect foreign_effect_on(const struct foreign *foreign, uint32_t want)
{
	if (foreign->marks.used == 0)
		return FOREIGN_NONE;
	return (enum foreign_effect)mark_at(foreign, want)->effect;
}

uint32_t foreign_route_on(const struct foreign *foreign, uint32_t want)
{
	if (foreign_effect_on(foreign, want) == FOREIGN_NONE)
		return NOT_KEPT;
	return mark_at(foreign, want)->route;
}

static void put_mark(struct foreign *foreign, uint32_t want, enum foreign_effect effect,
		     const struct route *route)
{
	struct mark *mark = mark_at(foreign, want);

	if (mark->effect >= effect)
		return;
	mark->effect = effect;
	mark->route = rows_add(&foreign->routes, route) == 0 ? foreign->routes.count - 1 : NOT_KEPT;
}

static enum foreign_effect winning_effect(const struct route *ours, const struct route *route)
{
	return route_same_way(ours, route) ? FOREIGN_NOTE : FOREIGN_SHADOWS;
}

/* Whatever wins over the blackhole of this node's own podCIDR, the pods' bridge above all, is meant
 * to. */
static enum foreign_effect effect_on(const struct desired *desired, uint32_t want,
				     const struct route *route)
{
	const struct route *ours = desired_route_at(desired, want);

	if (memcmp(ours, route, ROUTE_KEY_SIZE) == 0)
		return FOREIGN_CONFLICT;
	if (route->tos != 0 || route->metric >= ours->metric || desired_is_own(desired, want))
		return FOREIGN_NONE;
	return winning_effect(ours, route);
}

static void weigh_same_destination(struct foreign *foreign, const struct desired *desired,
				   const struct route *route)
{
	uint32_t want = desired_find_destination(desired, route);

	for (; desired_has_destination(desired, want, route); want++)
		put_mark(foreign, want, effect_on(desired, want, route), route);
}

/* A more specific route takes its part out of a pod route, whatever its metric. */
static void weigh_inside(struct foreign *foreign, const struct config *config,
			 const struct desired *desired, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	uint32_t index = config_podcidr_covering(config, &prefix);
	struct route like = {.table = route->table};
	uint32_t want;

	if (index == CONFIG_NOT_FOUND || route->table != config->kernel.table || route->tos != 0)
		return;
	route_set_dst(&like, &config_podcidr_at(config, index)->prefix);
	if (like.dst_len == route->dst_len)
		return;
	want = desired_find_destination(desired, &like);
	if (desired_has_destination(desired, want, &like) && !desired_is_own(desired, want))
		put_mark(foreign, want, winning_effect(desired_route_at(desired, want), route),
			 route);
}

void foreign_weigh(struct foreign *foreign, const struct config *config,
		   const struct desired *desired, const struct route *route)
{
	if (owner_has_route(route, config->kernel.protocol) || desired_route_count(desired) == 0)
		return;
	weigh_same_destination(foreign, desired, route);
	weigh_inside(foreign, config, desired, route);
}

void foreign_weigh_key(struct foreign *foreign, const struct desired *desired,
		       const struct route *route)
{
	uint32_t want = rows_find(&desired->want.rows[CHANGE_ROUTE], route);

	if (want != ROWS_NOT_FOUND)
		put_mark(foreign, want, FOREIGN_CONFLICT, route);
}
