/* text.c - comparing, reading and guessing words. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/text.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#define WORD_MAX 32 /* longer words get no suggestion */

bool text_same(struct text a, struct text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* Eight bytes at a time: the lowest bit that is set belongs to the first one that is not printable,
 * whatever is carried on from it. */
size_t text_printable(struct text text)
{
	const uint64_t ones = UINT64_MAX / 0xff;
	const uint64_t tops = ones * 0x80;
	size_t run = 0;
	uint64_t word;

	for (; text.len - run >= sizeof(word); run += sizeof(word)) {
		memcpy(&word, text.at + run, sizeof(word));
		word = le64toh(word);
		word = (word | (word + ones) | (word - ones * 0x20)) & tops;
		if (word != 0)
			return run + (size_t)__builtin_ctzll(word) / 8;
	}
	while (run < text.len && text.at[run] >= 0x20 && text.at[run] < 0x7f)
		run++;
	return run;
}

struct text text_cut(struct text *rest, char at)
{
	const char *end = rest->len > 0 ? memchr(rest->at, at, rest->len) : NULL;
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->at);
	struct text piece = {.at = rest->at, .len = len};

	len += end != NULL;
	*rest = (struct text){.at = rest->at + len, .len = rest->len - len};
	return piece;
}

struct text text_next_line(struct text *rest)
{
	return text_cut(rest, '\n');
}

int text_to_u64(struct text text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)(text.at[i] - '0');

		if (text.at[i] < '0' || digit > 9)
			return -EINVAL;
		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool swapped(struct text a, struct text b, size_t i, size_t j)
{
	return i > 1 && j > 1 && same_letter(a.at[i - 1], b.at[j - 2]) &&
	       same_letter(a.at[i - 2], b.at[j - 1]);
}

/* Optimal string alignment; both words are at most WORD_MAX long. */
static unsigned distance(struct text a, struct text b)
{
	unsigned cost[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= a.len; i++)
		cost[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b.len; j++)
		cost[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		for (size_t j = 1; j <= b.len; j++) {
			unsigned change = !same_letter(a.at[i - 1], b.at[j - 1]);

			cost[i][j] = smallest(cost[i - 1][j] + 1, cost[i][j - 1] + 1,
					      cost[i - 1][j - 1] + change);
			if (swapped(a, b, i, j) && cost[i - 2][j - 2] + 1 < cost[i][j])
				cost[i][j] = cost[i - 2][j - 2] + 1;
		}
	}
	return cost[a.len][b.len];
}

const char *text_nearest(struct text text, text_word_fn *word, const void *words)
{
	const char *best = NULL;
	unsigned best_cost = text.len < 6 ? 3 : (unsigned)text.len / 3 + 1;
	const char *candidate;

	if (text.len == 0 || text.len > WORD_MAX)
		return NULL;
	for (size_t i = 0; (candidate = word(words, i)) != NULL; i++) {
		struct text other = text_of(candidate);
		unsigned cost;

		if (other.len > WORD_MAX)
			continue;
		cost = distance(text, other);
		if (cost < best_cost && cost < other.len) {
			best_cost = cost;
			best = candidate;
		}
	}
	return best;
}
