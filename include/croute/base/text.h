/* text.h - a piece of text that somebody else owns, and what one asks of it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view: not owned, not NUL-terminated, valid as long as what it was made from. */
struct text {
	const char *at;
	size_t len;
};

/* The view of a NUL-terminated string. */
static inline struct text text_of(const char *string)
{
	return (struct text){.at = string, .len = strlen(string)};
}

/* Inline, since both are asked of every word of a file. */
static inline bool text_is(struct text text, const char *string)
{
	size_t len = strlen(string);

	return text.len == len && memcmp(text.at, string, len) == 0;
}

static inline bool text_starts(struct text text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.at, prefix, len) == 0;
}

bool text_same(struct text a, struct text b);

/* How many bytes at the beginning are ASCII without control characters: 0x20 to 0x7e. */
size_t text_printable(struct text text);

/* Take what stands before the next `at` off the text, and that with it; all of it where there is
 * none. */
struct text text_cut(struct text *rest, char at);

/* Take the first line off `rest`, without its line end. */
struct text text_next_line(struct text *rest);

/*
 * Read the whole text as a decimal number of at most `max`.
 * 0; -EINVAL when it is no number; -ERANGE when it is larger than max. `out` is untouched on
 * failure.
 */
int text_to_u64(struct text text, uint64_t max, uint64_t *out);

/* A walker over candidate words: the i-th, or NULL past the last. */
typedef const char *text_word_fn(const void *words, size_t i);

/*
 * The candidate nearest to `text` by edit distance (insertions, deletions, changes, swapped
 * neighbours; case ignored), for "did you mean". NULL when none is near enough to be meant: over a
 * third of the word's length, two edits for short words.
 */
const char *text_nearest(struct text text, text_word_fn *word, const void *words);
