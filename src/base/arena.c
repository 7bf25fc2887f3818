/* arena.c - reserved address ranges, committed as they are filled. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/arena.h"

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

bool arena_grow(struct arena *arena, size_t size)
{
	if (size > arena->limit || arena->used > arena->limit - size)
		return false;
	if (make_ready(arena, arena->used + size) == 0)
		return true;
	arena->exhausted = true;
	return false;
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

void arena_trim(struct arena *arena)
{
	size_t used = round_up(arena->used, PAGE);

	if (used < arena->ready)
		(void)madvise(arena->base + used, arena->ready - used, MADV_DONTNEED);
}

void arena_release(struct arena *arena)
{
	if (arena->base != NULL)
		(void)munmap(arena->base, arena->limit);
	*arena = (struct arena){.limit = arena->limit};
}
