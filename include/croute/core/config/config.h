/* config.h - one generation of the file: what SPEC 2 says, checked, in compact rows. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/base/diag.h"
#include "croute/base/error.h"
#include "croute/model/ip.h"
#include "croute/model/link.h"
#include "croute/model/mac.h"
#include "croute/model/table.h"

#define CONFIG_NODES_MOST 1000000
#define CONFIG_PODCIDRS_MOST (4 * CONFIG_NODES_MOST)
#define CONFIG_VIAS_MOST (2 * CONFIG_NODES_MOST)
#define CONFIG_ADDRESSES_MOST 4 /* of one family, of one node */
#define CONFIG_MORE_MOST (2 * (CONFIG_ADDRESSES_MOST - 1) * CONFIG_NODES_MOST)
#define CONFIG_ROUTES_MOST 100000
#define CONFIG_WORDS_MOST 1000000   /* of all lists together */
#define CONFIG_PREFIXES_MOST 100000 /* likewise */
#define CONFIG_PROTOCOL_DEFAULT 67  /* kernel.protocol, where there is no file to ask */
#define CONFIG_TEXT_MOST ((size_t)512 * 1024 * 1024)

/* A stretch of one of config's lists. */
struct config_list {
	uint32_t first;
	uint32_t count;
};

enum backend_type { BACKEND_HOST_GW, BACKEND_VXLAN, BACKEND_NONE };
enum adopt { ADOPT_NONE, ADOPT_FLANNEL };
enum off_link { OFF_LINK_REFUSE, OFF_LINK_ROUTER };
enum pod_source { POD_SOURCE_NONE, POD_SOURCE_NODE };

/* One node. An address or MAC that is not given is zero; no node's address is 0.0.0.0 or ::. */
struct config_node {
	struct origin origin; /* where its entry begins */
	uint32_t
		name; /* strings are offsets into config.text, NUL-terminated; 0 is the empty one */
	uint8_t address4[4];
	uint8_t address6[16];
	struct mac vtep_mac;
	struct mac vtep_mac6;
	uint32_t podcidrs; /* how many podCIDRs the file gives it */
};
_Static_assert(sizeof(struct config_node) <= 48, "a node is kept per peer");

/* One podCIDR of a node. All of them together are sorted by prefix, overlap nowhere. */
struct config_podcidr {
	struct prefix prefix;
	uint16_t lines; /* below its node's line; 65535: or further down */
	uint32_t node;	/* index into nodes; the file is the node's */
	uint32_t column;
};
_Static_assert(sizeof(struct config_podcidr) <= 28, "a podCIDR is kept per peer");

/* What few nodes have takes no room in each: `via`, and addresses beyond the first of a family in
 * the file's order. Sorted by node. */
struct config_node_ip {
	struct origin origin;
	uint32_t node; /* index into nodes */
	struct ip ip;
};

/* A word or prefix of a list, with its place in the file. */
struct config_word {
	struct origin origin;
	uint32_t text;
};
struct config_prefix {
	struct origin origin;
	struct prefix prefix;
};

/* One entry of `routes`. */
struct config_route {
	struct origin origin;
	struct prefix to; /* `default`: family of via, length 0; both_families when neither via nor
			     from tells */
	struct ip via;
	struct ip from;
	uint32_t dev;
	uint32_t metric;
	uint32_t table;
	uint16_t mtu;
	uint8_t type; /* RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT */
	bool has_metric;
	bool on_link;
	bool both_families;
	struct config_list nodes; /* of words: globs; none means every node */
};

struct config_host_gw {
	uint32_t off_link;
	uint32_t source;
};

struct config_vxlan {
	uint32_t vni;
	uint32_t port;
	char device[LINK_NAME_MAX];
	char device_v6[LINK_NAME_MAX];
	uint32_t mtu; /* 0: auto */
	bool direct_routing;
};

struct config_interface {
	struct config_list name;      /* of words */
	struct config_list regex;     /* of words */
	struct config_list cidr;      /* of prefixes */
	struct config_list can_reach; /* of prefixes: /32 and /128 */
};

struct config_kernel {
	uint32_t protocol;
	uint32_t metric;
	uint32_t metric_spread;
	uint32_t table;
};

