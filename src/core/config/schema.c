/* schema.c - the keys of SPEC 2, and how one of them is found. */
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

static const struct schema_word backend_words[] = {
	{"host-gw", BACKEND_HOST_GW}, {"vxlan", BACKEND_VXLAN}, {"none", BACKEND_NONE}, {NULL, 0}};

static const struct schema_word adopt_words[] = {
	{"none", ADOPT_NONE}, {"flannel", ADOPT_FLANNEL}, {NULL, 0}};

static const struct schema_word route_words[] = {{"unicast", RTN_UNICAST},
						 {"blackhole", RTN_BLACKHOLE},
						 {"unreachable", RTN_UNREACHABLE},
						 {"prohibit", RTN_PROHIBIT},
						 {NULL, 0}};

static const struct schema_key vxlan_keys[] = {
	{.name = "vni",
	 .type = SCHEMA_NUMBER,
	 .least = 1,
	 .most = 16777215,
	 .by_default = "1",
	 IN_CONFIG(vxlan.vni),
	 .help = "VXLAN network identifier, the same on all hosts"},
	{.name = "port",
	 .type = SCHEMA_NUMBER,
	 .least = 1,
	 .most = 65535,
	 .by_default = "8472",
	 IN_CONFIG(vxlan.port),
	 .help = "UDP port of the tunnel, the same on all hosts"},
	{.name = "device",
	 .type = SCHEMA_DEVICE,
	 IN_CONFIG(vxlan.device),
	 .help = "name of the tunnel device; by default croute. and the VNI"},
	{.name = "deviceV6",
	 .type = SCHEMA_DEVICE,
	 IN_CONFIG(vxlan.device_v6),
	 .help = "name of the IPv6 underlay's device; by default croute-v6. and the VNI"},
	{.name = "mtu",
	 .type = SCHEMA_MTU,
	 .least = 68,
	 .most = 65535,
	 .by_default = "auto",
	 IN_CONFIG(vxlan.mtu),
	 .help = "MTU of the tunnel device; auto is the underlay's less 50 (IPv4) or 70 (IPv6)"},
	{.name = "directRouting",
	 .type = SCHEMA_FLAG,
	 .by_default = "false",
	 IN_CONFIG(vxlan.direct_routing),
	 .help = "peers on the same link get a plain route instead of the tunnel"},
};

static const struct schema_key backend_keys[] = {
	{.name = "type",
	 .type = SCHEMA_WORD,
	 .words = backend_words,
	 .by_default = "host-gw",
	 IN_CONFIG(backend),
	 .help = "how peers are reached: host-gw by plain routes, vxlan by a tunnel, none not at "
		 "all "
		 "(only routes)"},
	{.name = "vxlan",
	 .type = SCHEMA_MAP,
	 .map = SCHEMA_VXLAN,
	 .help = "the tunnel; checked with any type, used with type vxlan"},
};

static const struct schema_key interface_keys[] = {
	{.name = "name",
	 .type = SCHEMA_DEVICE_WORD,
	 .list = true,
	 IN_CONFIG(interface.name),
	 .help = "only interfaces of these names"},
	{.name = "regex",
	 .type = SCHEMA_REGEX,
	 .list = true,
	 IN_CONFIG(interface.regex),
	 .help = "only interfaces whose whole name one of these matches (PCRE2)"},
	{.name = "cidr",
	 .type = SCHEMA_PREFIX,
	 .list = true,
	 IN_CONFIG(interface.cidr),
	 .help = "only interfaces with an address inside one of these"},
	{.name = "canReach",
	 .type = SCHEMA_HOST,
	 .list = true,
	 IN_CONFIG(interface.can_reach),
	 .help = "only the interface over which the kernel routes to this address"},
};

