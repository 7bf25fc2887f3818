/* guard.h - holds back a mass deletion. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/config/config.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"
#include "croute/model/state.h"

/* What the guard saw: destinations that would be left without any route of croute's, of all that
 * have one. */
struct guard_verdict {
	uint32_t leaving;
	uint32_t owned;
	bool held;
};

/* What a plan is judged by; all borrowed. */
struct guard_scene {
	const struct config *config;
	const struct desired *desired;
	const struct state *have;
};

/*
 * Whether the deletion of `route` leaves its destination without any route of croute's. One that
 * overlaps a podCIDR of the file is none of these: it stands in the way of a wanted route.
 */
bool guard_is_leaving(const struct guard_scene *scene, const struct route *route);

/*
 * Mark the planned deletions of `plan` as held when they take more destinations than
 * guard.alwaysAllow and guard.maxDelete let go. `allow` releases all.
 */
struct guard_verdict guard_apply(struct plan *plan, const struct guard_scene *scene, bool allow);

/* Hold those deletions of `plan`, be they much or little. Returns the verdict with its hold. */
struct guard_verdict guard_hold(struct plan *plan, const struct guard_scene *scene,
				struct guard_verdict verdict);

/* "12 of 20 destinations would go, over guard.maxDelete 30%": wherever a hold is spoken of. */
void guard_add_words(struct buf *buf, const struct config_guard *guard,
		     const struct guard_verdict *verdict);

/* How a hold ends: told wherever one is reported. */
#define GUARD_RELEASE                                                                              \
	"restore the nodes in the file, raise guard.maxDelete in it, or run croute release "       \
	"(without an agent: croute reconcile --allow-delete)"

/* End the hold of `plan`: what was held is planned again. Returns the verdict without its hold. */
struct guard_verdict guard_release(struct plan *plan, struct guard_verdict verdict);
