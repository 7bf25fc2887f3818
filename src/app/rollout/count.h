/* count.h - how much a new file changes on every host, without a whole plan for each. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/core/config/config.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"

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

/* Owns its arenas; initialise with between_init. */
struct between {
	struct desired was;
	struct picture now; /* with the rows of `was` instead of the kernel's */
};

void between_init(struct between *between);
void between_release(struct between *between);

/* What a file asks of a host, with placeholders for its devices. `name` is for a host whose `node`
 * is CONFIG_NOT_FOUND. */
struct desired_input between_input(const struct config *config, uint32_t node, const char *name);

/* Plan again. `was` is NULL for a host that the old file does not know. 0 or -ENOSPC. */
int between_plan(struct between *between, const struct desired_input *was,
		 const struct desired_input *now);
