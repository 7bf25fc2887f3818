/* doctor.h - what on this host keeps pods from reaching each other, and its fix (SPEC 9). */
#ifndef CROUTE_CORE_DOCTOR_H
#define CROUTE_CORE_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "app/doctor/peers.h"
#include "app/doctor/routes.h"
#include "app/doctor/rules.h"
#include "app/doctor/takeover.h"
#include "croute/base/buf.h"
#include "croute/core/config/config.h"
#include "croute/core/want/interface.h"
#include "croute/model/chain.h"
#include "croute/model/host_facts.h"
#include "croute/model/link.h"

struct json_t;

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
	bool routes_seen;
	struct doctor_routes routes;
	struct doctor_rules rules;
	struct doctor_peers peers;
	struct doctor_filters filters;
	struct doctor_adopt adopt;
};

/* One check: a pure function of the facts. */
typedef void doctor_check_fn(const struct doctor_facts *facts, struct doctor_check *check);

/* What all of them found, in a fixed order. */
struct doctor_report {
	uint32_t count;
	uint32_t results[DOCTOR_RESULTS]; /* how many of each */
	struct doctor_check checks[DOCTOR_CHECKS_MOST];
};

void doctor_init(struct doctor_facts *facts);
void doctor_release(struct doctor_facts *facts);

/* Run all checks, those of a takeover too where facts->adopt asks for them. `out` is big: keep it
 * off the stack. */
void doctor_run(const struct doctor_facts *facts, struct doctor_report *out);

/* `ok   forwarding: …`; its fixes follow as `     fix: …`. No line end at the end. */
void doctor_add_check(struct buf *out, const struct doctor_check *check);

/* `Checked: 17 ok, 1 warning, 1 failure, 1 unknown.` */
void doctor_add_summary(struct buf *out, const struct doctor_report *report);

/* The report as one object; NULL without memory. */
struct json_t *doctor_json(const struct doctor_report *report);

/* What a result is called: "ok", "unknown", "warning", "failure". */
const char *doctor_result_word(enum doctor_result result);

/* For checks. */

/* Add a finding. The worst result counts; the text of ok is dropped by what is worse. */
void doctor_say(struct doctor_check *check, enum doctor_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a command or a setting. */
void doctor_fix(struct doctor_check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add a sysctl(8), now and at each boot. */
void doctor_fix_setting(struct doctor_check *check, int value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

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

#endif
