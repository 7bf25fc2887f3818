/* state.h - what a pass is asked, and what it found and did. */
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
#include "croute/core/plan/foreign.h"
#include "croute/core/plan/guard.h"
#include "croute/core/plan/hold.h"
#include "croute/core/plan/plan.h"
#include "croute/core/report/report.h"
#include "croute/core/want/interface.h"
#include "croute/core/want/rows.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/edge/nft/table.h"
#include "croute/model/link.h"
#include "croute/model/state.h"

/* What a pass is asked to do; borrowed. */
struct pass_request {
	const struct config *config;
	const struct node_names *names;
	bool dry_run;	   /* stop before the write */
	bool allow_delete; /* release the guard */
	/* What an agent remembers; NULL: a pass by itself, which delays nothing. `now` is for it.
	 */
	struct patience *patience;
	struct backoff *backoff; /* NULL also when the file asked for the pass */
	int64_t now;
	bool look_around; /* search the tables for conflicting and shadowing routes */
};

/* The interface of one family. */
struct pass_family {
	bool wanted;	      /* this node has an address of the family */
	struct selected link; /* index 0: none */
	uint32_t device;      /* index of its VXLAN device; 0: none */
	bool stuck;	      /* it cannot be had: what is installed stays */
	bool local;	      /* reach wants a local route for its pod-side address */
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

/* The memory of passes: kept from one to the next, so that a pass allocates nothing. */
struct pass {
	struct netlink netlink;
	struct source source;	   /* netlink, unless a snapshot is put in its place */
	struct progress *progress; /* borrowed; NULL: nobody watches */
	struct links links;
	struct node_found node;
	char known_as[VALUE_NAME_MAX + 1]; /* the node last found by its address; "": none. Outlives
					      a pass */
	struct interface_reach reach;
	uint32_t present[2]; /* indices of the interfaces chosen last, IPv4 and IPv6. Outlive a pass
			      */
	char holders[200];   /* which links hold this node's address, when several do; else "" */
	struct pass_family ipv4;
	struct pass_family ipv6;
	struct desired desired;
	struct state have;
	struct foreign foreign;
	struct plan plan;
	struct guard_verdict guard;
	struct device_change steps[PASS_STEPS_MOST];
	uint32_t step_count;
	struct arena on_link;	       /* with directRouting, a byte per node: DESIRED_ON_LINK_* */
	bool made_device;	       /* a device was made, or would be */
	bool changed_mac;	       /* of a device of this host */
	bool cut_mtu;		       /* a device has less than backend.vxlan.mtu */
	bool strict_rp;		       /* rp_filter 1 on an underlay of a tunnel */
	int64_t stage_us[PASS_STAGES]; /* of the last pass */
	int64_t marked_us;
	bool denied;   /* the kernel refused for lack of privilege */
	bool again;    /* changes are to be sent once more */
	bool last_try; /* what is refused now has failed */
	bool taken;    /* a key was taken between look and write */

	struct nft nft;		 /* opened when it is first needed */
	struct arena masquerade; /* struct masquerade_rule, as the file asks for */
	bool blind_nft;		 /* masquerading is wanted and cannot be looked at */
};

/* A pass with its socket open, the caller's; NULL with `err`. */
struct pass *pass_open(struct error *err);
void pass_close(struct pass *pass);

/* Forget the last pass. */
void pass_begin(struct pass *pass);

/* Give back the memory of the last pass; its counts of what was found are gone with it, the
 * interfaces stay. */
void pass_forget(struct pass *pass);

/* Whether a family is wanted but has no interface, or no device: its routes stay as they are. */
bool pass_is_unsettled(const struct pass_family *family);

/* Whether either family is. */
bool pass_lacks_interface(const struct pass *pass);

/* Whether a step on a device, or on masquerading, was refused. */
bool pass_has_failed_step(const struct pass *pass);

/* The name of this node: of its entry, else the first of the request's names. */
const char *pass_node_name(const struct pass *pass, const struct pass_request *request);
