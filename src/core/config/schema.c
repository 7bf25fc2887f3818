/* schema.c - the keys of SPEC 2, and how one of them is found. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/schema.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <strings.h>

#include "croute/core/config/config.h"

#define STORED(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
#define IN_CONFIG(field) STORED(struct config, field)
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define HOUR_MS ((uint64_t)3600 * 1000)
#define YEAR_MS (365 * 24 * HOUR_MS)

/* One key; what follows its help sets the other parts. */
#define KEY(kind, key, words, ...)                                                                 \
	{                                                                                          \
		.name = (key), .name_len = sizeof(key) - 1, .type = SCHEMA_##kind,                 \
		.help = (words), __VA_ARGS__                                                       \
	}

static const struct schema_word backend_words[] = {
	{"host-gw", BACKEND_HOST_GW}, {"vxlan", BACKEND_VXLAN}, {"none", BACKEND_NONE}, {NULL, 0}};

static const struct schema_word off_link_words[] = {
	{"refuse", OFF_LINK_REFUSE}, {"router", OFF_LINK_ROUTER}, {NULL, 0}};

static const struct schema_word source_words[] = {
	{"none", POD_SOURCE_NONE}, {"node", POD_SOURCE_NODE}, {NULL, 0}};

static const struct schema_word adopt_words[] = {
	{"none", ADOPT_NONE}, {"flannel", ADOPT_FLANNEL}, {NULL, 0}};

static const struct schema_word route_words[] = {{"unicast", RTN_UNICAST},
						 {"blackhole", RTN_BLACKHOLE},
						 {"unreachable", RTN_UNREACHABLE},
						 {"prohibit", RTN_PROHIBIT},
						 {NULL, 0}};

static const struct schema_key host_gw_keys[] = {
	KEY(WORD, "offLink",
	    "what happens to a peer that is not on the link: router takes the next hop of the "
	    "kernel's own route to its address",
	    IN_CONFIG(host_gw.off_link), .words = off_link_words, .by_default = "refuse"),
	KEY(WORD, "source",
	    "preferred source address of plain pod routes: node is this node's own address",
	    IN_CONFIG(host_gw.source), .words = source_words, .by_default = "none"),
};

static const struct schema_key vxlan_keys[] = {
	KEY(NUMBER, "vni", "VXLAN network identifier, the same on all hosts", IN_CONFIG(vxlan.vni),
	    .least = 1, .most = 16777215, .by_default = "1"),
	KEY(NUMBER, "port", "UDP port of the tunnel, the same on all hosts", IN_CONFIG(vxlan.port),
	    .least = 1, .most = 65535, .by_default = "8472"),
	KEY(DEVICE, "device", "name of the tunnel device; by default croute. and the VNI",
	    IN_CONFIG(vxlan.device)),
	KEY(DEVICE, "deviceV6",
	    "name of the IPv6 underlay's device; by default croute-v6. and the VNI",
	    IN_CONFIG(vxlan.device_v6)),
	KEY(MTU, "mtu",
	    "MTU of the tunnel device; auto is the underlay's less 50 (IPv4) or 70 (IPv6)",
	    IN_CONFIG(vxlan.mtu), .least = 68, .most = 65535, .by_default = "auto"),
	KEY(FLAG, "directRouting", "peers on the same link get a plain route instead of the tunnel",
	    IN_CONFIG(vxlan.direct_routing), .by_default = "false"),
};

static const struct schema_key backend_keys[] = {
	KEY(WORD, "type",
	    "how peers are reached: host-gw by plain routes, vxlan by a tunnel, none not at all "
	    "(only routes)",
	    IN_CONFIG(backend), .words = backend_words, .by_default = "host-gw"),
	KEY(MAP, "hostGw", "plain pod routes; checked with any type", .map = SCHEMA_HOST_GW),
	KEY(MAP, "vxlan", "the tunnel; checked with any type, used with type vxlan",
	    .map = SCHEMA_VXLAN),
};

static const struct schema_key interface_keys[] = {
	KEY(DEVICE_WORD, "name", "only interfaces of these names", IN_CONFIG(interface.name),
	    .list = true),
	KEY(REGEX, "regex", "only interfaces whose whole name one of these matches (PCRE2)",
	    IN_CONFIG(interface.regex), .list = true),
	KEY(PREFIX, "cidr", "only interfaces with an address inside one of these",
	    IN_CONFIG(interface.cidr), .list = true),
	KEY(HOST, "canReach", "only the interface over which the kernel routes to this address",
	    IN_CONFIG(interface.can_reach), .list = true),
};

