/* lookup.h - who owns an address, what carries packets to it, and whether the kernel agrees. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/report/report.h"
#include "croute/model/fdb.h"
#include "croute/model/flow.h"
#include "croute/model/ip.h"
#include "croute/model/neigh.h"
#include "croute/model/route.h"
#include "croute/model/rows.h"
#include "croute/model/rule.h"

#define LOOKUP_ROUTES_MOST 512 /* routes that hold one address, in all tables */
#define LOOKUP_RULES_MOST 512
#define LOOKUP_LINE_MAX 1024

/* The host that a packet is handed to first, on a link that it shares with this one. */
struct lookup_hop {
	struct ip ip;	    /* family 0: there is none */
	uint32_t link;	    /* its index */
	struct neigh neigh; /* state 0: the kernel has no entry, or one that says nothing */
};

/* What the kernel does with one packet. */
struct lookup_answer {
	struct flow flow;   /* dst without a family: it was not asked */
	struct route match; /* the row that decides (FIB_MATCH); family 0: none */
	struct route path;  /* the way that follows; family 0: none */
	int refusal;	    /* positive errno where there is no way; else 0 */
};

/* What the kernel said. Whoever asks fills it; rows are owned, lookup_release. */
struct lookup_kernel {
	struct lookup_answer own;   /* a packet of this host to the address */
	struct lookup_answer pods;  /* one of a pod of this host */
	struct lookup_answer outer; /* the one that the tunnel puts around it */
	struct rows rules;	    /* struct rule, in the order in which they are asked */
	struct rows
		routes; /* struct route: all that hold the address or its node's, of every table */
	struct route door; /* leads to pods of this host; family 0: none */
	struct lookup_hop hop;
};

enum lookup_verdict {
	LOOKUP_AGREES,
	LOOKUP_LOCAL,	/* this node's own podCIDR */
	LOOKUP_UNOWNED, /* in no podCIDR: nothing to agree with */
	/* from here on something is wrong */
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
	LOOKUP_REDIRECTED,  /* it uses it, but a redirect changed the way */
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

/* One question, begun by lookup_init. What it points to is the report's or the
 * kernel's. */
struct lookup {
	const struct report *report; /* of a dry pass that looked around */
	struct ip address;
	uint32_t self;	  /* this node's number, CONFIG_NOT_FOUND without an entry */
	uint32_t podcidr; /* CONFIG_NOT_FOUND: in none */
	struct ip peer;	  /* its node's address; family 0: none */
	uint32_t row;	  /* of want; UINT32_MAX where want is NULL */
	const struct route *want;
	const struct change *change;	/* what a pass would do about it; NULL: nothing */
	const struct unmet *unmet;	/* why there is no want; NULL */
	const struct neigh *want_neigh; /* of a tunnelled peer, and what is there of it */
	const struct neigh *neigh;
	const struct fdb *want_fdb;
	const struct fdb *fdb;
	struct lookup_kernel kernel;
	enum lookup_verdict verdict;
	const struct lookup_answer *answer; /* whose packet the verdict speaks of; NULL: any */
	const struct route *culprit;	    /* the route that it speaks of; NULL */
	const struct rule *rule;
};

void lookup_init(struct lookup *lookup);
void lookup_release(struct lookup *lookup);

/* Find out what the file wants of the address, and what a pass found of that. */
void lookup_place(struct lookup *lookup, const struct report *report, uint32_t self,
		  const struct ip *address);

/* The name of the address's node, or of the node that it is the address of; NULL: neither. */
const char *lookup_node(const struct lookup *lookup);

/* The row of the kernel on the key of the wanted one; NULL: none. */
const struct route *lookup_present(const struct lookup *lookup);

/* Whether it is in a podCIDR of this node's own. What is wanted then is a blackhole at most. */
bool lookup_is_own(const struct lookup *lookup);

/* Whether packets go through the tunnel, so that the next hop is that of the peer's address. */
bool lookup_is_tunnelled(const struct lookup *lookup);

/* Once the kernel has answered: fills the verdict and what it speaks of. */
void lookup_judge(struct lookup *lookup);

/* Whether there is nothing wrong. */
bool lookup_agrees(const struct lookup *lookup);

/* Whether a rule may send packets to the address to another table than the kernel's own three rules
 * do. */
bool lookup_rule_matters(const struct lookup *lookup, const struct rule *rule);

/* Whether a packet meets the conditions of a rule. */
enum lookup_fit {
	LOOKUP_FITS_NOT,
	LOOKUP_MAY_FIT, /* it asks for more than is kept of it */
	LOOKUP_FITS,
};
/* The table that a rule leads a packet to: that of an l3mdev rule is of the VRF of its link, 0
 * where that is in none. */
uint32_t lookup_rule_table(const struct lookup *lookup, const struct rule *rule,
			   const struct flow *flow);
enum lookup_fit lookup_rule_fits(const struct lookup *lookup, const struct rule *rule,
				 const struct flow *flow);

/* The rule that led to the row that decides; NULL where it is one of the kernel's own three. */
const struct rule *lookup_decider(const struct lookup *lookup, const struct lookup_answer *answer);

/* The first rule that leads the packet to a table; NULL: none. */
const struct rule *lookup_leader(const struct lookup *lookup, const struct lookup_answer *answer,
				 uint32_t table);
