/* picture.h - one host at one time: what the file wants, what is there, and what is to be done. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/core/config/config.h"
#include "croute/core/config/self.h"
#include "croute/core/want/rows.h"
#include "croute/model/link.h"
#include "croute/model/rows.h"
#include "croute/model/snapshot.h"

#define FOREIGN_ROUTES_MOST 65536 /* kept for showing; what is beyond still marks */
#define PLAN_FAILURES_MOST 4096	  /* refusals whose words are kept */

/* Routes of others that matter to ours, and what they do to each wanted route (foreign.h). */
struct foreign {
	struct rows routes; /* struct route */
	struct arena
		marks;	/* struct foreign_mark, one per wanted route; empty: no look was taken */
	uint32_t worst; /* effect of all */
};

struct foreign_mark {
	uint32_t route; /* index into `routes`; UINT32_MAX: not kept */
	uint32_t effect;
};

/* Everything between have and want (plan.h). */
struct plan {
	struct arena changes;  /* struct change, in the order of the keys */
	struct arena failures; /* struct failure; the last one stands for those beyond the limit */
	struct arena parts;    /* with VXLAN, a byte per podCIDR: PLAN_PART of what changes */
	uint32_t wanted;       /* routes, of several next hops one */
	uint32_t unchanged;    /* those that are there */
};

/* What the kernel said to a change that it refused, or why it was not even asked. */
struct failure {
	int code; /* positive errno; 0: the kernel was not asked */
	char words[116];
};

/* What the guard saw: destinations that would be left without any route of croute's, of all that
 * have one. */
struct guard_verdict {
	uint32_t leaving;
	uint32_t owned;
	bool held;
};

/* Counts of changes by what they do and what became of them (SPEC 3). */
struct plan_summary {
	uint32_t add, change, remove; /* planned or done */
	uint32_t held, conflict, shadowed, failed, pending, unchanged;
	uint32_t parts; /* changes of neighbours and forwarding entries told with their peer, or of
			   no peer */
};

/* What a pass came across, beside its rows. */
#define NOTE_MADE_DEVICE 0x001U /* a tunnel device was made, or would be */
#define NOTE_CHANGED_MAC 0x002U /* of a device of this host */
#define NOTE_CUT_MTU 0x004U	/* a device has less than backend.vxlan.mtu */
#define NOTE_STRICT_RP 0x008U	/* rp_filter 1 on an underlay of a tunnel */
#define NOTE_BLIND_NFT 0x010U	/* masquerading is wanted and cannot be looked at */
#define NOTE_DENIED 0x020U	/* the kernel refused for lack of privilege */
#define NOTE_AGAIN 0x040U	/* changes are to be sent once more */
#define NOTE_LAST_TRY 0x080U	/* what is refused now has failed */
#define NOTE_TAKEN 0x100U	/* a key was taken between look and write */
#define NOTE_LOOK_AGAIN 0x200U	/* after the write somebody was found in the way */

/*
 * All that is known of a host in one pass. Owns its rows, whose memory is kept from one pass to the
 * next; initialise with picture_init.
 */
struct picture {
	const struct config *config; /* borrowed; NULL: no file is involved (flush) */
	uint32_t protocol;	     /* of the routes that are croute's */
	unsigned notes;		     /* NOTE_* */
	struct node_found node;
	struct family family[FAMILIES];
	struct guard_verdict guard;
	struct plan_summary summary; /* once the plan is settled */
	char holders[200]; /* which links hold this node's address, when several do; else "" */
	char lacking[200]; /* which of its several addresses have no interface, likewise */
	struct links links;
	struct desired desired;
	struct state have;
	struct arena there; /* a byte per wanted route: the kernel has just this row, alone on its
			       key, and `have` leaves it out; empty: `have` is all */
	uint32_t next;	    /* the wanted route that is expected next */
	struct foreign foreign;
	struct plan plan;
};

void picture_init(struct picture *picture);

/* A pass begins: nothing is known but the links, which are read again as a whole, and what was
 * wanted, which is built again. */
void picture_begin(struct picture *picture, const struct config *config, uint32_t protocol);

void picture_reset_plan(struct picture *picture);

/* The kernel's routes come in: those that are as wanted are ticked off, all others are kept. None
 * may be told apart any more between begin and settle. 0, -ENOSPC or -ENOMEM. */
int picture_begin_routes(struct picture *picture);
int picture_take_route(struct picture *picture, const struct route *route);
int picture_settle_routes(struct picture *picture);

/* Whether the i-th wanted route was ticked off. */
static inline bool picture_is_there(const struct picture *picture, uint32_t i)
{
	return i < picture->there.used && picture->there.base[i] != 0;
}

/* Release the memory of all rows but those of desired_forget; node and interfaces stay known. */
void picture_forget(struct picture *picture);
void picture_release(struct picture *picture);

/* Index of the VRF that the pods are in, whose table is kernel.table, and of the one that the
 * interface of a family is in; 0: none. */
uint32_t picture_pod_vrf(const struct picture *picture);
uint32_t picture_link_vrf(const struct picture *picture, uint8_t family);

/* The row of the kernel that a change replaces or removes. */
const void *picture_was(const struct picture *picture, const struct change *change);

/* Likewise of a route, with all its next hops; of a surplus one (CHANGE_TRIM) and of one whose
 * other rows cannot be told apart the row alone. */
struct route_hops picture_was_hops(const struct picture *picture, const struct change *change);
struct route_hops picture_hops(const struct picture *picture, const struct change *change);

/* The row that a change speaks of, of its kind: the wanted one, else the one that goes. */
const void *picture_row(const struct picture *picture, const struct change *change);
