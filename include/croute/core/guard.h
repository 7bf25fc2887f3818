/* guard.h - holds back a mass deletion. */
#ifndef CROUTE_CORE_GUARD_H
#define CROUTE_CORE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config.h"
#include "croute/core/desired.h"
#include "croute/core/plan.h"
#include "croute/model/state.h"

/* What the guard saw: destinations that would be left without any route of croute's, of all that
 * have one. */
struct guard_verdict {
	uint32_t leaving;
	uint32_t owned;
	bool held;
};

/*
 * Mark the deletions of `plan` as held when they take more destinations than guard.alwaysAllow and
 * guard.maxDelete let go. A deletion that overlaps a podCIDR of the file is neither counted nor
 * held: it stands in the way of a wanted route. `allow` releases all.
 */
struct guard_verdict guard_apply(struct plan *plan, const struct config *config,
				 const struct desired *desired, const struct state *have,
				 bool allow);

#endif
