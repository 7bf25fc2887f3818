/* look.h - what this host sends probes from, and one probe. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/pass/state.h"
#include "croute/core/reach/words.h"
#include "croute/edge/probe/probe.h"

/* Of one family: the link to the peers, and the tunnel. */
struct reach_links {
	uint32_t link;	 /* 0: none, nobody of the family is probed */
	uint32_t device; /* 0: plain routes */
	uint16_t link_mtu;
	uint16_t device_mtu;
	char link_name[LINK_NAME_MAX];
	char card_name[CONFIG_ADDRESSES_MOST][LINK_NAME_MAX]; /* of several addresses */
	char device_name[LINK_NAME_MAX];
	bool strict; /* rp_filter is 1 on the link */
};

/* All that a probe needs. Zero-initialise; reach_close gives it back. */
struct reach_ground {
	struct reach_view view;
	uint32_t self;
	struct reach_links links[2];   /* IPv4, IPv6 */
	const struct links *all_links; /* borrowed */
	struct probe probe[2];
	bool open[2];
	struct netlink *netlink; /* borrowed */
	uint32_t looks;		 /* 1 to 31: passes */
};

/* How the kernel sends packets to a peer. */
struct reach_road {
	uint16_t mtu;
	bool tunnelled;
	bool routed;	/* by croute's route, whose gateway is a router */
	bool elsewhere; /* not as croute's routes do */
	struct route route;
};

/* Fill in what the pass that just ran has found. */
void reach_look_around(struct reach_ground *ground, struct pass *pass, const struct config *config);

/* Open the sockets that are missing. 0, or -errno with `err` when a family can have none. */
int reach_open(struct reach_ground *ground, struct error *err);
void reach_close(struct reach_ground *ground);

/* One probe, its `state` as it stood. `echo` has number, size (0: of REACH_FULL the route's MTU)
 * and for REACH_ADDRESS where to; the rest is filled in. 0: under way; -EAGAIN: the socket is full;
 * else the enum echo_kind that came of it at once. */
int reach_send(const struct reach_ground *ground, struct reach_peer *peer, enum reach_path path,
	       struct reach_state *state, struct echo *echo);

/* Hand over what came, a bounded number at once; false: there may be more. */
typedef void reach_hear_fn(void *context, const struct echo_answer *answer);
bool reach_hear(const struct reach_ground *ground, reach_hear_fn *hear, void *context);

/* What is known of a peer by its states and the kernel's route to it; `road` says which. The rest
 * of the finding is for the caller. */
struct reach_finding reach_begin_finding(const struct reach_ground *ground,
					 const struct reach_peer *peer,
					 const struct reach_state *path, struct reach_road *road);

/* How long an answer took that lay in the socket for `age_us`. */
uint32_t reach_rtt(uint32_t tag, uint32_t age_us);
