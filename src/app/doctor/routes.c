/* routes.c - routes and policy rules of others that lead pods' packets astray. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/plan/owner.h"
#include "croute/core/report/report.h"

/* Whether a prefix touches what pods have: those of this host, or any. */
static bool touches_pods(const struct doctor_facts *facts, const struct prefix *prefix, bool own)
{
	const struct config *config = facts->config;

	for (uint32_t i = 0; !own && i < config->pod_network.count; i++) {
		if (prefix_overlaps(&config_prefix_at(config, config->pod_network, i)->prefix,
				    prefix))
			return true;
	}
	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if ((!own || podcidr->node == facts->self) &&
		    prefix_overlaps(&podcidr->prefix, prefix))
			return true;
	}
	return false;
}

static bool is_pod_link(const struct doctor_facts *facts, const char *name)
{
	const struct link *link = doctor_pod_link(facts, 0);

	for (uint32_t i = 1; link != NULL && strcmp(link->name, name) != 0; i++)
		link = doctor_pod_link(facts, i);
	return link != NULL;
}

/* Whether unmarked packets from pods of this host to pods of others may fit. Packets that are
 * forwarded have no link to leave by yet. */
static bool may_fit(const struct doctor_facts *facts, const struct rule *rule)
{
	bool meets = rule->oif[0] == '\0' && (rule->mark & rule->mask) == 0 &&
		     (rule->iif[0] == '\0' || is_pod_link(facts, rule->iif)) &&
		     (rule->src.len == 0 || touches_pods(facts, &rule->src, true)) &&
		     (rule->dst.len == 0 || touches_pods(facts, &rule->dst, false));

	return meets != rule->inverted;
}

/* The table that a rule leads packets of pods to: with l3mdev that of the VRF that they are in, or,
 * while there are none, that they should be in; without one none. */
static uint32_t table_of(const struct doctor_facts *facts, const struct rule *rule)
{
	const struct link *pods = doctor_pod_link(facts, 0);
	const struct link *vrf;

	if (!rule->l3mdev || facts->links == NULL)
		return rule->table;
	vrf = pods != NULL ? links_vrf_of(facts->links, pods->index)
			   : links_vrf_with(facts->links, facts->config->kernel.table);
	return vrf != NULL ? vrf->vrf_table : RT_TABLE_UNSPEC;
}

int doctor_take_rule(void *context, const struct rule *rule)
{
	struct doctor_facts *facts = context;
	bool *leads = &facts->leads[rule->family == AF_INET6];
	bool refuses = rule->action >= RULE_BLACKHOLE;
	bool looks_up = rule->action == RULE_LOOKUP;
	uint32_t table = table_of(facts, rule);

	if (*leads || !may_fit(facts, rule))
		return 0;
	if (looks_up && table == facts->config->kernel.table && !rule->odd) {
		*leads = true;
		return 0;
	}
	if (facts->rule_count >= DOCTOR_RULES_MOST || table == RT_TABLE_LOCAL ||
	    (!refuses && (!looks_up || table == RT_TABLE_UNSPEC)))
		return 0;
	facts->rules[facts->rule_count] = (struct doctor_rule){.rule = *rule, .takes = refuses};
	facts->rules[facts->rule_count++].rule.table = table;
	return 0;
}

static void take_rule_route(struct doctor_facts *facts, const struct route *route)
{
	struct prefix prefix = route_prefix(route);

	for (uint32_t i = 0; i < facts->rule_count; i++) {
		struct doctor_rule *one = &facts->rules[i];

		if (!one->takes && one->rule.table == route->table &&
		    one->rule.table != facts->config->kernel.table &&
		    one->rule.family == route->family && route->type != RTN_THROW &&
		    route->dst_len >= one->rule.shortest)
			one->takes = touches_pods(facts, &prefix, false) &&
				     !doctor_is_own(facts, &prefix);
	}
}

static void note(struct doctor_routes *routes, const struct route *route)
{
	if (routes->count < DOCTOR_SHOWN)
		routes->shown[routes->count] = *route;
	routes->count++;
}

