/* once.c - hashes of what this round and the last one reported. */
/* SPDX-License-Identifier: MIT */
#include "app/agent/once.h"

#include <string.h>

#include "croute/base/hash.h"

static bool is_among(const uint64_t *sums, uint32_t count, uint64_t sum)
{
	for (uint32_t i = 0; i < count; i++) {
		if (sums[i] == sum)
			return true;
	}
	return false;
}

void once_next_round(struct once *once)
{
	memcpy(once->before, once->now, sizeof(once->before));
	once->before_count = once->now_count;
	once->now_count = 0;
}

bool once_is_new(struct once *once, const char *text)
{
	uint64_t sum = hash_text(text);

	if (is_among(once->now, once->now_count, sum) || once->now_count == ONCE_MOST)
		return false;
	once->now[once->now_count++] = sum;
	return !is_among(once->before, once->before_count, sum);
}
