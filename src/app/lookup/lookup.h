/* lookup.h - who owns an address, what carries packets to it, and whether the kernel agrees. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/reach/sample.h"
#include "croute/base/buf.h"
#include "croute/base/json.h"
#include "croute/core/report/report.h"
#include "croute/model/ip.h"
#include "croute/model/neigh.h"
#include "croute/model/route.h"
#include "croute/model/rows.h"
#include "croute/model/rule.h"

struct pass;

#define LOOKUP_LINE_MAX 1024

/* What the kernel does with one packet. */
struct lookup_answer {
	struct flow flow;   /* dst without a family: it was not asked */
	struct route match; /* the row that decides (FIB_MATCH); family 0: none */
	struct route path;  /* the way that follows; family 0: none */
	int refusal;	    /* positive errno where unreachable; else 0 */
};

/* What the kernel said. Whoever asks fills it; rows are owned, lookup_release. */
struct lookup_kernel {
	struct lookup_answer own;   /* a packet of this host to the address */
	struct lookup_answer pods;  /* one of a pod of this host */
	struct lookup_answer outer; /* the one that the tunnel puts around it */
	struct rows rules;	    /* struct rule, in the order in which they are asked */
	struct rows
		routes;	   /* struct route: all that hold the address or its node's, of any table */
	struct route door; /* leads to pods of this host; family 0: none */
	/* The host that a packet is handed to first, on a link that it shares with this one: ip
	 * without a family: there is none; state 0: the kernel has no entry, or one that says
	 * nothing. */
	struct neigh hop;
};

enum lookup_verdict {
	LOOKUP_AGREES,
	LOOKUP_LOCAL,	/* this node's own podCIDR */
	LOOKUP_UNOWNED, /* in no podCIDR: nothing to agree with */
	/* verdicts from here on mean a fault */
	LOOKUP_NO_NODE, /* in podNetwork, and no node has it */
	LOOKUP_NO_INTERFACE,
	LOOKUP_NO_DEVICE,
	LOOKUP_NO_ADDRESS, /* its node has no address of the family */
	LOOKUP_UNMET,	   /* the file's entry cannot be right here: `unmet` */
	LOOKUP_MISSING,
	LOOKUP_OFF_LINK, /* it is missing, and its gateway is not on the link */
	LOOKUP_DIFFERS,
	LOOKUP_CONFLICT,
	LOOKUP_HERE,	    /* this host has the address itself */
	LOOKUP_POLICY_RULE, /* `rule`, where it was found */
	LOOKUP_NO_RULE,	    /* none leads to the table of the route */
	LOOKUP_MORE_SPECIFIC,
	LOOKUP_SHADOWED,
	LOOKUP_PASSED_OVER, /* the route is there, and the kernel does not use it */
	LOOKUP_REFUSED,	    /* the route is there, and packets of pods are refused */
	LOOKUP_REDIRECTED,  /* it uses it, but an ICMP redirect changed the way */
	LOOKUP_PEER_PART,   /* neighbour or forwarding entry of the tunnel is not as wanted */
	LOOKUP_NO_WAY,	    /* no way to the address of the peer itself */
	LOOKUP_OTHER_LINK,  /* the tunnel's packets leave by another link than the file's */
	LOOKUP_NO_CARRIER,
	LOOKUP_GATEWAY_FAILED,
	LOOKUP_HELD, /* the file does not ask for the route that carries it; the guard holds it */
	LOOKUP_LEFT_OVER, /* the same, and the next pass removes it */
	LOOKUP_ELSEWHERE, /* this node's own podCIDR is led away by a route */
	LOOKUP_VERDICTS,
};