static bool is_static(const struct config *config, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < config_route_count(config); i++) {
		const struct config_route *row = config_route_at(config, i);

		if (prefix_same(&row->to, prefix) || (row->both_families && prefix->len == 0))
			return true;
	}
	return false;
}

/* Whether croute makes such rows: pod routes lie in a range of metrics of their own (SPEC 4). */
static bool is_of_our_shape(const struct doctor_facts *facts, const struct route *route,
			    const struct prefix *prefix)
{
	const struct config_kernel *kernel = &facts->config->kernel;
	uint32_t spread = route->family == AF_INET ? kernel->metric_spread : 1;

	return ((route->type == RTN_BLACKHOLE || route->type == RTN_LOCAL) &&
		doctor_is_own(facts, prefix)) ||
	       (route->type == RTN_UNICAST && route->table == kernel->table &&
		route->metric >= kernel->metric && route->metric - kernel->metric < spread) ||
	       is_static(facts->config, prefix);
}

/* As if the file said `adopt: flannel`. */
static bool is_flannels(const struct doctor_facts *facts, const struct route *route)
{
	struct config config = *facts->config;
	struct picture picture = {.config = &config};

	if (facts->links == NULL)
		return false;
	config.adopt = ADOPT_FLANNEL;
	picture.links = *facts->links;
	for (unsigned i = 0; i < FAMILIES; i++) {
		const struct link *device = doctor_device(facts, i);

		picture.family[i] = (struct family){.link = facts->family[i].link,
						    .device = device == NULL ? 0 : device->index};
	}
	return owner_is_flannels(&picture, route);
}

/* The kernel's own routes belong to the addresses of links, which check_bridges judges. */
int doctor_take_route(void *context, const struct route *route)
{
	struct doctor_facts *facts = context;
	const struct config_kernel *kernel = &facts->config->kernel;
	struct prefix prefix = route_prefix(route);

	take_rule_route(facts, route);
	if (route->protocol == kernel->protocol) {
		if (!is_of_our_shape(facts, route, &prefix))
			note(&facts->strange, route);
		return 0;
	}
	if (route->table != kernel->table || route->protocol == RTPROT_KERNEL ||
	    !doctor_is_for_pods(facts, &prefix) || doctor_is_own(facts, &prefix))
		return 0;
	note(is_flannels(facts, route) ? &facts->flannel : &facts->foreign, route);
	facts->by_protocol[route->protocol]++;
	return 0;
}

static void add_route(struct buf *out, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	struct ip gateway = route_gateway(route);
	char text[PREFIX_TEXT_MAX];
	char protocol[NAMES_PROTOCOL_MAX];

	buf_add(out, "%s", prefix_format(&prefix, text));
	if (ip_is_set(&gateway))
		buf_add(out, " via %s", ip_format(&gateway, text));
	buf_add(out, " proto %s metric %u", names_protocol(route->protocol, protocol),
		route->metric);
}

static void add_routes(struct buf *out, const struct doctor_routes *routes)
{
	for (uint32_t i = 0; i < routes->count && i < DOCTOR_SHOWN; i++) {
		buf_add(out, i == 0 ? "" : ", ");
		add_route(out, &routes->shown[i]);
	}
	if (routes->count > DOCTOR_SHOWN)
		buf_add(out, " and %u more", routes->count - DOCTOR_SHOWN);
}

/* Whether a link has an address of what are or were other nodes' pods: a bridge that the CNI plugin
 * made before this node got another podCIDR. Only a bridge counts in the rest of podNetwork, where
 * subnets of the hosts may lie. */
static bool is_old(const struct doctor_facts *facts, const struct link *link,
		   const struct prefix *prefix)
{
	if (link == NULL || strcmp(link->kind, "vxlan") == 0 || doctor_is_own(facts, prefix) ||
	    link->index == facts->family[0].link.index ||
	    link->index == facts->family[1].link.index)
		return false;
	return config_podcidr_covering(facts->config, prefix) != CONFIG_NOT_FOUND ||
	       (strcmp(link->kind, "bridge") == 0 && doctor_is_for_pods(facts, prefix));
}

