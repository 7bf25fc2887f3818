/* interface.h - which interface carries the routes of this host. */
#pragma once

#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/config/config.h"
#include "croute/model/link.h"

#define SELECT_REACH_MOST 16

/* What the kernel answered for each `interface.canReach` address: the index of the link, 0 for no
 * way. */
struct select_reach {
	uint32_t count;
	uint32_t oif[SELECT_REACH_MOST];
};

/* Why a link was passed over, in the order in which the questions are asked; SELECT_TAKEN when it
 * was not. */
enum select_verdict {
	SELECT_TAKEN,
	SELECT_LOOPBACK,
	SELECT_DOWN,
	SELECT_NO_ADDRESS,
	SELECT_VIRTUAL,
	SELECT_NOT_NAMED,
	SELECT_NOT_MATCHED,
	SELECT_NOT_IN_CIDR,
	SELECT_NOT_REACHING,
	SELECT_OTHER_ADDRESS,
	SELECT_TENTATIVE,
	SELECT_DUPLICATE,
};

/* The chosen interface of one family. */
struct selected {
	uint32_t index; /* 0: none */
	uint32_t mtu;
	char name[LINK_NAME_MAX];
	struct ip address;
};

/* What is asked: the family's own address, and the fence around it. All borrowed. */
struct select_question {
	const struct config *config;
	const struct links *links;
	const struct select_reach *reach;
	struct ip address; /* of this node */
	uint32_t present;  /* index of the link that was chosen before; 0: none */
};

/* Judge one link. */
enum select_verdict select_judge(const struct select_question *question, const struct link *link);

/* Words for a verdict: "is down", and one for programs: "down". */
const char *select_verdict_text(enum select_verdict verdict);
const char *select_verdict_word(enum select_verdict verdict);

/* The entry of interface.regex that a search would have found in the name of the link, though none
 * matches it whole; NULL when there is none. */
const char *select_part_pattern(const struct select_question *question, const struct link *link);

/* The interface that holds the address and passes every rule. Of several a port never wins over its
 * master, then one whose prefix holds peers wins, the present one, the first by name. With vxlan,
 * for an address that no link holds, the one candidate that rules leave, with its own address. 0,
 * or -ENODEV when there is none: select_explain says why. */
int select_interface(const struct select_question *question, struct selected *out);

/* The i-th other link that holds the address and passes every rule, while `taken` was chosen; NULL
 * past the last. */
const struct link *select_other_holder(const struct select_question *question,
				       const struct selected *taken, uint32_t i);

/* Say that there is no interface for the address, and of every link why it was passed over. */
void select_explain(const struct select_question *question, struct buf *out);
