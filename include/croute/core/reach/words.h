/* words.h - what is likely wrong with a lost path: cause, the command that tells more, the fix. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/buf.h"
#include "croute/core/reach/reach.h"

/* How a peer stands, and what else is known of the way to it. Borrowed. */
struct reach_finding {
	const struct reach_view *view;
	const struct reach_peer *peer;
	const struct reach_state
		*path;	    /* of REACH_PATHS, or of REACH_KEPT when `asked` is not set */
	bool asked;	    /* by the command, which asks in other ways, too */
	const char *here;   /* this node's name */
	const char *link;   /* over which it is reached */
	const char *device; /* the tunnel that leads to it; "": plain routes */
	const char
		*elsewhere; /* the way that packets to its pods take instead; "": the right one */
	struct ip address;  /* of REACH_ADDRESS */
	struct ip refused_by;
	struct ip router; /* that croute's route to the peer leads to; family 0: none */
	uint16_t size;	  /* of REACH_FULL's packets */
	uint16_t largest; /* that arrives; 0: not known */
	bool differs;	  /* the rows for it are not those of the file */
	bool strict;	  /* rp_filter is 1 where its packets come in here */
};

/* What the whole comes to: the worst of its paths. */
enum reach_kind reach_sum(const struct reach_finding *finding);

enum reach_line { REACH_CAUSE, REACH_COMMAND, REACH_FIX, REACH_LINES };

/* One of the three, without a line end. False when there is none: nothing is wrong. */
bool reach_add_line(struct buf *out, const struct reach_finding *finding, enum reach_line line);
