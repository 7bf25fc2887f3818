/* hold.h - since when deletions are due, and since when they are held: an agent's memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/plan/guard.h"

/* Times are milliseconds of a clock that only moves forward. Owns its rows; initialise with
 * patience_init. */
struct patience {
	struct rows
		gone; /* struct patience_row, sorted: destinations that nobody wants any longer */
	struct rows spare; /* the next `gone` while it is made */
	struct rows kept;  /* struct patience_row, sorted: destinations that the guard holds */
	struct config_guard kept_by;   /* the settings by which it does */
	struct guard_verdict kept_for; /* and what it saw then */
	uint64_t held;		       /* sum over the destinations that are held; 0: none */
	uint64_t release; /* that sum, when a person lets just those go; 0: nobody does */
	int64_t held_since;
	int64_t due; /* when a delay or hold ends; 0: nothing waits */
};

void patience_init(struct patience *patience);
void patience_release(struct patience *patience);

/*
 * guard.removeAfter: mark deletions of routes of vanished nodes as delayed until they have been due
 * for that long, and with them all deletions of neighbours and forwarding entries. Run before
 * guard_apply. 0 or -ENOSPC.
 */
int patience_delay(struct patience *patience, struct plan *plan, const struct guard_scene *scene,
		   int64_t now);

/*
 * What is held stays held while those very destinations are wanted by nobody and the guard's
 * settings are the same: more routes, of which it is a smaller part, release nothing. Run after
 * guard_apply, whose `verdict` it returns or overrules.
 */
struct guard_verdict patience_hold(const struct patience *patience, struct plan *plan,
				   const struct guard_scene *scene, struct guard_verdict verdict);

/* Remember what `plan` holds, and why. Run last of all, in a pass that saw everything. 0 or
 * -ENOSPC. */
int patience_remember(struct patience *patience, const struct plan *plan,
		      const struct guard_scene *scene, struct guard_verdict verdict);

/*
 * guard.holdFor: whether the very set of destinations that `plan` holds has been held for that
 * long, so that the hold ends by itself, or is `release`d. Run after patience_hold.
 */
bool patience_is_out(struct patience *patience, const struct plan *plan,
		     const struct guard_scene *scene, int64_t now);