#define IN_NODE(field) STORED(struct config_node, field)
static const struct schema_key node_keys[] = {
	KEY(NAME, "name", "name of the node, as the host or Kubernetes calls it", IN_NODE(name),
	    .also = "node nodeName hostname id", .required = true),
	KEY(NODE_ADDRESS, "address",
	    "its address on the network between the hosts; several of a family: of as many "
	    "networks, in the same order in each node",
	    .also = "ip ips internalIP publicIP nodeIP host addr addresses endpoint", .list = true,
	    .required = true),
	KEY(PODCIDR, "podCIDRs", "the prefixes of its pods",
	    .also = "podCIDR cidr cidrs subnet subnets podSubnet podSubnets prefix prefixes pods",
	    .list = true, .required = true),
	KEY(NODE_VIA, "via",
	    "next hop of plain routes to it, in place of its address; one per family",
	    .also = "gateway gw nextHop next-hop router", .list = true),
	KEY(MAC, "vtepMAC", "MAC of its tunnel device; by default derived from its name",
	    IN_NODE(vtep_mac), .also = "mac macAddress lladdr"),
	KEY(MAC, "vtepMAC6",
	    "MAC of the IPv6 underlay's tunnel device; by default derived from its name",
	    IN_NODE(vtep_mac6)),
};

#define IN_ROUTE(field) STORED(struct config_route, field)
static const struct schema_key route_keys[] = {
	KEY(DESTINATION, "to", "destination: a CIDR, an address or default", IN_ROUTE(to),
	    .also = "destination dest dst network prefix cidr subnet target", .required = true),
	KEY(ADDRESS, "via", "gateway; optional with dev, and with a type that has none",
	    IN_ROUTE(via), .also = "gateway gateway4 gateway6 gw nextHop next-hop next_hop"),
	KEY(DEVICE, "dev", "interface; by default the one whose address prefix holds via",
	    IN_ROUTE(dev), .also = "device interface iface oif nic"),
	KEY(ADDRESS, "from", "preferred source address", IN_ROUTE(from),
	    .also = "src source prefsrc preferredSource"),
	KEY(NUMBER, "metric", "metric; by default the kernel's", IN_ROUTE(metric),
	    .also = "priority preference", .most = UINT32_MAX),
	KEY(TABLE, "table", "routing table, number or name of rt_tables", IN_ROUTE(table),
	    .by_default = "main"),
	KEY(NUMBER, "mtu", "MTU towards the destination; by default the interface's", IN_ROUTE(mtu),
	    .least = 1, .most = 65520),
	KEY(FLAG, "onLink", "via is on the link, even though no address prefix says so",
	    IN_ROUTE(on_link), .by_default = "false"),
	KEY(WORD, "type", "what happens to the packets", IN_ROUTE(type), .words = route_words,
	    .by_default = "unicast"),
	KEY(GLOB, "nodes",
	    "only on the nodes whose name matches one of these patterns (*, ?, [a-z])",
	    IN_ROUTE(nodes), .list = true),
};

static const struct schema_key kernel_keys[] = {
	KEY(NUMBER, "protocol", "routing protocol number that marks what croute owns",
	    IN_CONFIG(kernel.protocol), .also = "proto rtm_protocol", .least = 19, .most = 255,
	    .is_protocol = true, .by_default = "67"),
	KEY(NUMBER, "metric", "lowest metric of pod routes", IN_CONFIG(kernel.metric), .least = 1,
	    .most = UINT32_MAX, .by_default = "67000"),
	KEY(NUMBER, "metricSpread",
	    "IPv4 pod routes spread over that many metrics; 1 gives all the same",
	    IN_CONFIG(kernel.metric_spread), .least = 1, .most = 65536, .by_default = "4096"),
	KEY(TABLE, "table", "routing table of pod routes, number or name of rt_tables",
	    IN_CONFIG(kernel.table), .by_default = "main"),
};

static const struct schema_key guard_keys[] = {
	KEY(SHARE, "maxDelete",
	    "deletions in one pass beyond which they are held: a number or a percentage of the "
	    "owned routes",
	    IN_CONFIG(guard), .most = UINT32_MAX, .by_default = "30%"),
	KEY(NUMBER, "alwaysAllow", "deletions up to this many are never held",
	    IN_CONFIG(guard.always_allow), .most = UINT32_MAX, .by_default = "3"),
	KEY(DURATION, "holdFor",
	    "held deletions go after this long with the same file; 0 holds until released",
	    IN_CONFIG(guard.hold_for_ms), .most = YEAR_MS, .by_default = "0s"),
	KEY(DURATION, "removeAfter", "a vanished node's routes go this long after it vanished",
	    IN_CONFIG(guard.remove_after_ms), .most = YEAR_MS, .by_default = "0s"),
	KEY(FLAG, "allowEmpty", "accept a file without nodes and routes",
	    IN_CONFIG(guard.allow_empty), .by_default = "false"),
	KEY(PREFIX, "protect", "nothing that overlaps these is ever routed by croute",
	    IN_CONFIG(guard.protect), .list = true),
};

