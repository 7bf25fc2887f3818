/* facts.h - what checks look at, and how they say what they found. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/config/config.h"
#include "croute/core/want/interface.h"
#include "croute/edge/host/lock.h"
#include "croute/model/chain.h"
#include "croute/model/host_facts.h"
#include "croute/model/link.h"
#include "croute/model/neigh.h"
#include "croute/model/route.h"
#include "croute/model/rows.h"
#include "croute/model/rule.h"

/* The worse the higher. */
enum doctor_result {
	DOCTOR_OK,
	DOCTOR_UNKNOWN, /* could not be seen; neither ok nor counted against the host */
	DOCTOR_WARNING,
	DOCTOR_FAILURE,
	DOCTOR_RESULTS,
};

#define DOCTOR_TEXT_MAX 1024
#define DOCTOR_CHECKS_MOST 32

/* What a check found. */
struct doctor_check {
	const char *name;
	enum doctor_result result;
	char text[DOCTOR_TEXT_MAX]; /* the reason */
	char fix[DOCTOR_TEXT_MAX];  /* commands and settings, one a line; "" for none */
};

/* The file, as far as it could be read. */
struct doctor_file {
	const char *path;    /* as given */
	const char *trouble; /* the first error, else the first warning; "" */
	uint32_t errors;     /* at least 1 when it could not be read at all */
	uint32_t warnings;
	const char *real_path; /* without links */
	bool is_there;
	bool is_directory;
};

/* One address family of this node. */
struct doctor_family {
	bool wanted; /* this node has an address of the family */
	struct ip address;
	struct selected link; /* index 0: none */
	const char *device;   /* name of the VXLAN device; "" without vxlan */
};

/* Our files among the settings of other programs. */
enum doctor_drop_in {
	DOCTOR_NETWORKD,
	DOCTOR_NETWORK_MANAGER,
	DOCTOR_DROP_INS,
};

#define DOCTOR_CHAINS_MOST 8

/* The packet filters. */
struct doctor_filters {
	uint32_t chain_count; /* chains for forwarded packets that drop; more than have room */
	struct chain chains[DOCTOR_CHAINS_MOST];
	char unseen[160];	  /* what could not be looked at, and why; "" */
	char flannel[64];	  /* where masquerade rules of flannel's were seen; "" */
	char flannel_forward[64]; /* and rules that accept forwarded packets */
};

#define DOCTOR_ROUTES_SHOWN 3

/* Routes of one sort: how many, and the first of them. */
struct doctor_route_group {
	uint32_t count;
	struct route shown[DOCTOR_ROUTES_SHOWN];
};

/* Zero-initialise. */
struct doctor_routes {
	struct doctor_route_group foreign;  /* not croute's, inside the pod network */
	struct doctor_route_group flannel;  /* those of them that flannel left, by their shape */
	struct doctor_route_group vanished; /* of these, those that lead to no node of the file */
	struct doctor_route_group others;   /* the foreign ones that flannel did not make */
	struct doctor_route_group strange;  /* of croute's protocol number, not in its file */
	uint32_t by_protocol[256];	    /* of the foreign ones */
};

#define DOCTOR_RULES_MOST 8

/* A rule before the one that leads to kernel.table. */
struct doctor_rule {
	struct rule rule;
	bool takes; /* it refuses packets, or its table has a route for them */
};

/* Zero-initialise. */
struct doctor_rules {
	bool seen;
	bool leads[2]; /* a rule leads packets of pods to kernel.table, of IPv4, of IPv6 */
	uint32_t count;
	struct doctor_rule rules[DOCTOR_RULES_MOST]; /* those after it are not kept */
};

#define DOCTOR_PEERS_SHOWN 5

/* How a peer stands. */
enum doctor_peer_state {
	DOCTOR_PEER_UNKNOWN, /* no entry, or one that is stale: it was not asked lately */
	DOCTOR_PEER_REACHABLE,
	DOCTOR_PEER_FAILED, /* it was asked for its MAC, and did not answer */
	DOCTOR_PEER_STATES,
};

