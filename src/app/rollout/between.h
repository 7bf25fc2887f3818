/* between.h - the plan between two files for one host, away from it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"

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
