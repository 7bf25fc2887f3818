/* plan.h - want minus have, in order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/want/rows.h"
#include "croute/model/change.h"
#include "croute/model/state.h"

#define PLAN_FAILURES_MOST 4096 /* refusals whose words are kept */

/* What the kernel said to a change that it refused, or why it was not even asked. */
struct failure {
	int code; /* positive errno; 0: the kernel was not asked */
	char words[116];
};

/* Everything between have and want. Owns its arenas; initialise with plan_init. */
struct plan {
	struct arena changes;  /* struct change, in the order of the keys */
	struct arena failures; /* struct failure; the last one stands for those beyond the limit */
	uint32_t unchanged;    /* wanted routes that are there */
	struct arena
		parts; /* with VXLAN, a byte per podCIDR: PLAN_PART of each kind that changes */
};

/* Counts of changes by what they do and what became of them (SPEC 3). */
struct plan_summary {
	uint32_t add, change, remove; /* planned or done */
	uint32_t held, conflict, shadowed, failed, pending, unchanged;
	uint32_t parts; /* changes of neighbours and forwarding entries told with their peer, or of
			   no peer */
};

void plan_init(struct plan *plan);

/*
 * Compare sorted want with sorted have (which may hold several rows of one key) and with the marks
 * of `foreign`. Owned rows only are in have, so only owned rows are named. 0 or -ENOSPC.
 */
int plan_build(struct plan *plan, const struct desired *desired, const struct state *have,
	       const struct foreign *foreign);

#define PLAN_PART(kind) (1U << (kind))

/*
 * Whether a change speaks for its peer: a route always does, a neighbour or forwarding entry when
 * nothing that comes after it in the order of making changes. The others are parts, told behind -v.
 */
bool plan_leads(const struct plan *plan, const struct desired *desired,
		const struct change *change);
void plan_reset(struct plan *plan);
void plan_release(struct plan *plan);
uint32_t plan_change_count(const struct plan *plan);
struct change *plan_change_at(const struct plan *plan, uint32_t i);

/* The change of the i-th wanted route; NULL where it is there already. O(log n). */
const struct change *plan_find_want(const struct plan *plan, const struct desired *desired,
				    const struct state *have, uint32_t want);

/* Record that the kernel refused the i-th change, with its words. */
void plan_set_failed(struct plan *plan, uint32_t i, int code, const char *words);

/* NULL for a change that did not fail. */
const struct failure *plan_failure_of(const struct plan *plan, const struct change *change);
struct plan_summary plan_summarize(const struct plan *plan, const struct desired *desired);
