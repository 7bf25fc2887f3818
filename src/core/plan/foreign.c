/* foreign.c - weighing other programs' routes against ours. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/foreign.h"

#include <errno.h>
#include <string.h>

#define NOT_KEPT UINT32_MAX

int foreign_begin(struct foreign *foreign, uint32_t want)
{
	rows_reset(&foreign->routes);
	arena_reset(&foreign->marks);
	foreign->worst = FOREIGN_NONE;
	if (want == 0)
		return 0;
	return arena_push(&foreign->marks, want * sizeof(struct foreign_mark)) != NULL ? 0
										       : -ENOSPC;
}

static struct foreign_mark *mark_at(const struct foreign *foreign, uint32_t want)
{
	return (struct foreign_mark *)(void *)foreign->marks.base + want;
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
	struct foreign_mark *mark = mark_at(foreign, want);

	if (mark->effect >= effect)
		return;
	mark->effect = effect;
	if (effect > foreign->worst)
		foreign->worst = effect;
	mark->route = rows_add(&foreign->routes, route) == 0 ? foreign->routes.count - 1 : NOT_KEPT;
}

/* One that leads like any of our next hops leads the same way. */
static enum foreign_effect winning_effect(const struct desired *desired, uint32_t want,
					  const struct route *route)
{
	const struct route *ours = desired_route_at(desired, want);

	for (uint32_t i = rows_find(&desired->want.rows[CHANGE_ROUTE], ours);
	     i < desired_route_count(desired) &&
	     memcmp(desired_route_at(desired, i), ours, ROUTE_KEY_SIZE) == 0;
	     i++) {
		if (route_same_way(desired_route_at(desired, i), route))
			return FOREIGN_NOTE;
	}
	return FOREIGN_SHADOWS;
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
	return winning_effect(desired, want, route);
}

static void weigh_same_destination(struct picture *picture, const struct route *route)
{
	const struct desired *desired = &picture->desired;
	uint32_t want = desired_find_destination(desired, route);

	for (; desired_has_destination(desired, want, route); want++)
		put_mark(&picture->foreign, want, effect_on(desired, want, route), route);
}

/* A more specific route takes its part out of a pod route, whatever its metric. */
static void weigh_inside(struct picture *picture, const struct route *route)
{
	const struct config *config = picture->config;
	const struct desired *desired = &picture->desired;
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
		put_mark(&picture->foreign, want, winning_effect(desired, want, route), route);
}

void foreign_weigh(struct picture *picture, const struct route *route)
{
	if (route->protocol == picture->protocol || desired_route_count(&picture->desired) == 0)
		return;
	weigh_same_destination(picture, route);
	weigh_inside(picture, route);
}

void foreign_weigh_key(struct picture *picture, const struct route *route)
{
	uint32_t want = rows_find(&picture->desired.want.rows[CHANGE_ROUTE], route);

	if (want != ROWS_NOT_FOUND)
		put_mark(&picture->foreign, want, FOREIGN_CONFLICT, route);
}