#define IN_NODE(field) STORED(struct config_node, field)
static const struct schema_key node_keys[] = {
	{.name = "name",
	 .also = "node nodeName hostname id",
	 .type = SCHEMA_NAME,
	 .required = true,
	 IN_NODE(name),
	 .help = "name of the node, as the host or Kubernetes calls it"},
	{.name = "address",
	 .also = "ip ips internalIP publicIP nodeIP host addr addresses endpoint",
	 .type = SCHEMA_NODE_ADDRESS,
	 .list = true,
	 .required = true,
	 .help = "its address on the network between the hosts; at most one per family"},
	{.name = "podCIDRs",
	 .also = "podCIDR cidr cidrs subnet subnets podSubnet podSubnets prefix prefixes pods",
	 .type = SCHEMA_PODCIDR,
	 .list = true,
	 .required = true,
	 .help = "the prefixes of its pods"},
	{.name = "vtepMAC",
	 .also = "mac macAddress lladdr",
	 .type = SCHEMA_MAC,
	 IN_NODE(vtep_mac),
	 .help = "MAC of its tunnel device; by default derived from its name"},
	{.name = "vtepMAC6",
	 .type = SCHEMA_MAC,
	 IN_NODE(vtep_mac6),
	 .help = "MAC of the IPv6 underlay's tunnel device; by default derived from its name"},
};

#define IN_ROUTE(field) STORED(struct config_route, field)
static const struct schema_key route_keys[] = {
	{.name = "to",
	 .also = "destination dest dst network prefix cidr subnet target",
	 .type = SCHEMA_DESTINATION,
	 .required = true,
	 IN_ROUTE(to),
	 .help = "destination: a CIDR, an address or default"},
	{.name = "via",
	 .also = "gateway gateway4 gateway6 gw nextHop next-hop next_hop",
	 .type = SCHEMA_ADDRESS,
	 IN_ROUTE(via),
	 .help = "gateway; optional with dev, and with a type that has none"},
	{.name = "dev",
	 .also = "device interface iface oif nic",
	 .type = SCHEMA_DEVICE,
	 IN_ROUTE(dev),
	 .help = "interface; by default the one whose address prefix holds via"},
	{.name = "from",
	 .also = "src source prefsrc preferredSource",
	 .type = SCHEMA_ADDRESS,
	 IN_ROUTE(from),
	 .help = "preferred source address"},
	{.name = "metric",
	 .also = "priority preference",
	 .type = SCHEMA_NUMBER,
	 .most = UINT32_MAX,
	 IN_ROUTE(metric),
	 .help = "metric; by default the kernel's"},
	{.name = "table",
	 .type = SCHEMA_TABLE,
	 .by_default = "main",
	 IN_ROUTE(table),
	 .help = "routing table, number or name of rt_tables"},
	{.name = "mtu",
	 .type = SCHEMA_NUMBER,
	 .least = 1,
	 .most = 65520,
	 IN_ROUTE(mtu),
	 .help = "MTU towards the destination; by default the interface's"},
	{.name = "onLink",
	 .type = SCHEMA_FLAG,
	 .by_default = "false",
	 IN_ROUTE(on_link),
	 .help = "via is on the link, even though no address prefix says so"},
	{.name = "type",
	 .type = SCHEMA_WORD,
	 .words = route_words,
	 .by_default = "unicast",
	 IN_ROUTE(type),
	 .help = "what becomes of the packets"},
	{.name = "nodes",
	 .type = SCHEMA_GLOB,
	 .list = true,
	 IN_ROUTE(nodes),
	 .help = "only on the nodes whose name matches one of these patterns (*, ?, [a-z])"},
};

static const struct schema_key kernel_keys[] = {
	{.name = "protocol",
	 .also = "proto rtm_protocol",
	 .type = SCHEMA_NUMBER,
	 .least = 19,
	 .most = 255,
	 .is_protocol = true,
	 .by_default = "67",
	 IN_CONFIG(kernel.protocol),
	 .help = "routing protocol number that marks what croute owns"},
	{.name = "metric",
	 .type = SCHEMA_NUMBER,
	 .least = 1,
	 .most = UINT32_MAX,
	 .by_default = "67000",
	 IN_CONFIG(kernel.metric),
	 .help = "lowest metric of pod routes"},
	{.name = "metricSpread",
	 .type = SCHEMA_NUMBER,
	 .least = 1,
	 .most = 65536,
	 .by_default = "4096",
	 IN_CONFIG(kernel.metric_spread),
	 .help = "IPv4 pod routes spread over that many metrics; 1 gives all the same"},
	{.name = "table",
	 .type = SCHEMA_TABLE,
	 .by_default = "main",
	 IN_CONFIG(kernel.table),
	 .help = "routing table of pod routes, number or name of rt_tables"},
};