struct config_guard {
	uint32_t max_delete; /* a count, or a percentage */
	bool max_delete_is_percent;
	uint32_t always_allow;
	uint64_t hold_for_ms;
	uint64_t remove_after_ms;
	bool allow_empty;
	struct config_list protect; /* of prefixes */
};

/* Probing of peers (SPEC 10). */
struct config_reach {
	uint64_t every_ms; /* 0: off */
	uint64_t timeout_ms;
	uint32_t lost_after;
	uint32_t per_second;
};

struct config_agent {
	uint64_t resync_ms;
	uint64_t stale_after_ms;
	uint32_t listen;
	uint32_t status_file;
	uint32_t subnet_env;
	uint32_t cni_conf;
	bool masquerade;
	bool blackhole_local;
};

/* What the producer of the file says of it. */
struct config_source {
	bool has_serial;
	uint64_t serial;
	uint64_t generated_at; /* seconds since 1970, 0: not given; the oldest of several files */
	uint32_t nodes; /* only while one file is read: what it says its number of nodes is */
};

/*
 * Everything a generation says. Owns its arenas. Built (decode/read.h) by decode_defaults,
 * decode_read once per file, decode_finish; usable only when decode_finish found no error.
 */
struct config {
	enum backend_type backend;
	enum adopt adopt;
	struct config_host_gw host_gw;
	struct config_vxlan vxlan;
	struct config_interface interface;
	struct config_kernel kernel;
	struct config_guard guard;
	struct config_reach reach;
	struct config_agent agent;
	struct config_source source;
	struct config_list pod_network; /* of prefixes */
	bool crossed[2]; /* whether a node has IPv4 (IPv6) podCIDRs, and no address of that family
			  */
	bool between_generations; /* the serials of the files differ (an error too): the
				     directory is half replaced, try again soon */
	struct arena nodes;	  /* struct config_node, in the file's order */
	struct arena vias;	  /* struct config_node_ip */
	struct arena more;	  /* likewise: addresses */
	struct arena podcidrs;	  /* struct config_podcidr, sorted after decode_finish */
	struct arena routes;	  /* struct config_route */
	struct arena words;	  /* struct config_word */
	struct arena prefixes;	  /* struct config_prefix */
	struct arena text;	  /* strings */
};

/* The name of a file by its number in the origins, for messages that point at another file. */
typedef const char *config_name_fn(const void *names, uint16_t file);

/* The rows of rt_tables, asked for when a file first names a table. */
typedef const struct table_name *config_tables_fn(void *context, uint32_t *count);

/* What reading may lean on from outside: the host's routing table names (`tables` NULL: none but
 * the kernel's own); the files' names (`file_name` NULL: files are told by number). Borrowed. */
struct config_host {
	config_tables_fn *tables;
	void *tables_context;
	config_name_fn *file_name;
	const void *names;
};

/* Give back all memory. */
void config_release(struct config *config);

/* Forget what it says, and keep what arena_reset keeps of the memory that was used, for
 * decode_begin. */
void config_empty(struct config *config);

/* Inline, for they are asked of every node. */
static inline const char *config_string_at(const struct config *config, uint32_t string)
{
	return string == 0 ? "" : (const char *)config->text.base + string;
}

static inline uint32_t config_node_count(const struct config *config)
{
	return (uint32_t)(config->nodes.used / sizeof(struct config_node));
}

static inline const struct config_node *config_node_at(const struct config *config, uint32_t i)
{
	return (const struct config_node *)(const void *)config->nodes.base + i;
}

static inline const char *config_node_name(const struct config *config, uint32_t i)
{
	return config_string_at(config, config_node_at(config, i)->name);
}

static inline uint32_t config_podcidr_count(const struct config *config)
{
	return (uint32_t)(config->podcidrs.used / sizeof(struct config_podcidr));
}

static inline const struct config_podcidr *config_podcidr_at(const struct config *config,
							     uint32_t i)
{
	return (const struct config_podcidr *)(const void *)config->podcidrs.base + i;
}

uint32_t config_route_count(const struct config *config);
const struct config_route *config_route_at(const struct config *config, uint32_t i);
const struct config_word *config_word_at(const struct config *config, struct config_list list,
					 uint32_t i);
const struct config_prefix *config_prefix_at(const struct config *config, struct config_list list,
					     uint32_t i);

uint32_t config_ip_count(const struct arena *ips);
const struct config_node_ip *config_ip_at(const struct arena *ips, uint32_t i);

