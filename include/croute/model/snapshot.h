/* snapshot.h - the relevant state of a kernel at one time, as rows. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/model/change.h"
#include "croute/model/link.h"
#include "croute/model/neigh.h"
#include "croute/model/route.h"
#include "croute/model/rows.h"

#define STATE_ROWS_MOST 2000000 /* of each kind */

/* Rows of one kind each: struct fdb, struct neigh, struct route, with `extra` bytes behind each.
 * Owns its arenas. */
struct state {
	struct rows rows[CHANGE_KINDS];
};

/* `extra`: bytes behind each row that its owner uses and that are not compared. */
void state_init(struct state *state, uint32_t extra);

/* The size of a row of that kind, without what is behind it. */
uint32_t state_row_size(enum change_kind kind);
void state_settle(struct state *state);
void state_reset(struct state *state);
void state_release(struct state *state);

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
