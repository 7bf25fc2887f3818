/* statics.h - the plan between the static routes of two files, host by host. */
#ifndef CROUTE_CORE_ROLLOUT_STATIC_H
#define CROUTE_CORE_ROLLOUT_STATIC_H

#include <stdbool.h>

#include "croute/core/config/config.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/desired.h"

/* Of one host at a time. Owns its arenas, borrows what the files say. */
struct rollout_static {
	struct config was; /* shallow copies, without pods */
	struct config now;
	struct desired old;
	struct desired desired;
	struct state have; /* what the old file asks for */
	struct foreign foreign;
	struct plan plan;
	struct arena applies; /* a byte per entry of either file: what it is to the host */
	bool built;
	bool built_with_old;
};

/* A host as the two files know it; a node is CONFIG_NOT_FOUND where a file has no entry for it. */
struct rollout_host {
	const char *name;
	uint32_t was;
	uint32_t now;
	bool with_old; /* it has what the old file asks for, else nothing */
};

/* 0 or -ENOMEM; to be released either way. */
int rollout_static_init(struct rollout_static *statics, const struct config *was,
			const struct config *now);

/*
 * Plan for one host. The plan of the host before it is kept when all entries are the same to both.
 * 0, -ENOSPC or -ENOMEM.
 */
int rollout_static_build(struct rollout_static *statics, const struct rollout_host *host);
void rollout_static_release(struct rollout_static *statics);

#endif
