/* rows.h - an array of rows of one size that sorts and compares as bytes. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "croute/base/arena.h"

/*
 * Rows of want and have. A row is `size` bytes without padding or pointers; the first `key_size` of
 * them are its identity, the kernel's own key, the rest its value. Initialise with rows_init; owns
 * its arena.
 */
struct rows {
	struct arena arena;
	uint32_t size;
	uint32_t key_size;
	uint32_t count;
};

void rows_init(struct rows *rows, uint32_t size, uint32_t key_size, uint32_t most);

/* Append a copy of `row`. 0, -ENOSPC at the limit, or -ENOMEM. */
int rows_add(struct rows *rows, const void *row);

static inline void *rows_at(const struct rows *rows, uint32_t i)
{
	return rows->arena.base + (size_t)i * rows->size;
}

/* memcmp of the keys of row `i` of `a` and row `j` of `b`; both of one kind. */
int rows_compare_keys(const struct rows *a, uint32_t i, const struct rows *b, uint32_t j);

#define ROWS_NOT_FOUND UINT32_MAX /* as a guess: none */

/* The first row of sorted `rows` whose key equals that of the row at `key`, or ROWS_NOT_FOUND. */
uint32_t rows_find(const struct rows *rows, const void *key);

/* The first row of sorted `rows` that is not less than `row` by its first `size` bytes; `count`
 * when all are. `near` is a guess of it, as the answer for the row before: of rows asked for in
 * order, as kernel dumps mostly are, that costs two comparisons. */
uint32_t rows_seek(const struct rows *rows, const void *row, size_t size, uint32_t near);

/* By all bytes, in place, without allocating; quick when already in order, as kernel dumps mostly
 * are. */
void rows_sort(struct rows *rows);

/*
 * rows_sort, and of rows that are equal in every byte only one is kept. For what a dump brought:
 * one that is resumed after a change may bring a row again (net/core/neighbour.c, neigh_dump_table;
 * net/ipv6/ip6_fib.c, fib6_dump_node), and none that was seen twice may look like one too many.
 */
void rows_settle(struct rows *rows);
void rows_reset(struct rows *rows);
void rows_release(struct rows *rows);