/* Peers whose address is on the link of this node's own; each is a gateway, and with vxlan an
 * endpoint of the tunnel. Initialise with doctor_init. */
struct doctor_peers {
	struct rows rows;  /* of one peer each, sorted by address */
	uint32_t near[2];  /* how many there are, of IPv4 and IPv6 */
	uint32_t far;	   /* peers behind routers, which the kernel does not ask */
	struct ip router;  /* the next hop to the first of them; family 0: none */
	struct ip address; /* its own */
	uint32_t shown[DOCTOR_PEERS_SHOWN]; /* nodes */
	bool asked;			    /* neighbours were taken in */
	uint32_t states[DOCTOR_PEER_STATES];
	uint32_t failed[DOCTOR_PEERS_SHOWN]; /* nodes */
};

#define DOCTOR_NODES_SHOWN 3
#define DOCTOR_SUBNET_ENV "/run/flannel/subnet.env" /* where flannel's CNI plugin looks */

/* Nodes of one sort: how many, and the first of them by number. */
struct doctor_node_group {
	uint32_t count;
	uint32_t shown[DOCTOR_NODES_SHOWN];
};

/* What a takeover depends on, beside the other facts. Zero-initialise: none is asked for. */
struct doctor_adopt {
	bool asked;
	uint32_t flanneld;		    /* its process; 0: none was seen */
	bool has_env;			    /* DOCTOR_SUBNET_ENV is there */
	struct doctor_node_group strangers; /* the kernel sends to another MAC than the file says */
};

/* All that checks look at; borrowed, but for the peers: doctor_init, doctor_release. */
struct doctor_facts {
	struct doctor_file file;
	const struct config *config; /* NULL: invalid, or none */
	const char *node_trouble;    /* why no entry of the file is this node; "" */
	uint32_t self;		     /* its number; CONFIG_NOT_FOUND */
	const struct links *links;   /* NULL: the kernel could not be asked */
	struct doctor_family ipv4;
	struct doctor_family ipv6;
	const struct host_facts *host;
	const struct host_text *mounts; /* /proc/self/mountinfo */
	struct host_drop_in drop_ins[DOCTOR_DROP_INS];
	bool managed[2];    /* NetworkManager holds the VXLAN device of IPv4, of IPv6 */
	bool agent;	    /* somebody holds the lock */
	uint32_t agent_pid; /* 0: in another container */
	char agent_why[LOCK_ANSWER_MAX]; /* what it holds the lock for, if it says so */
	bool routes_seen;
	struct doctor_routes routes;
	struct doctor_rules rules;
	struct doctor_peers peers;
	struct doctor_filters filters;
	struct doctor_adopt adopt;
};

/* One check: a pure function of the facts. */
typedef void doctor_check_fn(const struct doctor_facts *facts, struct doctor_check *check);

void doctor_init(struct doctor_facts *facts);
void doctor_release(struct doctor_facts *facts);

/* --- taking in what the kernel has: while dumps stream by, rules before routes --- */

/* Take in one rule, in the order in which the kernel asks them, before any route. */
void doctor_take_rule(struct doctor_facts *facts, const struct rule *rule);

/* Take in one route of a dump of all tables; facts->config is there. */
void doctor_take_route(struct doctor_facts *facts, const struct route *route);

/* Whether the kernel reaches an address on the link without a router; else fills `router`. */
typedef bool doctor_near_fn(void *context, uint32_t link, const struct ip *ip, struct ip *router);

/* Find the peers of both families; facts->config, links and families are there. `near` is asked
 * about addresses that no prefix of the link covers. 0 or -ENOSPC. */
int doctor_find_peers(struct doctor_facts *facts, doctor_near_fn *near, void *context);

/* Take in one neighbour of the link. */
void doctor_take_neigh(struct doctor_facts *facts, const struct neigh *neigh);

