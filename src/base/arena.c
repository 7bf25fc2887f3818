/* arena.c - reserved address ranges, committed as they are filled. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/arena.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define FIRST                                                                                      \
	((size_t)256 * 1024)	 /* made accessible at first; untouched pages of it cost nothing */
#define STEP ((size_t)64 * 1024) /* and then at a time */

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

static int reserve(struct arena *arena)
{
	void *base;

	arena->limit = round_up(arena->limit, PAGE);
	base = mmap(NULL, arena->limit, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		    0);
	if (base == MAP_FAILED)
		return -1;
	arena->base = base;
	return 0;
}

static int make_ready(struct arena *arena, size_t need)
{
	size_t ready = round_up(need, arena->ready > 0 ? STEP : FIRST);

	if (arena->base == NULL && reserve(arena) < 0)
		return -1;
	if (ready > arena->limit)
		ready = arena->limit;
	if (mprotect(arena->base + arena->ready, ready - arena->ready, PROT_READ | PROT_WRITE) < 0)
		return -1;
	/* All pages of a step at once take a third less time than a fault for each. */
	if (arena->ready > 0)
		(void)madvise(arena->base + arena->ready, ready - arena->ready,
			      MADV_POPULATE_WRITE);
	arena->ready = ready;
	return 0;
}

static void *extend(struct arena *arena, size_t size)
{
	uint8_t *thing;

	if (size > arena->limit || arena->used > arena->limit - size)
		return NULL;
	if (arena->used + size > arena->ready && make_ready(arena, arena->used + size) < 0) {
		arena->exhausted = true;
		return NULL;
	}
	thing = arena->base + arena->used;
	arena->used += size;
	return thing;
}

void *arena_push(struct arena *arena, size_t size)
{
	void *thing = extend(arena, size);

	return thing != NULL ? memset(thing, 0, size) : NULL;
}

void *arena_put(struct arena *arena, const void *bytes, size_t size)
{
	void *thing = extend(arena, size);

	return thing != NULL ? memcpy(thing, bytes, size) : NULL;
}

void arena_pop(struct arena *arena, size_t size)
{
	arena->used -= size < arena->used ? size : arena->used;
}

void arena_reset(struct arena *arena)
{
	if (arena->used > ARENA_KEPT)
		(void)madvise(arena->base, arena->ready, MADV_DONTNEED);
	arena->used = 0;
}

void arena_release(struct arena *arena)
{
	if (arena->base != NULL)
		(void)munmap(arena->base, arena->limit);
	*arena = (struct arena){.limit = arena->limit};
}