static const struct schema_key guard_keys[] = {
	{.name = "maxDelete",
	 .type = SCHEMA_SHARE,
	 .most = UINT32_MAX,
	 .by_default = "30%",
	 IN_CONFIG(guard),
	 .help = "deletions in one pass beyond which they are held: a number or a "
		 "percentage of the owned routes"},
	{.name = "alwaysAllow",
	 .type = SCHEMA_NUMBER,
	 .most = UINT32_MAX,
	 .by_default = "3",
	 IN_CONFIG(guard.always_allow),
	 .help = "deletions up to this many are never held"},
	{.name = "holdFor",
	 .type = SCHEMA_DURATION,
	 .most = YEAR_MS,
	 .by_default = "0s",
	 IN_CONFIG(guard.hold_for_ms),
	 .help = "held deletions go after this long with the same file; 0 holds until released"},
	{.name = "removeAfter",
	 .type = SCHEMA_DURATION,
	 .most = YEAR_MS,
	 .by_default = "0s",
	 IN_CONFIG(guard.remove_after_ms),
	 .help = "a vanished node's routes go this long after it vanished"},
	{.name = "allowEmpty",
	 .type = SCHEMA_FLAG,
	 .by_default = "false",
	 IN_CONFIG(guard.allow_empty),
	 .help = "accept a file without nodes and routes"},
	{.name = "protect",
	 .type = SCHEMA_PREFIX,
	 .list = true,
	 IN_CONFIG(guard.protect),
	 .help = "nothing that overlaps these is ever routed by croute"},
};

static const struct schema_key reach_keys[] = {
	{.name = "every",
	 .type = SCHEMA_DURATION,
	 .or_zero = true,
	 .least = 1000,
	 .most = HOUR_MS,
	 .by_default = "0s",
	 IN_CONFIG(reach.every_ms),
	 .help = "each peer is probed once in this time, spread evenly; 0 is off"},
	{.name = "timeout",
	 .type = SCHEMA_DURATION,
	 .least = 10,
	 .most = 10000,
	 .by_default = "1s",
	 IN_CONFIG(reach.timeout_ms),
	 .help = "a probe without an answer after this long counts as missing"},
	{.name = "lostAfter",
	 .type = SCHEMA_NUMBER,
	 .least = 1,
	 .most = 100,
	 .by_default = "3",
	 IN_CONFIG(reach.lost_after),
	 .help = "answers missing in a row before a path counts as lost"},
	{.name = "perSecond",
	 .type = SCHEMA_NUMBER,
	 .least = 1,
	 .most = 10000,
	 .by_default = "200",
	 IN_CONFIG(reach.per_second),
	 .help = "probes a second at most; with more peers \"every\" stretches"},
};

#define IN_SOURCE(field) STORED(struct config_source, field)
static const struct schema_key source_keys[] = {
	{.name = "serial",
	 .type = SCHEMA_NUMBER,
	 .most = UINT64_MAX,
	 IN_SOURCE(serial),
	 .help = "number of this generation; must not go back while an agent runs"},
	{.name = "generatedAt",
	 .type = SCHEMA_TIME,
	 IN_SOURCE(generated_at),
	 .help = "when it was made, as 2026-11-23T03:00:00Z"},
	{.name = "nodes",
	 .type = SCHEMA_NUMBER,
	 .most = UINT32_MAX,
	 IN_SOURCE(nodes),
	 .help = "how many nodes it has: refuses a truncated file"},
};

