/* doctor.h - what on this host keeps pods from reaching each other, and the fix (SPEC 9). */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/reach/sample.h"
#include "croute/base/buf.h"
#include "croute/base/json.h"
#include "croute/core/config/config.h"
#include "croute/core/want/interface.h"
#include "croute/edge/host/lock.h"
#include "croute/edge/nft/chains.h"
#include "croute/model/host_facts.h"
#include "croute/model/link.h"
#include "croute/model/neigh.h"
#include "croute/model/route.h"
#include "croute/model/rows.h"
#include "croute/model/rule.h"

/* --- what is reported --- */

/* The worse the higher. */
enum doctor_result {
	DOCTOR_OK,
	DOCTOR_UNKNOWN, /* not visible from here; neither ok nor counted against the host */
	DOCTOR_WARNING,
	DOCTOR_FAILURE,
	DOCTOR_RESULTS,
};

#define DOCTOR_TEXT_MAX 1024
#define DOCTOR_CHECKS_MOST 32

struct doctor_check {
	const char *name;
	enum doctor_result result;
	char text[DOCTOR_TEXT_MAX]; /* the reason */
	char fix[DOCTOR_TEXT_MAX];  /* commands and settings, one a line; "" for none */
};

struct doctor_report {
	uint32_t count;
	uint32_t results[DOCTOR_RESULTS]; /* how many of each */
	struct doctor_check checks[DOCTOR_CHECKS_MOST];
};

/* --- what is looked at --- */

struct doctor_file {
	const char *path;    /* as given */
	const char *problem; /* the first error, else the first warning; "" */
	uint32_t errors;     /* at least 1 when it could not be read */
	uint32_t warnings;
	const char *real_path; /* without links */
	bool exists;
	bool is_directory;
};

/* One address family of this node: index 0 is IPv4, 1 is IPv6, as in struct host_facts. */
struct doctor_family {
	bool wanted; /* this node has an address of the family */
	struct ip address;
	struct selected link;	    /* index 0: none */
	const struct family *found; /* of the pass: its cards; NULL: no node was found */
	const char *device;	    /* name of the VXLAN device; "" without vxlan */
	bool managed;		    /* NetworkManager manages that device */
};

#define DOCTOR_CHAINS_MOST 8

struct doctor_filters {
	bool has_net_admin;   /* this process has the capability, so that it is not what lacks */
	uint32_t chain_count; /* chains that drop forwarded packets; more than have room */
	struct chain chains[DOCTOR_CHAINS_MOST];
	char unseen[160]; /* what could not be read, and why; "" */
	char flannel[64]; /* where masquerade rules of flannel's were seen; "" */
};

#define DOCTOR_SHOWN 5

/* Things of one sort: how many, and the first of them. */
struct doctor_routes {
	uint32_t count;
	struct route shown[DOCTOR_SHOWN];
};
struct doctor_nodes {
	uint32_t count;
	uint32_t shown[DOCTOR_SHOWN];
};

/* A rule that is asked before the one that leads to kernel.table. */
struct doctor_rule {
	struct rule rule;
	bool takes; /* it refuses packets, or its table has a route for them */
};

#define DOCTOR_RULES_MOST 8

/* How a peer stands. */
enum doctor_peer_state {
	DOCTOR_PEER_UNKNOWN, /* no entry, or a stale one: it was not asked lately */
	DOCTOR_PEER_REACHABLE,
	DOCTOR_PEER_FAILED, /* it was asked for its MAC, and did not answer */
	DOCTOR_PEER_STATES,
};

/* A peer whose address is on the link of this node's own; its address is the key of a row. */
struct doctor_peer {
	struct ip ip;
	uint8_t state;
	uint8_t zero[2];
	uint32_t node;
};

#define DOCTOR_SUBNET_ENV "/run/flannel/subnet.env" /* the file that flannel's CNI plugin reads */

/* All that checks look at; borrowed, except for the peers: doctor_init, doctor_release. */
struct doctor_facts {
	struct doctor_file file;
	const struct config *config; /* NULL: invalid, or none */
	const char *node_problem;    /* why no entry of the file is this node; "" */
	uint32_t self;		     /* its number; CONFIG_NOT_FOUND */
	const struct links *links;   /* NULL: the kernel could not be asked */
	struct doctor_family family[2];
	const uint32_t *uplinks; /* indexes of links that lead to peers, of unnumbered hosts */
	uint32_t uplink_count;
	const struct host_facts *host;
	const struct host_text *mounts; /* /proc/self/mountinfo */
	struct host_drop_in networkd;	/* our files among the settings of other programs */
	struct host_drop_in network_manager;
	bool agent;			 /* somebody holds the lock */
	uint32_t agent_pid;		 /* 0: in another container */
	char agent_why[LOCK_ANSWER_MAX]; /* what it holds the lock for, if it says so */
	struct doctor_filters filters;

	bool routes_seen;	      /* and rules */
	struct doctor_routes foreign; /* inside podNetwork, neither croute's nor flannel's */
	struct doctor_routes flannel; /* left by flannel, by their shape */
	struct doctor_routes strange; /* of croute's protocol number, not in its file */
	uint32_t by_protocol[256];    /* of the foreign ones */

	bool leads[2]; /* a rule leads packets of pods to kernel.table */
	uint32_t rule_count;
	struct doctor_rule rules[DOCTOR_RULES_MOST]; /* those after it are not kept */