static const struct schema_key reach_keys[] = {
	KEY(DURATION, "every", "each peer is probed once in this time, spread evenly; 0 is off",
	    IN_CONFIG(reach.every_ms), .or_zero = true, .least = 1000, .most = HOUR_MS,
	    .by_default = "0s"),
	KEY(DURATION, "timeout", "a probe without an answer after this long counts as missing",
	    IN_CONFIG(reach.timeout_ms), .least = 10, .most = 10000, .by_default = "1s"),
	KEY(NUMBER, "lostAfter", "answers missing in a row before a path counts as lost",
	    IN_CONFIG(reach.lost_after), .least = 1, .most = 100, .by_default = "3"),
	KEY(NUMBER, "perSecond", "probes a second at most; with more peers \"every\" stretches",
	    IN_CONFIG(reach.per_second), .least = 1, .most = 10000, .by_default = "200"),
};

#define IN_SOURCE(field) STORED(struct config_source, field)
static const struct schema_key source_keys[] = {
	KEY(NUMBER, "serial", "number of this generation; must not go back while an agent runs",
	    IN_SOURCE(serial), .most = UINT64_MAX),
	KEY(TIME, "generatedAt", "when it was made, as 2026-11-23T03:00:00Z",
	    IN_SOURCE(generated_at)),
	KEY(NUMBER, "nodes", "how many nodes it has: refuses a truncated file", IN_SOURCE(nodes),
	    .most = UINT32_MAX),
};

static const struct schema_key agent_keys[] = {
	KEY(DURATION, "resync",
	    "how often everything is looked at even though nothing seems to have changed",
	    IN_CONFIG(agent.resync_ms), .least = 100, .most = YEAR_MS, .by_default = "60s"),
	KEY(DURATION, "staleAfter", "a file older than this raises croute_config_stale; 0 is off",
	    IN_CONFIG(agent.stale_after_ms), .most = YEAR_MS, .by_default = "0s"),
	KEY(LISTEN, "listen",
	    "address and port of metrics and health, numeric, or node:PORT for loopback and this "
	    "node's own addresses; '' is off",
	    IN_CONFIG(agent.listen), .by_default = "127.0.0.1:9667"),
	KEY(PATH, "statusFile", "what the agent last did, for croute status",
	    IN_CONFIG(agent.status_file), .by_default = "/run/croute/status.json"),
	KEY(PATH, "subnetEnv",
	    "file that the agent keeps for the flannel CNI plugin, such as "
	    "/run/flannel/subnet.env; needs podNetwork",
	    IN_CONFIG(agent.subnet_env), .by_default = "", .pattern = "^(/.*)?$"),
	KEY(PATH, "cniConf",
	    "CNI configuration that the agent keeps for this node's podCIDRs, such as "
	    "/etc/cni/net.d/10-croute.conflist: bridge, host-local, portmap",
	    IN_CONFIG(agent.cni_conf), .by_default = "", .pattern = "^(/(.*/)?[^/]+\\.conflist)?$"),
	KEY(FLAG, "masquerade",
	    "pods talk to the outside under the node's address; needs podNetwork",
	    IN_CONFIG(agent.masquerade), .by_default = "false"),
	KEY(FLAG, "blackholeLocal",
	    "a blackhole for each of the node's own podCIDRs, so that unused addresses do not "
	    "leave the node",
	    IN_CONFIG(agent.blackhole_local), .by_default = "false"),
};

static const struct schema_key file_keys[] = {
	KEY(VERSION, "version", "version of the file format: 1", .adds_up = true, .least = 1,
	    .most = 1),
	KEY(PREFIX, "podNetwork", "every podCIDR must lie inside one of these",
	    IN_CONFIG(pod_network), .also = "podCIDR podCIDRs clusterCIDR network podNetworks",
	    .list = true),
	KEY(MAP, "backend", "how peers are reached", .map = SCHEMA_BACKEND, .lone = "type"),
	KEY(MAP, "interface", "limits the choice of the interface, which holds the node's address",
	    .map = SCHEMA_INTERFACE, .lone = "name"),
	KEY(NODES, "nodes", "the hosts, each with its address and podCIDRs",
	    .also = "hosts peers workers servers", .adds_up = true, .map = SCHEMA_NODE),
	KEY(ROUTES, "routes", "static routes", .adds_up = true, .map = SCHEMA_ROUTE),
	KEY(MAP, "kernel", "how croute's routes look", .map = SCHEMA_KERNEL),
	KEY(MAP, "guard", "which deletions are delayed or held", .map = SCHEMA_GUARD),
	KEY(WORD, "adopt", "take over the routes and the VXLAN device that flannel left",
	    IN_CONFIG(adopt), .words = adopt_words, .by_default = "none"),
	KEY(MAP, "reach", "probes that tell whether packets reach each peer", .map = SCHEMA_REACH,
	    .lone = "every"),
	KEY(MAP, "source", "what the producer of the file says about it", .adds_up = true,
	    .map = SCHEMA_SOURCE),
	KEY(MAP, "agent", "settings of croute run", .map = SCHEMA_AGENT),
};

