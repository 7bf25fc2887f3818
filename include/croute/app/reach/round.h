/* round.h - the agent's part of reach: every peer probed evenly, round after round. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/reach/look.h"
#include "croute/app/status/html.h"
#include "croute/app/status/metrics.h"
#include "croute/core/parse/value.h"
#include "croute/edge/host/log.h"

/* A peer, as a row of `peers`. */
struct reach_row {
	struct reach_peer peer;
	struct reach_state path[REACH_KEPT];
};

/* Finding the size that arrives, at one peer after the other. */
struct reach_search {
	bool wanted; /* a peer may lack it */
	bool on;
	uint32_t row;
	uint16_t tried;
	struct reach_halving halving;
	struct reach_state state; /* of the echo under way */
};

/* Zero, with `log` and `metrics`, is a good beginning: nothing is probed. */
struct reach_round {
	struct log *log;	 /* borrowed, as is the next */
	struct metrics *metrics; /* counts and times go there */
	struct reach_ground ground;
	struct rows peers; /* struct reach_row */
	bool listed;	   /* `peers` are those of the file in force */
	struct reach_pace pace;
	struct reach_search search;
	uint64_t salt; /* of the order */
	uint64_t sent; /* probes, or turns without one, since the beginning */
	uint64_t settled;
	int64_t minute;	 /* which the next two count in */
	uint32_t logged; /* lines */
	uint32_t unlogged;
	uint32_t drops[2];	       /* of the sockets, as far as it was looked at */
	bool full;		       /* of a socket's buffer it was said since the last pass */
	char here[VALUE_NAME_MAX + 1]; /* this node */
	char trouble[512];	       /* why nothing can be sent; "" when it can */
	char stretched[160];	       /* how the round was said to stretch; "" when it does not */
};

/* The file was replaced: nothing is sent until a pass has run over it. */
void reach_round_forget(struct reach_round *round);

/* A pass has run: begin, go on with what it found, or end, as reach.every says. */
void reach_round_follow(struct reach_round *round, struct pass *pass);

/* Send what is due, read the answers, give up what did not answer. Returns milliseconds until the
 * next time; -1: nothing is probed. `news`: a path was lost or came back. */
int64_t reach_round_turn(struct reach_round *round, bool *news);

/* The worst of the i-th peer's paths, and since when, in seconds since 1970; 0: never probed. */
enum reach_kind reach_round_kind(const struct reach_round *round, uint32_t i, uint32_t *since);

/* The worst of all addresses of the i-th peer; -1 for a further address, which its first counts. */
int reach_round_sum(const struct reach_round *round, uint32_t i);

/* The state of the i-th peer for the page; its kind, or -1 past the last. */
int reach_round_peer(const struct reach_round *round, uint32_t i, struct status_peer *out);

/* The peer, its path, why it is lost, and the fix. */
void reach_round_add(const struct reach_round *round, uint32_t i, struct buf *out);

/* The addresses of peers with several of which no answer comes, struct ip, sorted as bytes. 0 or
 * -ENOSPC. */
int reach_round_lost(const struct reach_round *round, struct arena *out);

/* Count paths by how they stand into metrics->reach. */
void reach_round_count(struct reach_round *round);
void reach_round_end(struct reach_round *round);
