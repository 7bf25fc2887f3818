/* fence.h - what was received ends where it ends, though the buffer that it came into goes on. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <sanitizer/asan_interface.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static struct {
	uint8_t *at;
	size_t room;
} fences[2];

static inline void fence_lift(void)
{
	for (size_t i = 0; i < 2; i++) {
		ASAN_UNPOISON_MEMORY_REGION(fences[i].at, fences[i].room);
		fences[i].room = 0;
	}
}

/* Put bytes into the `i`-th buffer; ASan sees the first byte that is read behind them. */
static inline void fence_put(size_t i, void *at, size_t room, const void *bytes, size_t len)
{
	ASAN_UNPOISON_MEMORY_REGION(at, room);
	memcpy(at, bytes, len);
	ASAN_POISON_MEMORY_REGION((uint8_t *)at + len, room - len);
	fences[i].at = at;
	fences[i].room = room;
}
