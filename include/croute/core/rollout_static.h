/* rollout_static.h - the plan between the static routes of two files, host by host. */
#ifndef CROUTE_CORE_ROLLOUT_STATIC_H
#define CROUTE_CORE_ROLLOUT_STATIC_H

#include <stdbool.h>

#include "croute/core/config.h"
#include "croute/core/desired.h"
#include "croute/core/foreign.h"
#include "croute/core/plan.h"

/* Of one host at a time. Owns its arenas, borrows what the files say. */
struct rollout_static {
	struct config was; /* shallow copies, without pods */
	struct config now;
	struct desired old;
	struct desired desired;
	struct state have; /* what the old file asks for */
	struct foreign foreign;
	struct plan plan;
	struct arena applies; /* bool, one an entry of either file: whether it is for the host */
	bool built;
	bool built_with_old;
};

/* 0 or -ENOMEM; to be released either way. */
int rollout_static_init(struct rollout_static *statics, const struct config *was,
			const struct config *now);

/*
 * Plan for the host of that name; `with_old`: it has what the old file asks for, else nothing. The
 * plan of the host before it is kept when the same entries are for both. 0, -ENOSPC or -ENOMEM.
 */
int rollout_static_build(struct rollout_static *statics, const char *name, bool with_old);
void rollout_static_release(struct rollout_static *statics);

#endif
