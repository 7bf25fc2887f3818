/* picture.c - the memory of a picture, and the rows that its changes speak of. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/picture.h"

#include <errno.h>
#include <string.h>

void picture_init(struct picture *picture)
{
	struct plan *plan = &picture->plan;

	*picture = (struct picture){.node.index = CONFIG_NOT_FOUND};
	links_init(&picture->links);
	desired_init(&picture->desired);
	state_init(&picture->have, 0);
	picture->there.limit = DESIRED_ROUTES_MOST;
	rows_init(&picture->foreign.routes, sizeof(struct route), ROUTE_KEY_SIZE,
		  FOREIGN_ROUTES_MOST);
	picture->foreign.marks.limit = sizeof(struct foreign_mark) * DESIRED_ROUTES_MOST;
	plan->changes.limit = sizeof(struct change) * 2 * DESIRED_ROUTES_MOST;
	plan->failures.limit = sizeof(struct failure) * PLAN_FAILURES_MOST;
	plan->parts.limit = STATE_ROWS_MOST;
}

void picture_release(struct picture *picture)
{
	links_release(&picture->links);
	desired_release(&picture->desired);
	state_release(&picture->have);
	arena_release(&picture->there);
	rows_release(&picture->foreign.routes);
	arena_release(&picture->foreign.marks);
	arena_release(&picture->plan.changes);
	arena_release(&picture->plan.failures);
	arena_release(&picture->plan.parts);
}

void picture_reset_plan(struct picture *picture)
{
	arena_reset(&picture->plan.changes);
	arena_reset(&picture->plan.failures);
	arena_reset(&picture->plan.parts);
	picture->plan.wanted = 0;
	picture->plan.unchanged = 0;
}

static void reset_rows(struct picture *picture)
{
	picture_reset_plan(picture);
	state_reset(&picture->have);
	arena_reset(&picture->there);
	rows_reset(&picture->foreign.routes);
	arena_reset(&picture->foreign.marks);
}

void picture_begin(struct picture *picture, const struct config *config, uint32_t protocol)
{
	reset_rows(picture);
	*picture = (struct picture){
		.config = config,
		.protocol = protocol,
		.node.index = CONFIG_NOT_FOUND,
		.links = picture->links,
		.desired = picture->desired,
		.have = picture->have,
		.there = picture->there,
		.foreign = picture->foreign,
		.plan = picture->plan,
	};
}

void picture_forget(struct picture *picture)
{
	reset_rows(picture);
	desired_forget(&picture->desired);
	links_reset(&picture->links);
}

int picture_begin_routes(struct picture *picture)
{
	uint32_t count = desired_route_count(&picture->desired);

	rows_reset(&picture->have.rows[CHANGE_ROUTE]);
	arena_reset(&picture->there);
	picture->next = 0;
	return count == 0 || arena_push(&picture->there, count) != NULL ? 0 : -ENOSPC;
}

/* Next hops of one route are judged together. */
static bool is_as_wanted(const struct picture *picture, uint32_t i, const struct route *route)
{
	return i < desired_route_count(&picture->desired) && route->hops < 2 &&
	       memcmp(desired_route_at(&picture->desired, i), route, sizeof(*route)) == 0;
}

int picture_take_route(struct picture *picture, const struct route *route)
{
	const struct rows *want = &picture->desired.want.rows[CHANGE_ROUTE];
	uint32_t i = picture->next;

	if (!is_as_wanted(picture, i, route)) {
		i = rows_seek(want, route, sizeof(*route), i);
		picture->next = i;
		if (!is_as_wanted(picture, i, route))
			return rows_add(&picture->have.rows[CHANGE_ROUTE], route);
	}
	picture->there.base[i] = 1;
	picture->next = i + 1;
	return 0;
}

/* What is as wanted, but not alone on its key, is kept after all. */
int picture_settle_routes(struct picture *picture)
{
	const struct rows *want = &picture->desired.want.rows[CHANGE_ROUTE];
	struct rows *have = &picture->have.rows[CHANGE_ROUTE];
	uint32_t count = have->count;
	uint32_t i = 0;
	int status = 0;

	for (uint32_t j = 0; j < count && status == 0; j++) {
		i = rows_seek(want, rows_at(have, j), want->key_size, i);
		if (!picture_is_there(picture, i) || rows_compare_keys(want, i, have, j) != 0)
			continue;
		picture->there.base[i] = 0;
		status = rows_add(have, rows_at(want, i));
	}
	rows_settle(have);
	return status;
}

uint32_t picture_pod_vrf(const struct picture *picture)
{
	const struct link *vrf = links_vrf_with(&picture->links, picture->config->kernel.table);

	return vrf != NULL ? vrf->index : 0;
}

uint32_t picture_link_vrf(const struct picture *picture, uint8_t family)
{
	const struct link *vrf = links_vrf_of(&picture->links,
					      picture->family[FAMILY_INDEX(family)].link.index);

	return vrf != NULL ? vrf->index : 0;
}

const void *picture_was(const struct picture *picture, const struct change *change)
{
	return rows_at(&picture->have.rows[change->kind], change->have);
}

const void *picture_row(const struct picture *picture, const struct change *change)
{
	if (change->want == CHANGE_NO_ROW)
		return picture_was(picture, change);
	return rows_at(&picture->desired.want.rows[change->kind], change->want);
}

/* Rows that do not add up are of several routes on one key. */
static struct route_hops gather(const struct rows *rows, uint32_t first)
{
	const struct route *route = rows_at(rows, first);
	struct route_hops hops;

	hops.count = 0;
	for (uint32_t i = first;
	     route->hops > 1 && i < rows->count && rows_compare_keys(rows, first, rows, i) == 0;
	     i++) {
		const struct route *row = rows_at(rows, i);

		if (row->hops == route->hops && hops.count++ < ROUTE_HOPS_MOST)
			hops.at[hops.count - 1] = row;
	}
	if (hops.count != route->hops || hops.count > ROUTE_HOPS_MOST || hops.count == 0) {
		hops.at[0] = route;
		hops.count = 1;
	}
	return hops;
}

struct route_hops picture_was_hops(const struct picture *picture, const struct change *change)
{
	if (change->action != CHANGE_TRIM)
		return gather(&picture->have.rows[CHANGE_ROUTE], change->have);
	return (struct route_hops){.at = {picture_was(picture, change)}, .count = 1};
}

struct route_hops picture_hops(const struct picture *picture, const struct change *change)
{
	if (change->want == CHANGE_NO_ROW)
		return picture_was_hops(picture, change);
	return gather(&picture->desired.want.rows[CHANGE_ROUTE], change->want);
}