/* The CNI plugin refuses a bridge with another address than the one it wants, so new pods fail,
 * too. */
static void check_bridges(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->links == NULL || facts->self == CONFIG_NOT_FOUND)
		return;
	for (uint32_t i = 0; i < facts->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(facts->links, i);
		const struct link *link = links_find_index(facts->links, address->link);
		struct prefix prefix = prefix_of(&address->ip, address->len);
		char text[IP_TEXT_MAX];

		if (!is_old(facts, link, &prefix))
			continue;
		(void)ip_format(&address->ip, text);
		doctor_find(check, DOCTOR_FAILURE,
			    "%s still has %s/%u, which is not in this node's podCIDRs: packets for "
			    "other nodes' pods stay on %s",
			    link->name, text, address->len, link->name);
		doctor_fix(check, "ip addr del %s/%u dev %s", text, address->len, link->name);
		doctor_fix(check, "then restart the pods behind %s, so that they get new addresses",
			   link->name);
	}
}

static void fix_foreign(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_routes *foreign = &facts->foreign;

	if (facts->flannel.count > 0)
		doctor_fix(check,
			   "adopt: flannel removes the %u that flannel left, once croute's are in "
			   "place",
			   facts->flannel.count);
	if (foreign->count > 0)
		doctor_fix(check, "stop the program that adds them, then:");
	for (uint32_t i = 0; i < foreign->count && i < DOCTOR_SHOWN; i++) {
		struct buf text = BUF_LOCAL(160);

		add_route(&text, &foreign->shown[i]);
		doctor_fix(check, "ip %sroute del %s",
			   foreign->shown[i].family == AF_INET ? "" : "-6 ", text.data);
	}
}

void doctor_check_routes(const struct doctor_facts *facts, struct doctor_check *check)
{
	uint32_t flannel = facts->flannel.count;
	struct buf text = BUF_LOCAL(600);
	char name[NAMES_PROTOCOL_MAX];

	check_bridges(facts, check);
	if (facts->foreign.count + flannel == 0) {
		doctor_find(check, DOCTOR_OK, "no other program routes the pods of other nodes");
		return;
	}
	if (facts->foreign.count == 0 && facts->config->adopt == ADOPT_FLANNEL) {
		doctor_find(check, DOCTOR_OK, "%u route%s of flannel's will be taken over", flannel,
			    flannel == 1 ? "" : "s");
		return;
	}
	for (unsigned i = 0; i < 256; i++) {
		if (facts->by_protocol[i] > 0)
			buf_add(&text, "%s%u of protocol %s", text.len == 0 ? "" : ", ",
				facts->by_protocol[i], names_protocol((uint8_t)i, name));
	}
	buf_add(&text, ": ");
	add_routes(&text, &facts->flannel);
	buf_add(&text, flannel > 0 && facts->foreign.count > 0 ? ", " : "");
	add_routes(&text, &facts->foreign);
	doctor_find(check, DOCTOR_WARNING, "other programs' routes inside the pod network, %s",
		    text.data);
	fix_foreign(facts, check);
}

void doctor_check_protocol(const struct doctor_facts *facts, struct doctor_check *check)
{
	uint32_t protocol = facts->config->kernel.protocol;
	uint32_t count = facts->strange.count;
	struct buf text = BUF_LOCAL(600);

	if (count == 0) {
		doctor_find(check, DOCTOR_OK, "no other program uses protocol %u", protocol);
		return;
	}
	add_routes(&text, &facts->strange);
	doctor_find(check, DOCTOR_WARNING,
		    "%u route%s of protocol %u that the file does not ask for: %s; croute removes "
		    "them at its next pass, whoever added them",
		    count, count == 1 ? "" : "s", protocol, text.data);
	doctor_fix(check, "croute reconcile --dry-run shows them; if another program adds them, "
			  "set another kernel.protocol");
}

