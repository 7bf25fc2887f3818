/* settings.c - settings of the whole file. */
#include "croute/core/check/settings.h"

#include <inttypes.h>
#include <string.h>

#include "croute/core/config/source.h"

static void check_version(const struct config_reader *reader)
{
	struct origin begin = {.line = 1, .column = 1};

	if (!reader_has(reader, SCHEMA_FILE, "version"))
		diag_error(reader->diags, begin, "there is no \"version\"; write \"version: 1\"");
}

/* An empty file is more often an accident than a wish to remove every route. */
static void check_empty(const struct config_reader *reader)
{
	const struct config *config = reader->config;
	struct origin begin = {.line = 1, .column = 1};

	if (reader->partial || config->guard.allow_empty || config_route_count(config) > 0)
		return;
	if (config->backend == BACKEND_NONE)
		diag_error(reader->diags, begin,
			   "backend type none without routes: nothing would be routed; write "
			   "routes, or guard.allowEmpty: true");
	else if (reader->all_entries == 0)
		diag_error(reader->diags, begin,
			   "no nodes and no routes: nothing would be routed; write some, or "
			   "guard.allowEmpty: true");
}

static void need_pod_network(const struct config_reader *reader, enum schema_map_id id,
			     const char *key, bool asked)
{
	const struct reader_where *where = reader_where(reader, id, key);

	if (asked && reader->config->pod_network.count == 0)
		diag_error(reader->diags, where->value, "\"%s\" needs \"podNetwork\"", key);
}

static void check_needs(const struct config_reader *reader)
{
	const struct config *config = reader->config;

	if (reader_has(reader, SCHEMA_FILE, "podNetwork") && reader->diags->errors > 0)
		return; /* it may be there, and bad, which is told already */
	need_pod_network(reader, SCHEMA_FILE, "adopt", config->adopt != ADOPT_NONE);
	need_pod_network(reader, SCHEMA_AGENT, "subnetEnv", config->agent.subnet_env != 0);
	need_pod_network(reader, SCHEMA_AGENT, "masquerade", config->agent.masquerade);
}

/* Without pod routes croute chooses no interface, so it knows no MTU, and no podCIDR of its own. */
static void check_backend(const struct config_reader *reader)
{
	const struct config_agent *agent = &reader->config->agent;
	const struct {
		const char *key;
		bool asked;
	} parts[] = {
		{"subnetEnv", agent->subnet_env != 0},
		{"cniConf", agent->cni_conf != 0},
		{"blackholeLocal", agent->blackhole_local},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].asked && reader->config->backend == BACKEND_NONE)
			diag_error(reader->diags,
				   reader_where(reader, SCHEMA_AGENT, parts[i].key)->value,
				   "\"%s\" needs pod routes: backend type host-gw or vxlan",
				   parts[i].key);
	}
}

static void need_whole_path(const struct config_reader *reader, const char *key, uint32_t string)
{
	if (string != 0 && config_string_at(reader->config, string)[0] != '/')
		diag_error(reader->diags, reader_where(reader, SCHEMA_AGENT, key)->value,
			   "\"%s\" must begin with \"/\": other programs read that file", key);
}

/* Container runtimes read no list of plugins from a file of another name (libcni, ConfFiles). */
static void check_paths(const struct config_reader *reader)
{
	static const char ending[] = ".conflist";
	const struct config_agent *agent = &reader->config->agent;
	const char *path = config_string_at(reader->config, agent->cni_conf);
	size_t len = strlen(path);

	need_whole_path(reader, "subnetEnv", agent->subnet_env);
	need_whole_path(reader, "cniConf", agent->cni_conf);
	if (len == 0 || path[0] != '/')
		return;
	if (len < sizeof(ending) || strcmp(path + len - (sizeof(ending) - 1), ending) != 0 ||
	    path[len - sizeof(ending)] == '/')
		diag_error(reader->diags, reader_where(reader, SCHEMA_AGENT, "cniConf")->value,
			   "\"cniConf\" must end in \".conflist\", such as 10-croute.conflist: no "
			   "other file is read as one");
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

static void check_kernel(const struct config_reader *reader)
{
	const struct config_kernel *kernel = &reader->config->kernel;
	uint64_t end = (uint64_t)kernel->metric + kernel->metric_spread;
	bool spread_told = reader_has(reader, SCHEMA_KERNEL, "metricSpread") &&
			   !reader_has(reader, SCHEMA_KERNEL, "metric");

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (protocols[i].number == kernel->protocol)
			diag_error(reader->diags,
				   reader_where(reader, SCHEMA_KERNEL, "protocol")->value,
				   "protocol %" PRIu32 " is %s's; croute would take its routes for "
				   "its own",
				   kernel->protocol, protocols[i].owner);
	}
	if (end > UINT32_MAX)
		diag_error(
			reader->diags,
			reader_where(reader, SCHEMA_KERNEL, spread_told ? "metricSpread" : "metric")
				->value,
			"metric %" PRIu32 " and metricSpread %" PRIu32
			" together are past %" PRIu32,
			kernel->metric, kernel->metric_spread, UINT32_MAX);
}

/* The default name of the IPv6 device outgrows an interface's name with a VNI of six digits. */
static void check_device(const struct config_reader *reader)
{
	const struct config *config = reader->config;

	if (config->backend == BACKEND_VXLAN && config->vxlan.vni > 99999 &&
	    !reader_has(reader, SCHEMA_VXLAN, "deviceV6"))
		diag_error(reader->diags, reader_where(reader, SCHEMA_VXLAN, "vni")->value,
			   "croute-v6.%" PRIu32 " has over %d characters; give \"deviceV6\"",
			   config->vxlan.vni, LINK_NAME_MAX - 1);
}

void check_settings(struct config_reader *reader)
{
	if (!reader->broken) {
		check_version(reader);
		check_empty(reader);
		source_check_counts(reader);
	}
	check_needs(reader);
	check_backend(reader);
	check_paths(reader);
	check_kernel(reader);
	check_device(reader);
}
