/* arena.h - one growing array of one kind of thing, whose memory goes back when it is done. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A range of addresses is reserved at the first push, and becomes memory page by page as it is
 * filled: what lies in it never moves, nothing is copied to grow, and only what is used counts as
 * resident (mmap(2), MAP_NORESERVE). Zero-initialise; set `limit` before the first push. Things of
 * one arena lie back to back, so keep to one size each.
 */
struct arena {
	uint8_t *base;
	size_t used;
	size_t ready;	/* bytes made accessible so far */
	size_t limit;	/* bytes that may ever be used; rounded up to pages */
	bool exhausted; /* the system refused memory below the limit; until it is released */
};

/* Set the limit, where the range is not reserved yet. */
static inline void arena_set_limit(struct arena *arena, size_t limit)
{
	if (arena->base == NULL)
		arena->limit = limit;
}

/* Make `size` bytes more accessible. False when the limit is reached or the system has no memory
 * left. */
bool arena_grow(struct arena *arena, size_t size);

/* `size` zeroed bytes, or NULL as arena_grow. Inline, for each row of anything is one. What just
 * fits goes there, too, and so do no bytes of an arena without a base. */
static inline void *arena_push(struct arena *arena, size_t size)
{
	if (size >= arena->ready - arena->used && !arena_grow(arena, size))
		return NULL;
	arena->used += size;
	return memset(arena->base + arena->used - size, 0, size);
}

/* The same for a copy of `bytes`. */
static inline void *arena_put(struct arena *arena, const void *bytes, size_t size)
{
	if (size >= arena->ready - arena->used && !arena_grow(arena, size))
		return NULL;
	arena->used += size;
	return memcpy(arena->base + arena->used - size, bytes, size);
}

/* Drop the last `size` bytes pushed; they are zeroed when pushed again. */
void arena_pop(struct arena *arena, size_t size);

#define ARENA_KEPT ((size_t)1 << 20) /* bytes; a fault costs more than filling the page */

/* Empty it, and give its pages back if it held more than ARENA_KEPT; the range stays reserved, so
 * that filling it again needs no allocation. */
void arena_reset(struct arena *arena);

/* Give the pages behind what is used back: of a fuller time, before arena_reset. */
void arena_trim(struct arena *arena);

/* Give back everything. */
void arena_release(struct arena *arena);
