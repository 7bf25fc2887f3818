/* reach.h - who is probed how, what becomes of the answers, and when the next probe is due. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config/config.h"
#include "croute/model/echo.h"
#include "croute/model/rows.h"

/* The ways to a peer (SPEC 10). The agent probes the first three; the others tell more of one that
 * is lost. */
enum reach_path {
	REACH_NODE,	       /* between the nodes' addresses */
	REACH_POD,	       /* between the hosts' addresses on the pods' side */
	REACH_FULL,	       /* the same, of the largest size */
	REACH_KEPT,	       /* how many the agent keeps */
	REACH_TO = REACH_KEPT, /* from this node's address to the pods' side there */
	REACH_FROM,	       /* from the pods' side here to the peer's address */
	REACH_ADDRESS,	       /* from the pods' side here to one pod */
	REACH_PATHS,
};

enum reach_kind { REACH_UNKNOWN, REACH_ANSWERS, REACH_LOST, REACH_KINDS };

const char *reach_path_word(enum reach_path path);
const char *reach_kind_word(enum reach_kind kind);

/* How one path stands. */
struct reach_state {
	uint32_t since;	 /* seconds since 1970: when `kind` began */
	uint32_t tag;	 /* of the last probe: its time in microseconds, as far as 32 bits go */
	uint32_t rtt_us; /* of a lost REACH_FULL the size that arrives, 0: not known */
	uint8_t kind : 2;
	uint8_t flaps : 6; /* losses that followed each other closely */
	uint8_t missed;	   /* answers, in a row */
	uint8_t why;	   /* enum echo_kind of the last probe */
	uint8_t waits : 1;
	uint8_t other : 1;   /* it goes to the peer's second address on the pods' side */
	uint8_t settled : 1; /* that address answered before, so the choice stays */
	uint8_t told : 1;    /* the log has it as lost */
	uint8_t out : 1;     /* its next hop was left out before it was first asked */
};
_Static_assert(sizeof(struct reach_state) == 16, "kept per peer and path");

/* A peer in one family. Rows of these, each with room for states behind it. */
struct reach_peer {
	uint64_t key;	    /* of this node, family and addresses; its order is that of probing */
	uint32_t podcidr;   /* the first one that the file gives, or CONFIG_NOT_FOUND */
	uint32_t node : 22; /* into config's nodes */
	uint32_t card : 2;  /* which of its addresses; beyond the first without podCIDR */
	uint32_t is_ipv6 : 1;
	uint32_t looked : 5; /* when the kernel sent to its pods as croute's route says, and: */
	uint32_t tunnelled : 1;
	uint32_t routed : 1; /* by a router */
};
_Static_assert(sizeof(struct reach_peer) == 16, "kept per peer");
_Static_assert(CONFIG_NODES_MOST < 1 << 22 && CONFIG_ADDRESSES_MOST <= 4, "they fit");

/* What this host has of one family; addresses that it lacks are unset. */
struct reach_way {
	struct ip node;
	struct ip pod;
	struct ip cards[CONFIG_ADDRESSES_MOST]; /* of several addresses of this node */
	uint32_t node_vrf;			/* indices of the VRFs that these are in; 0: none */
	uint32_t pod_vrf;
	bool network; /* peers have the network address of their podCIDR; else ask their bridge
			 first */
};

struct reach_view {
	const struct config *config;
	struct reach_way way[2]; /* IPv4, IPv6 */
};

uint8_t reach_family(const struct reach_peer *peer);

/* The peer's own address. */
struct ip reach_address(const struct config *config, const struct reach_peer *peer);

#define REACH_ROWS_MOST (2 * CONFIG_NODES_MOST + CONFIG_MORE_MOST)

/*
 * A row for each other node and family that both have an address of, or that the other family's
 * carries (config_carrier: then it has no node path), and where routes may have several next hops
 * one for each underlay beyond the first that both are on, for its node path alone; sorted by key:
 * by a hash over `salt` and what the file says of it, so that hosts ask in different orders and a
 * changed peer is a new one; not sorted but in the order of the file with salt 0. `peers` has rows
 * of a reach_peer and more, which is zeroed. 0 or -ENOSPC.
 */
int reach_list(struct rows *peers, const struct config *config, uint32_t self, uint64_t salt);

/* Complete the row of a node, family and card, key unset; false: it is not probed. */
bool reach_find(struct reach_peer *peer, const struct config *config, uint32_t self);

/* Its row among sorted ones for another of the peer's addresses, or ROWS_NOT_FOUND. */
uint32_t reach_find_card(const struct rows *peers, const struct config *config,
			 const struct reach_peer *peer, uint32_t card, uint64_t salt);

/* Take over the rest of the rows that are in `old`, too. */
void reach_carry(struct rows *peers, const struct rows *old);

/* Source and destination of a probe; `address` is for REACH_ADDRESS. Size and hops stay 0. False
 * when either end is missing. */
bool reach_aim(const struct reach_view *view, const struct reach_peer *peer, enum reach_path path,
	       bool other, struct echo *out);

/*
 * What an answer says of the probe, by who sent it; -1: nothing, it is from elsewhere. On the pods'
 * side another address of that podCIDR may answer, since an anycast one does not by itself.
 */
int reach_judge(const struct reach_view *view, const struct reach_peer *peer,
		const struct echo *echo, const struct echo_answer *answer);

enum reach_event { REACH_SAME, REACH_GONE, REACH_BACK };

/* The time now, and what else an answer, or its absence, is judged by. */
struct reach_clock {
	uint32_t seconds; /* since 1970 */
	uint32_t rtt_us;
	uint32_t lost_after;
};

/* Take in what came of a probe. */
enum reach_event reach_take(struct reach_state *state, enum echo_kind kind,
			    const struct reach_clock *clock);

#define REACH_FLAPS 3	 /* losses in a row that are each logged */
#define REACH_CALM_S 600 /* a path that stood this long does not flap */

/* Finding the largest packet between one that arrives and one that does not: `low` at the end. */
struct reach_halving {
	uint16_t low;
	uint16_t high;
};

/* Between what a small packet of the family needs and `size`, which does not arrive; `mtu`: what a
 * router said, else 0. */
struct reach_halving reach_halving_begin(bool is_ipv6, uint16_t size, uint32_t mtu);

/* The next size to try; 0: found. */
uint16_t reach_halve(const struct reach_halving *halving);
void reach_halving_take(struct reach_halving *halving, uint16_t tried, bool arrived);

/* When probes are due. Times in microseconds. */
struct reach_pace {
	int64_t next_us;
	int64_t interval_us; /* between two probes; 0: nothing to probe */
	uint32_t count;
};

#define REACH_WAKE_US 10000 /* the least time between two wake-ups */
#define REACH_LAZY_US 50000 /* how long what is due may wait, since wake-ups cost most */

/* Begin again with so many probes a round; a round takes reach.every, or longer where
 * reach.perSecond says so. */
void reach_pace_begin(struct reach_pace *pace, const struct config_reach *reach, uint32_t count,
		      int64_t now_us);

/* How many are due now; what a stall held up is not caught up with. */
uint32_t reach_pace_due(struct reach_pace *pace, int64_t now_us);

/* How long to sleep. */
int64_t reach_pace_wait(const struct reach_pace *pace, int64_t now_us);

/* How long a round takes. */
uint64_t reach_pace_round_ms(const struct reach_pace *pace);
