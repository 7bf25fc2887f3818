/* kernel_model.h - what the kernel does with the changes of a plan, in memory. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "world.h"

/* The rows of the kernel on a key; the first of them in `*at`. */
static inline uint32_t model_find_key(const struct rows *rows, const void *like, uint32_t *at)
{
	uint32_t count = 0;

	for (uint32_t i = rows->count; i-- > 0;) {
		if (memcmp(rows_at(rows, i), like, rows->key_size) != 0)
			continue;
		*at = i;
		count++;
	}
	return count;
}

static inline void model_remove_row(struct rows *rows, uint32_t i)
{
	memmove(rows_at(rows, i), rows_at(rows, i + 1), (size_t)(rows->count - i - 1) * rows->size);
	arena_pop(&rows->arena, rows->size);
	rows->count--;
}

/* Whether a delete of `like` hits the row: it carries what kernel_write puts into one. */
static inline bool model_is_hit(enum change_kind kind, const void *row, const void *like)
{
	const struct route *route = row;
	const struct route *named = like;

	if (memcmp(row, like, state_row_size(kind)) == 0)
		return true;
	return kind == CHANGE_ROUTE && memcmp(row, like, ROUTE_KEY_SIZE) == 0 &&
	       route->protocol == named->protocol && route->type == named->type &&
	       route->oif == named->oif &&
	       memcmp(route->gateway, named->gateway, sizeof(route->gateway)) == 0;
}

/* All rows of the route with several next hops that is on the key; how many. */
static inline uint32_t model_remove_hops(struct rows *rows, const struct route *like)
{
	uint32_t count = 0;

	for (uint32_t i = rows->count; i-- > 0;) {
		const struct route *row = rows_at(rows, i);

		if (memcmp(row, like, ROUTE_KEY_SIZE) != 0 || row->hops < 2 ||
		    row->protocol != like->protocol)
			continue;
		model_remove_row(rows, i);
		count++;
	}
	return count;
}

/* The others are fewer now. */
static inline void model_leave_hop(struct rows *rows, const struct route *gone)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		struct route *row = rows_at(rows, i);

		if (memcmp(row, gone, ROUTE_KEY_SIZE) == 0 && row->hops == gone->hops)
			row->hops = row->hops > 2 ? (uint8_t)(row->hops - 1) : 0;
	}
}

static inline void model_remove_like(struct rows *rows, enum change_kind kind, const void *like)
{
	struct route gone = {.family = 0};

	if (kind == CHANGE_ROUTE)
		memcpy(&gone, like, sizeof(gone));
	if (gone.hops > 1 && gone.family == AF_INET) {
		assert_true(model_remove_hops(rows, &gone) > 0);
		return;
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		if (!model_is_hit(kind, rows_at(rows, i), like))
			continue;
		model_remove_row(rows, i);
		if (gone.hops > 1)
			model_leave_hop(rows, &gone);
		return;
	}
	fail_msg("a delete names a row that is not there");
}

/* Of routes with several next hops, present or wanted, all the rows at once. */
static inline void model_apply_hops(struct world *world, const struct change *change)
{
	struct rows *rows = &world->kernel.rows[CHANGE_ROUTE];
	struct route_hops wanted = picture_hops(&world->picture, change);
	uint32_t at = 0;

	if (change->action == CHANGE_DELETE) {
		assert_true(model_remove_hops(rows, wanted.at[0]) > 0);
		return;
	}
	assert_int_equal(change->action == CHANGE_REPLACE,
			 model_find_key(rows, wanted.at[0], &at) > 0);
	while (change->action == CHANGE_REPLACE && model_find_key(rows, wanted.at[0], &at) > 0)
		model_remove_row(rows, at);
	assert_int_equal(model_find_key(rows, wanted.at[0], &at), 0);
	for (uint32_t i = 0; i < wanted.count; i++)
		assert_int_equal(rows_add(rows, wanted.at[i]), 0);
}

/* What the kernel does with a change: an add excludes, a replace hits what is on the key. */
static inline void model_apply(struct world *world, const struct change *change)
{
	struct rows *rows = &world->kernel.rows[change->kind];
	const struct rows *owned = &world->picture.have.rows[change->kind];
	const struct rows *want = &world->picture.desired.want.rows[change->kind];
	const struct route *was = change->have != CHANGE_NO_ROW && change->kind == CHANGE_ROUTE
					  ? rows_at(owned, change->have)
					  : NULL;
	bool hops = change->kind == CHANGE_ROUTE &&
		    ((was != NULL && was->hops > 1) ||
		     (change->want != CHANGE_NO_ROW &&
		      ((const struct route *)rows_at(want, change->want))->hops > 1));
	uint32_t at = 0;

	if (hops && change->action != CHANGE_TRIM) {
		model_apply_hops(world, change);
	} else if (change->action == CHANGE_DELETE || change->action == CHANGE_TRIM) {
		model_remove_like(rows, change->kind, rows_at(owned, change->have));
	} else if (change->action == CHANGE_ADD) {
		assert_int_equal(model_find_key(rows, rows_at(want, change->want), &at), 0);
		assert_int_equal(rows_add(rows, rows_at(want, change->want)), 0);
	} else if (change->action == CHANGE_REPLACE) {
		assert_int_equal(model_find_key(rows, rows_at(want, change->want), &at), 1);
		assert_memory_equal(rows_at(rows, at), rows_at(owned, change->have), rows->size);
		memcpy(rows_at(rows, at), rows_at(want, change->want), rows->size);
	}
}

static inline void model_apply_all(struct world *world, unsigned actions)
{
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if ((1U << change->action & actions) != 0 && change->result == CHANGE_PLANNED)
			model_apply(world, change);
	}
}

/* In the order of a pass: surplus rows, then additions and changes, then deletions. */
static inline void model_apply_plan(struct world *world)
{
	model_apply_all(world, 1U << CHANGE_TRIM);
	model_apply_all(world, 1U << CHANGE_ADD | 1U << CHANGE_REPLACE);
	model_apply_all(world, 1U << CHANGE_DELETE);
}