/* The table is a VRF's: links outside that VRF use other tables. */
static void fix_vrf(const struct doctor_facts *facts, const struct link *vrf,
		    struct doctor_check *check)
{
	const struct link *pods = doctor_pod_link(facts, 0);

	if (pods == NULL || links_vrf_of(facts->links, pods->index) == vrf) {
		doctor_fix(check, "ip rule add priority 1000 l3mdev; ip -6 rule add priority 1000 "
				  "l3mdev");
		return;
	}
	doctor_fix(check, "ip link set dev %s master %s", pods->name, vrf->name);
	doctor_fix(check, "and make it so in what makes %s", pods->name);
}

/* What comes in by the interface is looked up in the table of its VRF. */
static void check_vrf(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	const struct selected *link = &facts->family[i].link;
	uint32_t table = facts->config->kernel.table;
	const struct link *vrf = facts->links != NULL ? links_vrf_of(facts->links, link->index)
						      : NULL;

	if (vrf == NULL || vrf->vrf_table == table || facts->config->backend != BACKEND_HOST_GW)
		return;
	doctor_find(check, DOCTOR_WARNING,
		    "%s is in VRF %s: what comes in by it is looked up in table %u, and croute's "
		    "routes are in table %u",
		    link->name, vrf->name, vrf->vrf_table, table);
	doctor_fix(check, "kernel: {table: %u} in croute's file, with the pods' links in %s, too",
		   vrf->vrf_table, vrf->name);
}

static void check_lead(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	const char *version = i == 0 ? "IPv4" : "IPv6";
	uint32_t table = facts->config->kernel.table;

	if (facts->leads[i]) {
		doctor_find(check, DOCTOR_OK, "%s packets of pods are looked up in table %u",
			    version, table);
		return;
	}
	doctor_find(check, DOCTOR_FAILURE,
		    "no rule leads %s packets of pods to table %u, where croute's routes are",
		    version, table);
	if (facts->links != NULL && links_vrf_with(facts->links, table) != NULL) {
		fix_vrf(facts, links_vrf_with(facts->links, table), check);
		return;
	}
	doctor_fix(check, "ip %srule add priority 32000 lookup %u", i == 0 ? "" : "-6 ", table);
	doctor_fix(check,
		   "to keep it: [RoutingPolicyRule] Table=%u Priority=32000 Family=%s in the "
		   ".network file of %s (systemd-networkd), or kernel: {table: main} in croute's "
		   "file",
		   table, i == 0 ? "ipv4" : "ipv6", facts->family[i].link.name);
}

static void check_rule(const struct doctor_facts *facts, const struct rule *rule,
		       struct doctor_check *check)
{
	uint32_t other = facts->self == 0 ? 1 : 0;
	struct buf text = BUF_LOCAL(256);

	names_add_rule(&text, rule);
	doctor_find(check, DOCTOR_WARNING, "a rule %s packets of pods before table %u does: %u:%s",
		    rule->odd ? "may take some" : "takes", facts->config->kernel.table,
		    rule->priority, text.data);
	doctor_fix(check, "ip %srule del priority %u%s", rule->family == AF_INET ? "" : "-6 ",
		   rule->priority, rule->odd ? "" : text.data);
	doctor_fix(check, "and remove it from what adds it at boot");
	if (other < config_node_count(facts->config))
		doctor_fix(check, "croute lookup %s shows what it does",
			   config_string_at(facts->config,
					    config_node_at(facts->config, other)->name));
}

void doctor_check_rules(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (unsigned i = 0; i < 2; i++) {
		if (!facts->family[i].wanted)
			continue;
		check_lead(facts, i, check);
		check_vrf(facts, i, check);
	}
	for (uint32_t i = 0; i < facts->rule_count; i++) {
		const struct doctor_rule *one = &facts->rules[i];

		if (one->takes && facts->leads[one->rule.family == AF_INET6])
			check_rule(facts, &one->rule, check);
	}
}
