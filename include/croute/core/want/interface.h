/* interface.h - which interface carries the routes of this host. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/config/config.h"
#include "croute/model/link.h"

#define INTERFACE_REACH_MOST 16

/* What the kernel answered for each `interface.canReach` address: the index of the link, 0 for no
 * way. */
struct interface_reach {
	uint32_t count;
	uint32_t oif[INTERFACE_REACH_MOST];
};

/* Why a link was skipped, in the order in which the questions are asked; INTERFACE_TAKEN when it
 * was not. */
enum interface_verdict {
	INTERFACE_TAKEN,
	INTERFACE_LOOPBACK,
	INTERFACE_NEEDS_TUNNEL, /* the loopback has the address, and the backend is not vxlan */
	INTERFACE_LAST,		/* with vxlan it is taken where no other link is */
	INTERFACE_DOWN,
	INTERFACE_NO_ADDRESS,
	INTERFACE_VIRTUAL,
	INTERFACE_NOT_NAMED,
	INTERFACE_NOT_MATCHED,
	INTERFACE_NOT_IN_CIDR,
	INTERFACE_NOT_REACHING,
	INTERFACE_OTHER_ADDRESS,
	INTERFACE_TENTATIVE,
	INTERFACE_DUPLICATE,
};

/* The chosen interface of one family. */
struct selected {
	uint32_t index; /* 0: none */
	uint32_t mtu;
	char name[LINK_NAME_MAX];
	struct ip address;
	bool unnumbered; /* loopback or dummy, with vxlan: packets leave by other links, whose least
			    MTU is `mtu` */
	uint8_t zero[2];
	uint32_t hops; /* then of the way to a peer, the most; 0: no way is known, nor the MTU */
};

/* What a choice is made from; all borrowed. */
struct interface_ctx {
	const struct config *config;
	const struct links *links;
	const struct interface_reach *reach;
	struct ip address; /* of this node */
	uint32_t present;  /* index of the link that was chosen before; 0: none */
};

/* Judge one link. */
enum interface_verdict interface_judge(const struct interface_ctx *ctx, const struct link *link);

/* Words for a verdict: "is down", and one for programs: "down". */
const char *interface_verdict_text(enum interface_verdict verdict);
const char *interface_verdict_word(enum interface_verdict verdict);

/* The entry of interface.regex that a search would have found in the name of the link, though none
 * matches it whole; NULL when there is none. */
const char *interface_part_pattern(const struct interface_ctx *ctx, const struct link *link);

/* The interface that holds the address and passes every rule. Of several a port never wins over its
 * master, then one whose prefix holds peers wins, the present one, the first by name. With vxlan,
 * for an address that no link holds, the one candidate that rules leave, with its own address, and
 * the loopback where it alone holds the address (unnumbered links: `mtu` is for the caller). 0,
 * or -ENODEV when there is none: interface_explain says why. */
int interface_select(const struct interface_ctx *ctx, struct selected *out);

/* The i-th other link that holds the address and passes every rule, while `taken` was chosen; NULL
 * past the last. */
const struct link *interface_other_holder(const struct interface_ctx *ctx,
					  const struct selected *taken, uint32_t i);

/* Say that there is no interface for the address, and of every link why it was skipped. */
void interface_explain(const struct interface_ctx *ctx, struct buf *out);
