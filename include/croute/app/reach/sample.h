/* sample.h - a few peers asked in passing, by what else looks at the way to them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/pass/state.h"
#include "croute/core/reach/words.h"

#define REACH_SAMPLE_MOST 4 /* nodes */
#define REACH_SAMPLE_MS 250 /* for an answer, of four in a row at most */

/* How the paths to a peer in one family stand. */
struct reach_sampled {
	uint32_t node;
	uint32_t card; /* which of its addresses */
	uint8_t family;
	uint16_t size; /* of REACH_FULL's packets */
	struct reach_state path[REACH_KEPT];
	char lost[REACH_LINES][768]; /* when one is: the likely cause, the command that tells more,
					the fix; else "" */
};

/* What came of it. */
struct reach_sample {
	uint32_t count; /* 0: nobody could be asked */
	struct reach_sampled peers[CARRYING_MOST * REACH_SAMPLE_MOST];
};

/* Ask `node`, or with CONFIG_NOT_FOUND a few from all over the file. The links, this node and its
 * interfaces are in `pass`, whose picture it only reads. Takes a second at most. */
void reach_sample(struct pass *pass, const struct config *config, uint32_t node,
		  struct reach_sample *out);

/* The names of those whose `path` stands like that, in a list; false: none. Where the node does not
 * answer nothing else counts as lost. */
bool reach_sample_add(struct buf *out, const struct config *config,
		      const struct reach_sample *sample, enum reach_path path,
		      enum reach_kind kind);