/* After the last: count the states. */
void doctor_count_peers(struct doctor_facts *facts);

/* Take in one neighbour of the tunnel's device: the MAC that flannel learnt of a peer. */
void doctor_take_adopted(struct doctor_facts *facts, const struct neigh *neigh);

/* --- for checks --- */

/* `10.244.9.0/24 via 10.0.0.19 proto boot metric 0, …`, the first of them, and how many more. */
void doctor_add_routes(struct buf *out, const struct doctor_route_group *group);

/* Add the commands that remove those that are shown. */
void doctor_fix_routes(struct doctor_check *check, const struct doctor_route_group *group);

/* Add a finding. The worst result counts; the text of ok is dropped by what is worse. */
void doctor_say(struct doctor_check *check, enum doctor_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether a check lacks a valid file, or what it reads ("links") was not seen; then that is said.
 */
bool doctor_lacks(const struct doctor_facts *facts, struct doctor_check *check, bool seen,
		  const char *what);

/* Add a command or a setting. */
void doctor_fix(struct doctor_check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add a sysctl(8), now and at each boot. */
void doctor_fix_setting(struct doctor_check *check, int value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What it means to have no interface: ok where the file asks for none, else unknown. */
enum doctor_result doctor_without(const struct doctor_facts *facts);

/* Whether the file asks for a tunnel. */
bool doctor_tunnels(const struct doctor_facts *facts);

/* A link of the host with an address inside this node's own podCIDRs, as the bridge of its pods
 * has; from the `from`-th on. NULL when there is none. */
const struct link *doctor_pod_link(const struct doctor_facts *facts, uint32_t from);

/* The VXLAN device of a family, NULL when it is not there. */
const struct link *doctor_device(const struct doctor_facts *facts,
				 const struct doctor_family *family);

/* The family by number, 0 for IPv4 and 1 for IPv6, as in struct host_facts. */
const struct doctor_family *doctor_family_at(const struct doctor_facts *facts, unsigned i);

/* The i-th prefix of podNetwork; without any, of this node's own podCIDRs. False past the last. */
bool doctor_pods_at(const struct doctor_facts *facts, uint32_t i, struct prefix *out);

/* Whether a prefix lies in podNetwork or a podCIDR; and of this node's own podCIDRs. */
bool doctor_is_for_pods(const struct doctor_facts *facts, const struct prefix *prefix);
bool doctor_is_own(const struct doctor_facts *facts, const struct prefix *prefix);

/* Names of nodes by number, of at most `most` and how many more: `worker-2, worker-3 and 4 more`.
 */
void doctor_add_nodes(struct buf *out, const struct doctor_facts *facts, const uint32_t *nodes,
		      uint32_t count, uint32_t most);

/* The checks: of the file, of croute itself, of the kernel's settings, of the network, of routes
 * and rules, of other programs. */
doctor_check_fn doctor_check_file, doctor_check_mount;
doctor_check_fn doctor_check_agent, doctor_check_capabilities, doctor_check_inotify;
doctor_check_fn doctor_check_forwarding, doctor_check_rp_filter, doctor_check_neighbours,
	doctor_check_bridge_nf, doctor_check_checksum;
doctor_check_fn doctor_check_interface, doctor_check_addresses, doctor_check_mtu,
	doctor_check_vxlan;
doctor_check_fn doctor_check_routes, doctor_check_protocol, doctor_check_rules;
doctor_check_fn doctor_check_on_link, doctor_check_peers;
doctor_check_fn doctor_check_networkd, doctor_check_network_manager, doctor_check_forward_chain,
	doctor_check_masquerade;
/* Those of a takeover from flannel, `--adopt` (SPEC 6). */
doctor_check_fn doctor_check_adopt, doctor_check_flanneld, doctor_check_adopted_device,
	doctor_check_adopted_mac, doctor_check_adopted_peers, doctor_check_adopted_routes,
	doctor_check_adopted_rules, doctor_check_adopted_cni;
