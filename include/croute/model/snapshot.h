/* snapshot.h - the relevant state of a kernel at one time, as rows. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/model/link.h"
#include "croute/model/route.h"
#include "croute/model/state.h"

/* Owns its rows; sorted by snapshot_sort. */
struct snapshot {
	struct links links;
	struct state state;
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_sort(struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot);

/*
 * The route that a packet would take by the table of its VRF, then by main and default alone,
 * longest prefix first, then lowest metric: what the kernel says where no policy rule says
 * otherwise. NULL when there is none.
 */
const struct route *snapshot_lookup(const struct snapshot *snapshot, const struct flow *flow);