	struct rows peers;	 /* struct doctor_peer, sorted; each is a gateway or an endpoint */
	uint32_t near[2];	 /* how many there are of each family */
	struct doctor_nodes far; /* peers behind routers, which the kernel does not ask */
	struct ip router;	 /* the next hop to the first of them; family 0: none */
	bool peers_seen;	 /* neighbours were taken in */
	uint32_t states[DOCTOR_PEER_STATES];

	struct reach_sample sample; /* a few peers that were asked just now */

	bool adopting;		       /* a takeover from flannel is asked about, as are these: */
	uint32_t flanneld;	       /* its process; 0: none was seen */
	bool has_env;		       /* DOCTOR_SUBNET_ENV is there */
	struct doctor_nodes strangers; /* the kernel has another MAC of them than the file */
};

void doctor_init(struct doctor_facts *facts);
void doctor_release(struct doctor_facts *facts);

/* Take in what dumps hold; always 0. Rules come first, in the order in which the kernel asks them;
 * then routes of all tables, and neighbours of the links, after which the states are counted. */
int doctor_take_rule(void *context, const struct rule *rule);
int doctor_take_route(void *context, const struct route *route);
int doctor_take_neigh(void *context, const struct neigh *neigh);
void doctor_count_peers(struct doctor_facts *facts);

/* Of the tunnel's device: the MAC that flannel learnt of a peer. */
int doctor_take_adopted(void *context, const struct neigh *neigh);

/* Whether the kernel reaches an address on the link without a router; else fills `router`. */
typedef bool doctor_near_fn(void *context, uint32_t link, const struct ip *ip, struct ip *router);

/* Find the peers of both families; facts->config, links and families are there. `near` is asked
 * about addresses that no prefix of the link covers. 0 or -ENOSPC. */
int doctor_find_peers(struct doctor_facts *facts, doctor_near_fn *near, void *context);

/* --- checks and their report --- */

/* Run all checks, those of a takeover too where facts->adopting. `out` is big: keep it off the
 * stack. */
void doctor_run(const struct doctor_facts *facts, struct doctor_report *out);

/* `ok   forwarding: …`; its fixes follow as `     fix: …`. No line end at the end. */
void doctor_add_check(struct buf *out, const struct doctor_check *check);

/* `Checked: 17 ok, 1 warning, 1 failure, 1 unknown.` */
void doctor_add_summary(struct buf *out, const struct doctor_report *report);

/* The report, into an object that is open. */
void doctor_put_json(struct json *json, const struct doctor_report *report);

/* Add a finding. The worst result counts; the text of ok is dropped by what is worse. */
void doctor_find(struct doctor_check *check, enum doctor_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a command or a setting; a sysctl(8), now and at each boot. */
void doctor_fix(struct doctor_check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_fix_setting(struct doctor_check *check, int value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The first names, and how many more: `worker-2, worker-3 and 4 more`. */
void doctor_add_nodes(struct buf *out, const struct doctor_facts *facts,
		      const struct doctor_nodes *nodes);
void doctor_note_node(struct doctor_nodes *nodes, uint32_t node);

/* Add what the sample says of a path, of those packets: `they` are. */
void doctor_measured(const struct doctor_facts *facts, enum reach_path path, const char *they,
		     struct doctor_check *check);

/* Whether the file asks for a tunnel. */
bool doctor_tunnels(const struct doctor_facts *facts);

/* A link of the host with an address inside this node's own podCIDRs, as the bridge of its pods
 * has; from the `from`-th on. NULL when there is none. */
const struct link *doctor_pod_link(const struct doctor_facts *facts, uint32_t from);

/* The VXLAN device of a family, NULL when it is not there. */
const struct link *doctor_device(const struct doctor_facts *facts, unsigned family);

/* The i-th prefix of podNetwork; without any, of this node's own podCIDRs. False past the last. */
bool doctor_pods_at(const struct doctor_facts *facts, uint32_t i, struct prefix *out);

/* Whether a prefix lies in podNetwork or a podCIDR; in one of this node's own podCIDRs. */
bool doctor_is_for_pods(const struct doctor_facts *facts, const struct prefix *prefix);
bool doctor_is_own(const struct doctor_facts *facts, const struct prefix *prefix);

/* One check: a pure function of the facts; rows of the table in doctor.c. */
typedef void doctor_check_fn(const struct doctor_facts *facts, struct doctor_check *check);

doctor_check_fn doctor_check_file, doctor_check_mount, doctor_check_agent,
	doctor_check_capabilities, doctor_check_inotify;
doctor_check_fn doctor_check_interface, doctor_check_addresses, doctor_check_mtu,
	doctor_check_vxlan;
/* The interface of the i-th of several addresses of this node, of index 0 where it has none; NULL
 * past the last, and where it has one address. */
const struct selected *doctor_card(const struct doctor_facts *facts, unsigned family, uint32_t i);

doctor_check_fn doctor_check_forwarding, doctor_check_rp_filter, doctor_check_linkdown,
	doctor_check_multipath, doctor_check_neighbours, doctor_check_bridge_nf,
	doctor_check_checksum;
doctor_check_fn doctor_check_routes, doctor_check_protocol, doctor_check_rules;
doctor_check_fn doctor_check_on_link, doctor_check_peers;
doctor_check_fn doctor_check_networkd, doctor_check_network_manager, doctor_check_forward_chain,
	doctor_check_masquerade;
doctor_check_fn doctor_check_adopt, doctor_check_flanneld, doctor_check_adopted_peers,
	doctor_check_adopted_cni;