#define MAP(named, list)                                                                           \
	{                                                                                          \
		.title = (named), .keys = (list), .count = COUNT(list)                             \
	}
static const struct schema_map maps[SCHEMA_MAPS] = {
	[SCHEMA_VXLAN] = MAP("backend.vxlan", vxlan_keys),
	[SCHEMA_HOST_GW] = MAP("backend.hostGw", host_gw_keys),
	[SCHEMA_BACKEND] = MAP("backend", backend_keys),
	[SCHEMA_INTERFACE] = MAP("interface", interface_keys),
	[SCHEMA_NODE] = MAP("a node", node_keys),
	[SCHEMA_ROUTE] = MAP("a route", route_keys),
	[SCHEMA_KERNEL] = MAP("kernel", kernel_keys),
	[SCHEMA_GUARD] = MAP("guard", guard_keys),
	[SCHEMA_REACH] = MAP("reach", reach_keys),
	[SCHEMA_SOURCE] = MAP("source", source_keys),
	[SCHEMA_AGENT] = MAP("agent", agent_keys),
	[SCHEMA_FILE] = MAP("the file", file_keys),
};

const struct schema_map *schema_map_of(enum schema_map_id id)
{
	return &maps[id];
}

uint32_t schema_find(const struct schema_map *map, struct text name)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct schema_key *key = &map->keys[i];

		if (name.len == key->name_len && memcmp(name.at, key->name, name.len) == 0)
			return i;
	}
	return SCHEMA_NO_KEY;
}

static const char *key_at(const void *words, size_t i)
{
	const struct schema_map *map = words;

	return i < map->count ? map->keys[i].name : NULL;
}

/* Whether `name` is one of the words of `also`, in any case. */
static bool is_among(const char *also, struct text name)
{
	while (also != NULL && *also != '\0') {
		size_t len = strcspn(also, " ");

		if (len == name.len && strncasecmp(also, name.at, len) == 0)
			return true;
		also += len + (also[len] == ' ');
	}
	return false;
}

const char *schema_meant(const struct schema_map *map, struct text name)
{
	for (uint32_t i = 0; i < map->count; i++) {
		if (is_among(map->keys[i].also, name))
			return map->keys[i].name;
	}
	return text_nearest(name, key_at, map);
}

const struct schema_map *schema_elsewhere(const struct schema_map *map, struct text name)
{
	const struct schema_map *found = NULL;

	for (int id = SCHEMA_MAPS - 1; id >= 0; id--) {
		if (&maps[id] != map && schema_find(&maps[id], name) != SCHEMA_NO_KEY)
			found = &maps[id];
	}
	for (uint32_t i = 0; i < map->count; i++) {
		const struct schema_key *key = &map->keys[i];

		if (key->type == SCHEMA_MAP && schema_find(&maps[key->map], name) != SCHEMA_NO_KEY)
			found = &maps[key->map];
	}
	return found;
}

static const char *word_at(const void *words, size_t i)
{
	return ((const struct schema_word *)words)[i].word;
}

const char *schema_nearest_word(const struct schema_key *key, struct text word)
{
	return text_nearest(word, word_at, key->words);
}

const char *schema_backend_word(uint32_t backend)
{
	const struct schema_word *row = backend_words;

	while (row->value != backend)
		row++;
	return row->word;
}

/* Numbers of rtnetlink(7), FRR's zebra/rt_netlink.c and Calico's Felix. */
struct protocol {
	uint32_t number;
	const char *owner;
};

static const struct protocol protocols[] = {
	{42, "babel"},
	{80, "Calico's Felix"},
	{84, "OVN"},
	{99, "Open/R"},
	{186, "bgp of FRR"},
	{187, "isis of FRR"},
	{188, "ospf of FRR"},
	{189, "rip of FRR"},
	{190, "ripng of FRR"},
	{191, "nhrp of FRR"},
	{192, "eigrp of FRR"},
	{193, "ldp of FRR"},
	{194, "sharp of FRR"},
	{195, "pbr of FRR"},
	{196, "static of FRR"},
	{197, "openfabric of FRR"},
	{198, "srte of FRR"},
};

const char *schema_protocol_owner(uint32_t number)
{
	for (size_t i = 0; i < COUNT(protocols); i++) {
		if (protocols[i].number == number)
			return protocols[i].owner;
	}
	return NULL;
}
