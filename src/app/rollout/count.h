/* count.h - how much a new file changes on every host, without a whole plan for each. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/core/config/config.h"

/* Routes of one host. */
struct rollout_counts {
	uint32_t add;
	uint32_t change;
	uint32_t remove;
	uint32_t unchanged;
};

/*
 * Push one rollout_counts per node of `now`, which has some, in its order, on `out` (whose limit is
 * set here): what its routes would be next to those of `was`, as plan_build counts them. A host
 * that `was` does not know gets all routes new. O((nodes + podCIDRs) log podCIDRs) for pods; static
 * routes cost nodes times entries. 0 or -ENOMEM.
 */
int rollout_count(const struct config *was, const struct config *now, struct arena *out);
