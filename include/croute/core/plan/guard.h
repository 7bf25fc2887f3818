/* guard.h - holds back a mass deletion. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/plan/plan.h"

/*
 * Whether the deletion of `route` leaves its destination without any route of croute's. One that
 * overlaps a podCIDR of the file is none of these: it stands in the way of a wanted route.
 */
bool guard_is_leaving(const struct picture *picture, const struct route *route);

/*
 * Fill picture->guard, and mark the planned deletions as held when they take more destinations than
 * guard.alwaysAllow and guard.maxDelete let go. `allow` releases all.
 */
void guard_apply(struct picture *picture, bool allow);

/* Hold those deletions, be they much or little. */
void guard_hold(struct picture *picture);

/* End the hold: what was held is planned again. */
void guard_release(struct picture *picture);

/* "12 of 20 destinations would go, over guard.maxDelete 30%": wherever a hold is spoken of. */
void guard_add_words(struct buf *buf, const struct picture *picture);

/* How a hold ends: told wherever one is reported. */
#define GUARD_RELEASE                                                                              \
	"restore the nodes in the file, raise guard.maxDelete in it, or run croute release "       \
	"(without an agent: croute reconcile --allow-delete)"
