/* once.c - two rounds of sums over what is being said. */
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

void said_next_round(struct said *said)
{
	memcpy(said->before, said->now, sizeof(said->before));
	said->before_count = said->now_count;
	said->now_count = 0;
}

bool said_is_new(struct said *said, const char *text)
{
	uint64_t sum = hash_text(text);

	if (is_among(said->now, said->now_count, sum) || said->now_count == SAID_MOST)
		return false;
	said->now[said->now_count++] = sum;
	return !is_among(said->before, said->before_count, sum);
}
