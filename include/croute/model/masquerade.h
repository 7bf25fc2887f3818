/* masquerade.h - one rule of croute's masquerading. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/model/ip.h"

#define MASQUERADE_TABLE "croute" /* of family inet; the name says whose it is (SPEC 8) */

/* Where a rule stands: in the chain that every packet leaving the host passes, or in the one to
 * which those of pods are sent on. */
enum masquerade_chain { MASQUERADE_POSTROUTING, MASQUERADE_FROM_POD, MASQUERADE_CHAINS };

/* Which address is looked at. */
enum masquerade_side { MASQUERADE_ANY, MASQUERADE_SOURCE, MASQUERADE_DESTINATION };

/* What becomes of a packet that fits. */
enum masquerade_verdict {
	MASQUERADE_GOTO,   /* on to MASQUERADE_FROM_POD, not to come back */
	MASQUERADE_RETURN, /* its source stays */
	MASQUERADE_HIDE,   /* its source becomes the host's address, its port a random one */
};

struct masquerade_rule {
	struct prefix prefix; /* of the address; unset with MASQUERADE_ANY */
	enum masquerade_chain chain;
	enum masquerade_side side;
	enum masquerade_verdict verdict;
};
