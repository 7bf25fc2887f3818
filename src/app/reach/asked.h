/* asked.h - what `croute reach` keeps of each peer, and asks. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/cli/progress.h"
#include "croute/app/reach/look.h"

/* A row of the command: what reach_list fills in, and how each path stands. */
struct asked {
	struct reach_peer peer;
	struct reach_state path[REACH_PATHS];
	struct reach_halving halving; /* low 0: not begun */
	struct ip address;	      /* a pod to ask, too; family 0: none */
	struct ip refused_by;
	uint16_t size;	/* of REACH_FULL's packets */
	uint16_t tried; /* the size under way while halving */
	bool wanted;	/* it was named, or nobody was */
	bool differs;	/* the plan would change something of it */
};

/* All of them, and those on the command line that have nobody. */
struct asking {
	struct reach_ground *ground;
	struct rows *peers; /* struct asked */
	const char *here;   /* this node's name */
	struct progress *progress;
	bool brief;   /* in passing: no more than a second, whether large packets arrive but not
			 which, and no Ctrl-C */
	bool stopped; /* by Ctrl-C: what was not answered by then is unknown */
};

/* Probe every wanted peer on every path, and again where no answer came. 0, or -errno with `err`.
 */
int reach_ask_all(struct asking *asking, struct error *err);

#define REACH_ELSEWHERE_MAX (IP_TEXT_MAX + LINK_NAME_MAX + 16)

/* What was found of a peer; `elsewhere` is space for its text. */
struct reach_finding reach_find_out(const struct asking *asking, const struct asked *asked,
				    char elsewhere[REACH_ELSEWHERE_MAX]);
