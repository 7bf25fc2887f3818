/* recheck.h - what goes in masses, or as surplus, must show in two looks at the kernel. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/core/plan/plan.h"

/* A second look, compared with the first as it comes in. Zero-initialise; owns its arenas. */
struct recheck {
	const struct state *have;	 /* the first look, settled (rows.h); borrowed */
	struct arena seen[CHANGE_KINDS]; /* a byte per row of `have` */
	uint32_t next[CHANGE_KINDS];	 /* where the next row is looked for first */
};

/*
 * The kinds, as bits, of which the plan removes so much that one look is not enough: more than
 * `allow` destinations or entries, or several rows of one key. Mostly 0.
 */
unsigned recheck_kinds(const struct picture *picture, uint32_t allow);

/* Nothing of `have` has been seen again. 0 or -ENOSPC. */
int recheck_begin(struct recheck *recheck, const struct state *have);

/* The second look shows `row`. O(log n); of rows in order O(1). */
void recheck_take(struct recheck *recheck, enum change_kind kind, const void *row);

/*
 * When the second look does not show each row of `kinds` that is planned to go, and each that
 * shares its key with one, nothing is deleted: every planned deletion fails and says so.
 */
void recheck_settle(const struct recheck *recheck, unsigned kinds, struct picture *picture);

/* There was no second look, for this reason: every planned deletion fails. */
void recheck_refuse(struct picture *picture, const char *why);

void recheck_release(struct recheck *recheck);