static const struct schema_key agent_keys[] = {
	{.name = "resync",
	 .type = SCHEMA_DURATION,
	 .least = 100,
	 .most = YEAR_MS,
	 .by_default = "60s",
	 IN_CONFIG(agent.resync_ms),
	 .help = "how often everything is looked at even though nothing seems to have changed"},
	{.name = "staleAfter",
	 .type = SCHEMA_DURATION,
	 .most = YEAR_MS,
	 .by_default = "0s",
	 IN_CONFIG(agent.stale_after_ms),
	 .help = "a file older than this raises croute_config_stale; 0 is off"},
	{.name = "listen",
	 .type = SCHEMA_LISTEN,
	 .by_default = "127.0.0.1:9667",
	 IN_CONFIG(agent.listen),
	 .help = "address and port of metrics and health, numeric, or node:PORT for loopback and "
		 "this node's own addresses; '' is off"},
	{.name = "statusFile",
	 .type = SCHEMA_PATH,
	 .by_default = "/run/croute/status.json",
	 IN_CONFIG(agent.status_file),
	 .help = "what the agent last did, for croute status"},
	{.name = "subnetEnv",
	 .type = SCHEMA_PATH,
	 .by_default = "",
	 .pattern = "^(/.*)?$",
	 IN_CONFIG(agent.subnet_env),
	 .help = "file that the agent keeps for the flannel CNI plugin, such as "
		 "/run/flannel/subnet.env; needs podNetwork"},
	{.name = "cniConf",
	 .type = SCHEMA_PATH,
	 .by_default = "",
	 .pattern = "^(/(.*/)?[^/]+\\.conflist)?$",
	 IN_CONFIG(agent.cni_conf),
	 .help = "CNI configuration that the agent keeps for this node's podCIDRs, such as "
		 "/etc/cni/net.d/10-croute.conflist: bridge, host-local, portmap"},
	{.name = "masquerade",
	 .type = SCHEMA_FLAG,
	 .by_default = "false",
	 IN_CONFIG(agent.masquerade),
	 .help = "pods talk to the outside under the node's address; needs podNetwork"},
	{.name = "blackholeLocal",
	 .type = SCHEMA_FLAG,
	 .by_default = "false",
	 IN_CONFIG(agent.blackhole_local),
	 .help = "a blackhole for each of the node's own podCIDRs, so that unused addresses do "
		 "not leave the node"},
};

static const struct schema_key file_keys[] = {
	{.name = "version",
	 .type = SCHEMA_VERSION,
	 .adds_up = true,
	 .least = 1,
	 .most = 1,
	 .help = "version of the file's form: 1"},
	{.name = "podNetwork",
	 .also = "podCIDR podCIDRs clusterCIDR network podNetworks",
	 .type = SCHEMA_PREFIX,
	 .list = true,
	 IN_CONFIG(pod_network),
	 .help = "every podCIDR must lie inside one of these"},
	{.name = "backend",
	 .type = SCHEMA_MAP,
	 .map = SCHEMA_BACKEND,
	 .lone = "type",
	 .help = "how peers are reached"},
	{.name = "interface",
	 .type = SCHEMA_MAP,
	 .map = SCHEMA_INTERFACE,
	 .lone = "name",
	 .help = "a fence around the choice of the interface, which holds the node's address"},
	{.name = "nodes",
	 .also = "hosts peers workers servers",
	 .type = SCHEMA_NODES,
	 .adds_up = true,
	 .map = SCHEMA_NODE,
	 .help = "the hosts, each with its address and podCIDRs"},
	{.name = "routes",
	 .type = SCHEMA_ROUTES,
	 .adds_up = true,
	 .map = SCHEMA_ROUTE,
	 .help = "static routes"},
	{.name = "kernel",
	 .type = SCHEMA_MAP,
	 .map = SCHEMA_KERNEL,
	 .help = "how croute's routes look"},
	{.name = "guard",
	 .type = SCHEMA_MAP,
	 .map = SCHEMA_GUARD,
	 .help = "what is not done at once"},
	{.name = "adopt",
	 .type = SCHEMA_WORD,
	 .words = adopt_words,
	 .by_default = "none",
	 IN_CONFIG(adopt),
	 .help = "take over the routes and the VXLAN device that flannel left"},
	{.name = "reach",
	 .type = SCHEMA_MAP,
	 .map = SCHEMA_REACH,
	 .lone = "every",
	 .help = "probes that tell whether packets reach each peer"},
	{.name = "source",
	 .type = SCHEMA_MAP,
	 .adds_up = true,
	 .map = SCHEMA_SOURCE,
	 .help = "what the producer of the file says of it"},
	{.name = "agent",
	 .type = SCHEMA_MAP,
	 .map = SCHEMA_AGENT,
	 .help = "settings of croute run"},
};

#define MAP(named, list)                                                                           \
	{                                                                                          \
		.title = (named), .keys = (list), .count = COUNT(list)                             \
	}
static const struct schema_map maps[SCHEMA_MAPS] = {
	[SCHEMA_VXLAN] = MAP("backend.vxlan", vxlan_keys),
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
		if (text_is(name, map->keys[i].name))
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