/* One question, begun by lookup_init. What it points to is the report's or the kernel's. */
struct lookup {
	const struct report *report; /* of a dry pass that looked around, and its picture */
	const struct picture *picture;
	struct ip address;
	uint32_t self;			      /* this node's number; CONFIG_NOT_FOUND */
	const struct config_podcidr *podcidr; /* NULL: in none */
	struct desired_cause cause;	      /* its place in the file */
	uint8_t carrier; /* family of the underlay that carries it; of the address, for others */
	struct ip peer;	 /* its node's address; family 0: none */
	uint32_t row;	 /* of want */
	const struct route *want;	/* NULL: none */
	const struct change *change;	/* what a pass would do about it; NULL: nothing */
	const struct unmet *unmet;	/* why nothing is wanted; NULL */
	const struct neigh *want_neigh; /* of a tunnelled peer, and what is there of it */
	const struct neigh *neigh;
	const struct fdb *want_fdb;
	const struct fdb *fdb;
	struct lookup_kernel kernel;
	enum lookup_verdict verdict;
	const struct lookup_answer *answer; /* whose packet the verdict speaks of; NULL: any */
	const struct route *culprit;	    /* the route that it speaks of; NULL */
	const struct rule *rule;
	const struct reach_sample *sample; /* of the node, asked just now; NULL: it was not */
};

void lookup_init(struct lookup *lookup);
void lookup_release(struct lookup *lookup);

/* Find out what the file wants of the address, and what a pass found of that. */
void lookup_place(struct lookup *lookup, const struct report *report, uint32_t self,
		  const struct ip *address);

/* Ask the kernel. 0, or -errno with `err` when it could not be asked. */
int lookup_look(struct lookup *lookup, struct pass *pass, struct error *err);

/* Then: fill the verdict and what it speaks of. */
void lookup_judge(struct lookup *lookup);

bool lookup_agrees(const struct lookup *lookup);

/* --- the answer in words --- */

/* The i-th line, `next hop   10.0.0.12 dev eth1`, without line end. A line that does not apply is
 * left empty. False past the last. */
bool lookup_add_line(struct buf *out, const struct lookup *lookup, uint32_t i);

/* All of it, into an object that is open. */
void lookup_put_json(struct json *json, const struct lookup *lookup);

/* What the verdict says, and of what; one word of it for programs: "more-specific". */
void lookup_add_reason(struct buf *out, const struct lookup *lookup);
const char *lookup_verdict_word(enum lookup_verdict verdict);

/* A row of the kernel: `10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 metric 68026`. */
void lookup_add_route(struct buf *out, const struct lookup *lookup, const struct route *route);

/* `100: from 10.244.1.0/24 lookup 100`. */
void lookup_add_rule(struct buf *out, const struct rule *rule);

/* NUD_* as ip-neighbour(8) names them, in small letters; "none" for no entry. */
const char *lookup_state_word(uint16_t state);

/* --- for the parts of the answer --- */

/* What the sample says of the address's family; NULL: nothing. */
const struct reach_sampled *lookup_sampled(const struct lookup *lookup);

/* The name of the address's node, or of the node that it is the address of; NULL: neither. */
const char *lookup_node(const struct lookup *lookup);

/* The interface that the file says for the peer's packets. */
const struct selected *lookup_underlay(const struct lookup *lookup);

/* Whether it is in a podCIDR of this node's own. What is wanted then is a blackhole at most. */
bool lookup_is_own(const struct lookup *lookup);

/* Whether packets go through the tunnel, so that the next hop is that of the peer's address. */
bool lookup_is_tunnelled(const struct lookup *lookup);

/* Whether a rule may send packets to the address to another table than the kernel's own three rules
 * do. */
bool lookup_rule_matters(const struct lookup *lookup, const struct rule *rule);

/* Whether a packet meets the conditions of a rule. */
enum lookup_fit {
	LOOKUP_FITS_NOT,
	LOOKUP_MAY_FIT, /* it asks for more than is kept of it */
	LOOKUP_FITS,
};
enum lookup_fit lookup_rule_fits(const struct lookup *lookup, const struct rule *rule,
				 const struct flow *flow);

/* The table that a rule leads to: with l3mdev that of the VRF which the link is, or is a port of.
 */
uint32_t lookup_rule_table(const struct lookup *lookup, const struct rule *rule,
			   const struct flow *flow);

/* The first rule that leads the packet to a table; NULL: none. */
const struct rule *lookup_leader(const struct lookup *lookup, const struct lookup_answer *answer,
				 uint32_t table);

/* The rule that led to the row that decides; NULL where it is one of the kernel's own three. */
const struct rule *lookup_decider(const struct lookup *lookup, const struct lookup_answer *answer);
