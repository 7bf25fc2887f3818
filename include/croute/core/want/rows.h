/* rows.h - the rows that this host should have, as the kernel would report them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config/config.h"
#include "croute/core/config/self.h"
#include "croute/core/want/interface.h"
#include "croute/model/link.h"
#include "croute/model/route.h"
#include "croute/model/rows.h"
#include "croute/model/snapshot.h"

#define DESIRED_ROUTES_MOST STATE_ROWS_MOST
#define DESIRED_STATICS_MOST 65536
#define DESIRED_UNMET_MOST 4096

/* Which entry of the file a row comes from. */
struct desired_cause {
	uint32_t index; /* into config's podcidrs, or routes */
	uint32_t is_static;
};

enum unmet_kind {
	UNMET_REFUSED, /* cannot be right here: counted as failed */
	UNMET_PENDING, /* cannot be yet: waits for what `why` says */
	UNMET_SKIPPED, /* needs not be here: only a note */
};

/* An entry of the file that leads to no row here, and why. */
struct unmet {
	struct route route; /* as far as it is known, for showing */
	struct desired_cause cause;
	enum unmet_kind kind;
	char why[120];
};

/* Rows of want as they lie in `want`: what the kernel would report, then where it comes from. */
struct desired_route {
	struct route route;
	struct desired_cause cause;
};
struct desired_neigh {
	struct neigh neigh;
	struct desired_cause cause;
};
struct desired_fdb {
	struct fdb fdb;
	struct desired_cause cause;
};

/* Rows of want, sorted. Owns its arenas; initialise with desired_init. */
struct desired {
	struct state want;    /* rows with their cause behind them */
	struct rows statics;  /* struct desired_route, sorted; merged into the routes */
	uint32_t link_routes; /* of `statics` while they are collected: those without a gateway */
	struct arena unmet;   /* struct unmet */
	uint32_t unlisted;    /* unmet beyond the limit */
	uint32_t podcidrs;    /* how many causes there can be */
	struct arena
		told; /* a byte per node: families whose FDB entry is there; 0 between builds */
	struct arena basis; /* bytes of what they were built from */
	struct arena other; /* of what they are to be built from */
};

/* How peers of one family are reached. */
struct family {
	bool wanted; /* this node has an address of the family */
	bool stuck;  /* its device is unavailable: what is installed stays */
	bool local;  /* keep a local route to the network address of this node's first podCIDR */
	uint8_t zero;
	struct selected link; /* its interface, of several the first that is there; index 0: none */
	struct selected cards[CONFIG_ADDRESSES_MOST]; /* of each of this node's addresses */
	uint32_t card_count;			      /* of `cards`; 0: one address, `link` */
	uint32_t device; /* index of its VXLAN device; 0: plain routes over `link` */
};
_Static_assert(sizeof(struct family) == 12 + (1 + CONFIG_ADDRESSES_MOST) * sizeof(struct selected),
	       "it is compared as bytes");

/* Whether a family is wanted but has no interface, or no device: its routes stay as they are. */
bool family_is_unsettled(const struct family *family);

/* The interface of this node's i-th address, the only one that leads to the i-th of a peer; NULL:
 * there is none. */
const struct selected *family_card(const struct family *family, uint32_t i);

/* An interface that carries pod routes, with one of its addresses; the second, of IPv6, where that
 * is on the same link. */
struct carrying {
	const struct selected *first;
	const struct selected *second; /* NULL: none */
};
#define CARRYING_MOST (FAMILIES * CONFIG_ADDRESSES_MOST)

/* All of them, in the order of the file; how many. */
uint32_t family_carrying(const struct family family[FAMILIES], struct carrying out[CARRYING_MOST]);

/* A peer that is not on the link, and the next hop of the kernel's own route to its address. */
struct desired_router {
	uint32_t node;
	uint32_t card; /* which of its addresses */
	struct ip ip;  /* of the family of that address */
	uint8_t zero[3];
};

/* What the desired state is built from; all borrowed. `node` is CONFIG_NOT_FOUND where backend none
 * needs no entry. */
struct desired_input {
	const struct config *config;
	const struct links *links; /* NULL: off-host, with one stand-in device for every route */
	uint32_t node;
	const char *node_name;		/* of its entry, else the first of `names` */
	const struct node_names *names; /* NULL: `node_name` alone */
	struct family family[FAMILIES];
	const uint8_t *on_link; /* a byte per node, DESIRED_ON_LINK_*: peers on the same link; NULL:
				   none is */
	const struct desired_router
		*routers; /* with offLink: router; sorted by node, family, card */
	uint32_t router_count;
	const struct ip *lost; /* addresses of peers that do not answer, sorted as bytes */
	uint32_t lost_count;
	bool keep; /* `config` and names say what they said when `desired` was built */
};

/* With directRouting, peers that the kernel reaches over the interface without a gateway. */
#define DESIRED_ON_LINK_IPV4 0x01
#define DESIRED_ON_LINK_IPV6 0x02

void desired_init(struct desired *desired);
void desired_reset(struct desired *desired);
void desired_release(struct desired *desired);

/* Give back the memory of many rows; few stay for the next desired_build. */
void desired_forget(struct desired *desired);

/* Rebuild all rows; with `input->keep` only where something else has changed. 0 or -ENOSPC. */
int desired_build(struct desired *desired, const struct desired_input *input);
struct desired_cause desired_cause_at(const struct desired *desired, enum change_kind kind,
				      uint32_t i);
const struct route *desired_route_at(const struct desired *desired, uint32_t i);

/* Whether the `i`-th wanted route is for this node's own podCIDR: its blackhole
 * (agent.blackholeLocal), or its pod-side address (reach). Others are meant to win over it. */
bool desired_is_own(const struct desired *desired, uint32_t i);
uint32_t desired_route_count(const struct desired *desired);

/* The first wanted route not before the destination (table, family, prefix) of `like`: where its
 * routes stand, if there are any. */
uint32_t desired_find_destination(const struct desired *desired, const struct route *like);

/* Whether the `i`-th wanted route is there and leads to the destination of `like`. */
bool desired_has_destination(const struct desired *desired, uint32_t i, const struct route *like);
uint32_t desired_unmet_count(const struct desired *desired);
const struct unmet *desired_unmet_at(const struct desired *desired, uint32_t i);

/* Tell why an entry leads to no row; `why` is a printf format. */
void desired_add_unmet(struct desired *desired, enum unmet_kind kind,
		       const struct desired_route *row, const char *why, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Fill `desired->statics` with the entries of `routes` that apply to this node, sorted; those that
 * cannot be, or not yet, are unmet. 0 or -ENOSPC.
 */
int statics_collect(struct desired *desired, const struct desired_input *input);
