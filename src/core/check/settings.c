/* settings.c - settings of the whole file. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/check/check.h"

#include <inttypes.h>
#include <string.h>

static void check_version(const struct places *places)
{
	struct origin begin = {.line = 1, .column = 1};

	if (!places_has(places, SCHEMA_FILE, "version") &&
	    !places_lost(places, SCHEMA_FILE, "version"))
		diag_error(places->diags, begin, "\"version\" is missing; write \"version: 1\"");
}

/* An empty file is more often an accident than an order to remove every route. */
static void check_empty(const struct places *places)
{
	const struct config *config = places->config;
	struct origin begin = {.line = 1, .column = 1};

	if (places->partial || config->guard.allow_empty || config_route_count(config) > 0 ||
	    places_lost(places, SCHEMA_GUARD, "allowEmpty"))
		return;
	if (config->backend == BACKEND_NONE)
		diag_error(places->diags, begin,
			   "backend type none without routes: nothing would be routed; write "
			   "routes, or guard.allowEmpty: true");
	else if (places->all_entries == 0)
		diag_error(places->diags, begin,
			   "no nodes and no routes: nothing would be routed; write some, or "
			   "guard.allowEmpty: true");
}

static void need_pod_network(const struct places *places, enum schema_map_id id, const char *key,
			     bool asked)
{
	const struct key_place *where = places_of(places, id, key);

	if (asked && places->config->pod_network.count == 0 &&
	    !places_lost(places, SCHEMA_FILE, "podNetwork"))
		diag_error(places->diags, where->value, "\"%s\" needs \"podNetwork\"", key);
}

static void check_needs(const struct places *places)
{
	const struct config *config = places->config;

	need_pod_network(places, SCHEMA_FILE, "adopt", config->adopt != ADOPT_NONE);
	need_pod_network(places, SCHEMA_AGENT, "subnetEnv", config->agent.subnet_env != 0);
	need_pod_network(places, SCHEMA_AGENT, "masquerade", config->agent.masquerade);
}

/* Without pod routes croute chooses no interface, so it knows no MTU, and no podCIDR of its own. */
static void check_backend(const struct places *places)
{
	const struct config_agent *agent = &places->config->agent;
	const struct {
		enum schema_map_id map;
		const char *key;
		bool asked;
	} parts[] = {
		{SCHEMA_AGENT, "subnetEnv", agent->subnet_env != 0},
		{SCHEMA_AGENT, "cniConf", agent->cni_conf != 0},
		{SCHEMA_AGENT, "blackholeLocal", agent->blackhole_local},
		{SCHEMA_REACH, "every", places->config->reach.every_ms > 0},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].asked && places->config->backend == BACKEND_NONE)
			diag_error(places->diags,
				   places_of(places, parts[i].map, parts[i].key)->value,
				   "\"%s\" needs pod routes: backend type host-gw or vxlan",
				   parts[i].key);
	}
}

static void need_whole_path(const struct places *places, const char *key, uint32_t string)
{
	if (string != 0 && config_string_at(places->config, string)[0] != '/')
		diag_error(places->diags, places_of(places, SCHEMA_AGENT, key)->value,
			   "\"%s\" must begin with \"/\": other programs read that file", key);
}

/* Container runtimes read no list of plugins from a file of another name (libcni, ConfFiles). */
static void check_paths(const struct places *places)
{
	static const char ending[] = ".conflist";
	const struct config_agent *agent = &places->config->agent;
	const char *path = config_string_at(places->config, agent->cni_conf);
	size_t len = strlen(path);

	need_whole_path(places, "subnetEnv", agent->subnet_env);
	need_whole_path(places, "cniConf", agent->cni_conf);
	if (len == 0 || path[0] != '/')
		return;
	if (len < sizeof(ending) || strcmp(path + len - (sizeof(ending) - 1), ending) != 0 ||
	    path[len - sizeof(ending)] == '/')
		diag_error(places->diags, places_of(places, SCHEMA_AGENT, "cniConf")->value,
			   "\"cniConf\" must end in \".conflist\", such as 10-croute.conflist: no "
			   "other file is read as one");
}

static void check_kernel(const struct places *places)
{
	const struct config_kernel *kernel = &places->config->kernel;
	const char *owner = schema_protocol_owner(kernel->protocol);
	uint64_t end = (uint64_t)kernel->metric + kernel->metric_spread;
	bool spread_told = places_has(places, SCHEMA_KERNEL, "metricSpread") &&
			   !places_has(places, SCHEMA_KERNEL, "metric");

	if (owner != NULL)
		diag_error(places->diags, places_of(places, SCHEMA_KERNEL, "protocol")->value,
			   "protocol %" PRIu32 " is %s's; croute would take its routes for its own",
			   kernel->protocol, owner);
	if (end > UINT32_MAX)
		diag_error(places->diags,
			   places_of(places, SCHEMA_KERNEL, spread_told ? "metricSpread" : "metric")
				   ->value,
			   "metric %" PRIu32 " and metricSpread %" PRIu32
			   " together are past %" PRIu32,
			   kernel->metric, kernel->metric_spread, UINT32_MAX);
}

/* The default name of the IPv6 device outgrows an interface's name with a VNI of six digits. */
static void check_device(const struct places *places)
{
	const struct config *config = places->config;

	if (config->backend == BACKEND_VXLAN && config->vxlan.vni > 99999 &&
	    !places_has(places, SCHEMA_VXLAN, "deviceV6"))
		diag_error(places->diags, places_of(places, SCHEMA_VXLAN, "vni")->value,
			   "croute-v6.%" PRIu32 " has over %d characters; give \"deviceV6\"",
			   config->vxlan.vni, LINK_NAME_MAX - 1);
}

/* A path's next probe goes out only when the last one is answered or given up. */
static void check_reach(const struct places *places)
{
	const struct config_reach *reach = &places->config->reach;

	if (reach->every_ms > 0 && reach->timeout_ms > reach->every_ms)
		diag_error(places->diags, places_of(places, SCHEMA_REACH, "timeout")->value,
			   "reach.timeout is longer than reach.every");
}

void check_settings(struct places *places)
{
	if (!places->broken) {
		check_version(places);
		check_empty(places);
	}
	if (!places->broken && !places->partial)
		source_check_counts(places);
	check_needs(places);
	check_backend(places);
	check_paths(places);
	check_kernel(places);
	check_device(places);
	check_reach(places);
}