/* The next hop of plain routes to a node, where the file gives one; family 0: none. O(log n). */
struct ip config_node_via(const struct config *config, uint32_t node, uint8_t family);

/* Whether the node has an address of a family, and which; family 0 when it has none. */
static inline bool config_has_address(const struct config_node *node, uint8_t family)
{
	static const uint8_t none[sizeof(node->address6)];

	return family == AF_INET ? memcmp(node->address4, none, sizeof(node->address4)) != 0
				 : memcmp(node->address6, none, sizeof(node->address6)) != 0;
}

static inline struct ip config_node_address(const struct config_node *node, uint8_t family)
{
	struct ip ip = {.family = config_has_address(node, family) ? family : 0};

	if (family == AF_INET)
		memcpy(ip.bytes, node->address4, sizeof(node->address4));
	else
		memcpy(ip.bytes, node->address6, sizeof(node->address6));
	return ip;
}

/* The i-th address of a family of a node, which belongs to the i-th underlay; family 0: it has
 * none. O(log n) of the addresses beyond the first. */
struct ip config_address_at(const struct config *config, uint32_t node, uint8_t family, uint32_t i);

/* Whether some node has more than one, each of which may be a next hop. */
bool config_has_cards(const struct config *config);

/* Whether it is one of the node's addresses. */
bool config_has(const struct config *config, uint32_t node, const struct ip *ip);

/* The family of the underlay that carries podCIDRs of `family` from node `self` to `node`: the same
 * where both have an address of it, else the other one; 0: none does. IPv6 goes over IPv4 by a
 * tunnel alone. */
uint8_t config_carrier(const struct config *config, uint32_t self, uint32_t node, uint8_t family);

/* Likewise from a host that has addresses of the families of `here`: 1 is IPv4, 2 IPv6. */
uint8_t config_carrier_from(const struct config *config, unsigned here, uint32_t node,
			    uint8_t family);

/*
 * The MAC of a node's device on the underlay of a family, and whether the file gives it: given in
 * the file, else the first six bytes of SHA-256 of the node's name (of the name and "/6" on the
 * IPv6 underlay), made unicast and locally administered (SPEC 6), so that a changed address keeps
 * it.
 */
bool config_gives_mac(const struct config_node *node, uint8_t family);
struct mac config_vtep_mac(const struct config *config, const struct config_node *node,
			   uint8_t family);

/* Index of the node of that name, or -1. */
int64_t config_find_node(const struct config *config, const char *name);

struct origin config_podcidr_origin(const struct config *config,
				    const struct config_podcidr *podcidr);

/* Whether the file lists `a` first, of two podCIDRs of one node. `b` NULL: true. */
bool config_podcidr_is_before(const struct config_podcidr *a, const struct config_podcidr *b);

/* The podCIDR of a family that the file lists first for the node, NULL when it has none. */
const struct config_podcidr *config_first_podcidr(const struct config *config,
						  const struct config_node *node, uint8_t family);

#define CONFIG_NOT_FOUND UINT32_MAX

/* Index of the podCIDR that holds or equals `prefix` (at most one does), or CONFIG_NOT_FOUND. O(log
 * n); after decode_finish. */
uint32_t config_podcidr_covering(const struct config *config, const struct prefix *prefix);

/* The first prefix of podNetwork that holds or equals `prefix`, NULL: none. */
const struct prefix *config_network_covering(const struct config *config,
					     const struct prefix *prefix);

/* The first prefix of guard.protect that overlaps `prefix`, NULL: none. */
const struct prefix *config_protecting(const struct config *config, const struct prefix *prefix);

/* Whether a static route is for the node of that name. */
bool config_route_fits(const struct config *config, const struct config_route *route,
		       const char *name);

/* Index of the first podCIDR that lies inside `prefix`, or CONFIG_NOT_FOUND; the others follow it.
 */
uint32_t config_podcidr_inside(const struct config *config, const struct prefix *prefix);

/* The metric of the pod route to `prefix` (SPEC 4): it depends on the destination alone. */
uint32_t config_pod_metric(const struct config_kernel *kernel, const struct prefix *prefix);

/* Whether two generations ask for the same, positions and `source` aside. The keys come from the
 * schema, so that none is forgotten. */
bool config_equal(const struct config *a, const struct config *b);
