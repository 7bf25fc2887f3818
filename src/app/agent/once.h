/* once.h - remembers what was reported, so that a problem is logged once and not at every try. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ONCE_MOST 128 /* problems tracked at one time */

/* Hashes of the texts of this round and of the one before. Zero-initialise. */
struct once {
	uint64_t now[ONCE_MOST];
	uint64_t before[ONCE_MOST];
	uint32_t now_count;
	uint32_t before_count;
};

/* A new round begins: what is not reported in it may be reported again later. */
void once_next_round(struct once *once);

/* Note that `text` is true in this round. Whether it is new, that is, was not so in the last. Past
 * ONCE_MOST nothing is new. */
bool once_is_new(struct once *once, const char *text);
