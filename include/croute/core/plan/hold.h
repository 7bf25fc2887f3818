/* hold.h - since when deletions are due, and since when they are held: an agent's memory. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/plan/picture.h"

/* Times are milliseconds of a clock that only moves forward. Owns its rows; initialise with
 * hold_init. */
struct hold {
	struct rows gone;  /* struct hold_row, sorted: destinations no longer wanted */
	struct rows spare; /* the next `gone` while it is made */
	struct rows kept;  /* struct hold_row, sorted: destinations that the guard holds */
	struct config_guard kept_by;   /* the settings by which it does */
	struct guard_verdict kept_for; /* and what it saw then */
	uint64_t held;		       /* sum over the destinations that are held; 0: none */
	uint64_t release; /* that sum, when a person lets just those go; 0: nobody does */
	int64_t held_since;
	int64_t due; /* when a delay or hold ends; 0: nothing waits */
};

void hold_init(struct hold *hold);
void hold_release(struct hold *hold);

/*
 * guard.removeAfter: mark deletions of routes of vanished nodes as delayed until they have been due
 * for that long, and with them all deletions of neighbours and forwarding entries. Run before
 * guard_apply. 0 or -ENOSPC.
 */
int hold_delay(struct hold *hold, struct picture *picture, int64_t now);

/*
 * What is held stays held while those very destinations are unwanted and the guard's settings are
 * the same: more routes, of which it is a smaller part, release nothing. Run after guard_apply.
 */
void hold_keep(const struct hold *hold, struct picture *picture);

/* Remember what is held, and why. Run last of all, in a pass that saw everything. 0 or -ENOSPC. */
int hold_remember(struct hold *hold, const struct picture *picture);

/*
 * guard.holdFor: whether the very set of destinations that is held has been held for that long, so
 * that the hold ends by itself, or is `release`d. Run after hold_keep.
 */
bool hold_is_over(struct hold *hold, const struct picture *picture, int64_t now);
