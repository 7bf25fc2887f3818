/* state.h - what a pass is asked, what it found and did, and its parts for shorter ways through. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/cli/progress.h"
#include "croute/app/pass/input.h"
#include "croute/base/error.h"
#include "croute/core/config/config.h"
#include "croute/core/config/self.h"
#include "croute/core/parse/value.h"
#include "croute/core/plan/backoff.h"
#include "croute/core/plan/hold.h"
#include "croute/core/plan/picture.h"
#include "croute/core/report/report.h"
#include "croute/core/want/interface.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/edge/nft/table.h"

/* What a pass is asked to do; borrowed. */
struct pass_request {
	const struct config *config; /* NULL: remove all that is croute's (pass_flush) */
	const struct node_names *names;
	uint32_t protocol; /* whose routes are croute's; 0: kernel.protocol of the file */
	bool dry_run;	   /* stop before the write */
	bool allow_delete; /* release the guard */
	bool look_around;  /* search the tables for conflicting and shadowing routes */
	bool look_behind;  /* but only after the write, where nothing is rewritten */
	bool recall;	   /* what the routes there leave out counts as lost (pass->lost) */
	bool keep_want;	   /* file and names are those of the last pass over this memory */
	/* What an agent remembers; NULL: a pass by itself, which delays nothing. */
	struct hold *hold;
	struct backoff *backoff; /* NULL also when the file asked for the pass */
	int64_t now;		 /* for these two */
};

/* On devices: two families, each with parts that are done and parts that wait, and a few that are
 * left over; on masquerading. */
#define PASS_STEPS_MOST 12

/* Where the time of a pass goes. */
enum pass_stage {
	PASS_STAGE_LINKS,   /* links, node, interface, devices */
	PASS_STAGE_DESIRED, /* from the file to rows */
	PASS_STAGE_HAVE,    /* dumps, of our own and of others in the way */
	PASS_STAGE_PLAN,
	PASS_STAGE_APPLY,
	PASS_STAGES,
};

#define PASS_UPLINKS_MOST 8

/* The memory of passes: kept from one to the next, so that a pass allocates nothing. */
struct pass {
	struct netlink netlink;
	struct source source;	   /* netlink, unless a snapshot is put in its place */
	struct progress *progress; /* borrowed; NULL: nobody watches */

	/* These outlive a pass. */
	char known_as[VALUE_NAME_MAX + 1]; /* the node last found by its address; "": none */
	/* Indices of the interfaces that were chosen last, for each address of this node. */
	uint32_t present[FAMILIES][CONFIG_ADDRESSES_MOST];
	uint32_t vrf[FAMILIES]; /* index plus 1 of the VRF that the interface was in; 0: not seen */
	struct mac mac[FAMILIES]; /* of the tunnel devices, as croute last saw to it */

	struct pass_request request;
	struct picture picture;
	struct interface_reach reach;
	struct device_change steps[PASS_STEPS_MOST];
	uint32_t step_count;
	uint32_t uplinks[PASS_UPLINKS_MOST]; /* links that lead to peers, where this node's address
						is on none of them */
	uint32_t uplink_count;
	struct arena routers; /* with offLink: router, struct desired_router */
	struct arena ways;    /* struct ip, sorted: addresses whose routes matter, which with
				 offLink: router no link's prefix covers, or unnumbered, of peers */
	struct arena
		lost; /* struct ip, sorted: addresses of peers that do not answer; the agent's */
	struct arena on_link; /* with directRouting, a byte per node: DESIRED_ON_LINK_* */
	int64_t stage_us[PASS_STAGES];
	int64_t marked_us;

	struct nft nft;		 /* opened when it is first needed */
	struct arena masquerade; /* struct masquerade_rule, as the file asks for */
};

/* A pass with its socket open, the caller's; NULL with `err`. */
struct pass *pass_open(struct error *err);
void pass_close(struct pass *pass);

/* Forget the last pass. */
void pass_begin(struct pass *pass, const struct pass_request *request);

/* Release the memory of the last pass; the interfaces stay known. */
void pass_forget(struct pass *pass);

/* The entry of `config` that is this host, by the links that were read and by what it was known as
 * before. 0, or -ESRCH with `err`. */
int pass_identify(const struct pass *pass, const struct config *config,
		  const struct node_names *names, struct node_found *out, struct error *err);

/* Read the links, find this node (with backend none there need be no entry) and the interface of
 * each family that it has an address of: all that `croute interface` needs. 0, -ESRCH, or -errno
 * with `err`. */
int pass_find_interface(struct pass *pass, struct error *err);

/* The same for links that were read already. */
int pass_find_node(struct pass *pass, struct error *err);
void pass_select_links(struct pass *pass);

/* What is asked of the links for the i-th address of a family; it is unset when none is wanted. */
struct interface_ctx pass_question(const struct pass *pass, uint8_t family, uint32_t i);

/* Whether a family is wanted and has no interface, and then which links there are, and why each was
 * skipped. */
bool pass_explain_interface(const struct pass *pass, uint8_t family, struct buf *out);

/*
 * Look once more at what the plan deletes where it is much (recheck.h), then, unless this is a dry
 * run, send it to the kernel: surplus rows first, then additions and replacements, deletions last.
 * Each change ends up with its result. Without a file nobody looks who took a key meanwhile. 0,
 * or -errno with `err` when the kernel's answers were lost.
 */
int pass_apply(struct pass *pass, struct error *err);

/* Add to what is there the entries of a VXLAN device. 0, -EINTR (read again), or -errno. */
int pass_read_device(struct pass *pass, uint32_t device, struct error *err);

/* Whether either family is without interface or device. */
bool pass_lacks_interface(const struct pass *pass);

/* Whether something of a pass that ran to its end was refused, or could not be had, that another
 * try may bring; conflicts and shadows only tell others to act. */
bool pass_fell_short(const struct pass *pass);

/* The name of this node: of its entry, else the first of the request's names. */
const char *pass_node_name(const struct pass *pass);
