/* warnings.h - what is not wrong in a plan, but may hurt traffic. */
#pragma once

#include <stdbool.h>

#include "croute/core/config/config.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"
#include "croute/model/state.h"

/* What a plan is judged by; all borrowed. */
struct warnings_ctx {
	const struct config *config;
	const struct desired *desired;
	const struct state *have;
	const struct plan *plan;
	const char *holders; /* several links hold this node's address: which; "" for none */
	bool made_device;    /* a tunnel device was not there before */
	bool changed_mac;    /* one that was gets another MAC */
	bool cut_mtu;	     /* the link below carries less than backend.vxlan.mtu */
	bool strict_rp;	     /* rp_filter 1 on an underlay of a tunnel */
	bool blind_nft;	     /* masquerading is wanted and cannot be looked at */
};

/* The i-th warning, a sentence without end mark; NULL past the last. */
const char *warnings_at(const struct warnings_ctx *scene, unsigned i);

/* Of a file that follows another on all hosts: a jump into the tunnel or out of it. NULL: none. */
const char *warnings_between(const struct config *was, const struct config *now);
