/* routes.c - routes and policy rules of others that lead pods' packets astray. */

#include "app/doctor/facts.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/flannel/leftovers.h"
#include "croute/core/plan/owner.h"
#include "croute/core/report/names.h"

static unsigned number_of(uint8_t family)
{
	return family == AF_INET ? 0 : 1;
}

/* Whether a prefix touches what pods of this host have. */
static bool is_near_own(const struct doctor_facts *facts, const struct prefix *prefix)
{
	const struct config *config = facts->config;

	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (podcidr->node == facts->self && prefix_overlaps(&podcidr->prefix, prefix))
			return true;
	}
	return false;
}

/* Whether it touches what any pod has. */
static bool is_near_pods(const struct doctor_facts *facts, const struct prefix *prefix)
{
	const struct config *config = facts->config;

	for (uint32_t i = 0; i < config->pod_network.count; i++) {
		if (prefix_overlaps(&config_prefix_at(config, config->pod_network, i)->prefix,
				    prefix))
			return true;
	}
	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		if (prefix_overlaps(&config_podcidr_at(config, i)->prefix, prefix))
			return true;
	}
	return false;
}

static bool is_pod_link(const struct doctor_facts *facts, const char *name)
{
	const struct link *link;

	for (uint32_t i = 0; (link = doctor_pod_link(facts, i)) != NULL; i++) {
		if (strcmp(link->name, name) == 0)
			return true;
	}
	return false;
}

/* Whether unmarked packets from pods of this host to pods of others may fit. Packets that are
 * forwarded have no link to leave by yet. */
static bool may_fit(const struct doctor_facts *facts, const struct rule *rule)
{
	bool meets = rule->oif[0] == '\0' && (rule->mark & rule->mask) == 0 &&
		     (rule->iif[0] == '\0' || is_pod_link(facts, rule->iif)) &&
		     (rule->src.len == 0 || is_near_own(facts, &rule->src)) &&
		     (rule->dst.len == 0 || is_near_pods(facts, &rule->dst));

	return meets != rule->inverted;
}

static bool is_for_all(const struct rule *rule)
{
	return rule->src.len == 0 && rule->dst.len == 0 && rule->iif[0] == '\0' && !rule->inverted;
}

void doctor_take_rule(struct doctor_facts *facts, const struct rule *rule)
{
	struct doctor_rules *rules = &facts->rules;
	bool *leads = &rules->leads[number_of(rule->family)];
	bool refuses = rule->action >= RULE_BLACKHOLE;

	if (*leads || !may_fit(facts, rule))
		return;
	if (rule->action == RULE_LOOKUP && rule->table == facts->config->kernel.table) {
		/* Pod routes also pass a suppressed prefix length, which only keeps defaults out.
		 */
		*leads = is_for_all(rule) || !rule->odd;
		return;
	}
	/* The table of an l3mdev rule is that of the VRF; without one it is none. */
	if ((!refuses && rule->action != RULE_LOOKUP) || rule->table == RT_TABLE_LOCAL ||
	    (!refuses && rule->table == RT_TABLE_UNSPEC) || rules->count == DOCTOR_RULES_MOST)
		return;
	rules->rules[rules->count++] = (struct doctor_rule){.rule = *rule, .takes = refuses};
}

static void take_rule_route(struct doctor_facts *facts, const struct route *route)
{
	struct doctor_rules *rules = &facts->rules;
	struct prefix prefix = route_prefix(route);

	for (uint32_t i = 0; i < rules->count; i++) {
		struct doctor_rule *one = &rules->rules[i];

		if (!one->takes && one->rule.table == route->table &&
		    one->rule.family == route->family && route->type != RTN_THROW)
			one->takes = is_near_pods(facts, &prefix) && !doctor_is_own(facts, &prefix);
	}
}

static void note(struct doctor_route_group *group, const struct route *route)
{
	if (group->count < DOCTOR_ROUTES_SHOWN)
		group->shown[group->count] = *route;
	group->count++;
}

/* Whether a link has an address of what are or were other nodes' pods: a bridge that the CNI plugin
 * made before this node got another podCIDR. Only a bridge counts in the rest of podNetwork, where
 * subnets of the hosts may lie. */
static bool is_old(const struct doctor_facts *facts, const struct link_address *address)
{
	const struct link *link = links_find_index(facts->links, address->link);
	struct prefix prefix = prefix_of(&address->ip, address->len);

	if (link == NULL || strcmp(link->kind, "vxlan") == 0 ||
	    link->index == facts->ipv4.link.index || link->index == facts->ipv6.link.index ||
	    doctor_is_own(facts, &prefix))
		return false;
	return config_podcidr_covering(facts->config, &prefix) != CONFIG_NOT_FOUND ||
	       (strcmp(link->kind, "bridge") == 0 && doctor_is_for_pods(facts, &prefix));
}

/* The next of them; NULL past the last. */
static const struct link_address *find_old(const struct doctor_facts *facts, uint32_t *from)
{
	if (facts->links == NULL || facts->self == CONFIG_NOT_FOUND)
		return NULL;
	for (; *from < facts->links->addresses.count; (*from)++) {
		const struct link_address *address = links_address_at(facts->links, *from);

		if (is_old(facts, address))
			return address;
	}
	return NULL;
}

/* Whether the kernel made the route for such an address. */
static bool is_of_old(const struct doctor_facts *facts, const struct route *route,
		      const struct prefix *prefix)
{
	const struct link_address *address;

	if (route->protocol != RTPROT_KERNEL)
		return false;
	for (uint32_t i = 0; (address = find_old(facts, &i)) != NULL; i++) {
		struct prefix subnet = prefix_of(&address->ip, address->len);

		if (address->link == route->oif && prefix_same(&subnet, prefix))
			return true;
	}
	return false;
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

	if ((route->type == RTN_BLACKHOLE || route->type == RTN_LOCAL) &&
	    doctor_is_own(facts, prefix))
		return true;
	if (route->type == RTN_UNICAST && route->table == kernel->table &&
	    route->metric >= kernel->metric && route->metric - kernel->metric < spread)
		return true;
	return is_static(facts->config, prefix);
}

static struct adopt_family family_of(const struct doctor_facts *facts,
				     const struct doctor_family *family)
{
	const struct link *device = doctor_device(facts, family);

	return (struct adopt_family){.link = family->link.index,
				     .device = device == NULL ? 0 : device->index};
}

/* As if the file said `adopt: flannel`. */
static bool is_flannels(const struct doctor_facts *facts, const struct route *route)
{
	struct config config = *facts->config;
	struct adopt_view view = {.config = &config,
				  .links = facts->links,
				  .ipv4 = family_of(facts, &facts->ipv4),
				  .ipv6 = family_of(facts, &facts->ipv6)};

	config.adopt = ADOPT_FLANNEL;
	return facts->links != NULL && owner_is_flannels(&view, route);
}

void doctor_take_route(struct doctor_facts *facts, const struct route *route)
{
	const struct config_kernel *kernel = &facts->config->kernel;
	struct prefix prefix = route_prefix(route);

	take_rule_route(facts, route);
	if (owner_has_route(route, kernel->protocol)) {
		if (!is_of_our_shape(facts, route, &prefix))
			note(&facts->routes.strange, route);
		return;
	}
	if (route->table != kernel->table || route->type == RTN_LOCAL ||
	    route->type == RTN_BROADCAST || route->type == RTN_MULTICAST ||
	    !doctor_is_for_pods(facts, &prefix) || doctor_is_own(facts, &prefix) ||
	    is_of_old(facts, route, &prefix))
		return;
	note(&facts->routes.foreign, route);
	facts->routes.by_protocol[route->protocol]++;
	if (!is_flannels(facts, route)) {
		note(&facts->routes.others, route);
		return;
	}
	note(&facts->routes.flannel, route);
	if (config_podcidr_covering(facts->config, &prefix) == CONFIG_NOT_FOUND)
		note(&facts->routes.vanished, route);
}

static void add_route(struct buf *out, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	struct ip gateway = route_gateway(route);
	char text[PREFIX_TEXT_MAX];
	char protocol[RTNAME_MAX];

	buf_add(out, "%s", prefix_format(&prefix, text));
	if (ip_is_set(&gateway))
		buf_add(out, " via %s", ip_format(&gateway, text));
	buf_add(out, " proto %s metric %u", rtname_protocol(route->protocol, protocol),
		route->metric);
}

void doctor_add_routes(struct buf *out, const struct doctor_route_group *group)
{
	for (uint32_t i = 0; i < group->count && i < DOCTOR_ROUTES_SHOWN; i++) {
		buf_add(out, i == 0 ? "" : ", ");
		add_route(out, &group->shown[i]);
	}
	if (group->count > DOCTOR_ROUTES_SHOWN)
		buf_add(out, " and %u more", group->count - DOCTOR_ROUTES_SHOWN);
}

void doctor_fix_routes(struct doctor_check *check, const struct doctor_route_group *group)
{
	for (uint32_t i = 0; i < group->count && i < DOCTOR_ROUTES_SHOWN; i++) {
		const struct route *route = &group->shown[i];
		char space[160] = "";
		struct buf text = BUF_OVER(space);

		add_route(&text, route);
		doctor_fix(check, "ip %sroute del %s", route->family == AF_INET ? "" : "-6 ",
			   space);
	}
}

/* Who added them, as far as a protocol number shows: `12 by boot, 1 by bird`. */
static void add_owners(struct buf *out, const struct doctor_routes *routes)
{
	bool first = true;
	char name[RTNAME_MAX];

	for (unsigned i = 0; i < 256; i++) {
		if (routes->by_protocol[i] == 0)
			continue;
		buf_add(out, "%s%u of protocol %s", first ? "" : ", ", routes->by_protocol[i],
			rtname_protocol((uint8_t)i, name));
		first = false;
	}
}

/* The CNI plugin refuses a bridge with another address than the one it wants, so new pods fail,
 * too. */
static void check_old(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct link_address *address;

	for (uint32_t i = 0; (address = find_old(facts, &i)) != NULL; i++) {
		const char *name = links_find_index(facts->links, address->link)->name;
		char text[IP_TEXT_MAX];

		(void)ip_format(&address->ip, text);
		doctor_say(check, DOCTOR_FAILURE,
			   "%s still has %s/%u, which is not in this node's podCIDRs: what other "
			   "nodes' pods should get stays on %s",
			   name, text, address->len, name);
		doctor_fix(check, "ip addr del %s/%u dev %s", text, address->len, name);
		doctor_fix(check,
			   "then restart the pods behind %s; those that start get new "
			   "addresses",
			   name);
	}
}

void doctor_check_routes(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_routes *routes = &facts->routes;
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (doctor_lacks(facts, check, facts->routes_seen, "routes"))
		return;
	check_old(facts, check);
	if (routes->foreign.count == 0) {
		doctor_say(check, DOCTOR_OK, "no other program routes the pods of other nodes");
		return;
	}
	add_owners(&text, routes);
	buf_add(&text, ": ");
	doctor_add_routes(&text, &routes->foreign);
	doctor_say(check, DOCTOR_WARNING, "other programs' routes inside the pod network, %s",
		   space);
	if (routes->flannel.count > 0)
		doctor_fix(check,
			   "adopt: flannel removes the %u that flannel left, once croute's "
			   "are in place",
			   routes->flannel.count);
	if (routes->others.count > 0)
		doctor_fix(check, "stop the program that adds them, then:");
	doctor_fix_routes(check, &routes->others);
}

void doctor_check_protocol(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_route_group *strange = &facts->routes.strange;
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (doctor_lacks(facts, check, facts->routes_seen, "routes"))
		return;
	if (strange->count == 0) {
		doctor_say(check, DOCTOR_OK, "no other program uses protocol %u",
			   facts->config->kernel.protocol);
		return;
	}
	doctor_add_routes(&text, strange);
	doctor_say(
		check, DOCTOR_WARNING,
		"%u route%s of protocol %u that the file does not ask for: %s; croute removes them "
		"at its next pass, whoever added them",
		strange->count, strange->count == 1 ? "" : "s", facts->config->kernel.protocol,
		space);
	doctor_fix(check, "croute reconcile --dry-run shows them; if another program adds them, "
			  "set another kernel.protocol");
}

static void check_lead(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	static const char *const versions[2] = {"IPv4", "IPv6"};
	static const char *const options[2] = {"", "-6 "};
	uint32_t table = facts->config->kernel.table;

	if (!doctor_family_at(facts, i)->wanted)
		return;
	if (facts->rules.leads[i]) {
		doctor_say(check, DOCTOR_OK, "%s packets of pods are looked up in table %u",
			   versions[i], table);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE,
		   "no rule leads %s packets of pods to table %u, where croute's routes are",
		   versions[i], table);
	doctor_fix(check, "ip %srule add priority 32000 lookup %u", options[i], table);
	doctor_fix(check,
		   "to keep it: [RoutingPolicyRule] with Table=%u, Priority=32000 in the .network "
		   "file of systemd-networkd, or kernel: {table: main} in croute's file",
		   table);
}

/* An address that such packets are for: of the first other node. */
static bool find_other(const struct doctor_facts *facts, uint8_t family, char out[IP_TEXT_MAX])
{
	for (uint32_t i = 0; i < config_podcidr_count(facts->config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(facts->config, i);
		struct ip ip = podcidr->prefix.ip;

		if (podcidr->node == facts->self || ip.family != family)
			continue;
		ip.bytes[ip_bits(family) / 8 - 1] |= podcidr->prefix.len < ip_bits(family);
		(void)ip_format(&ip, out);
		return true;
	}
	return false;
}

static void check_rule(const struct doctor_facts *facts, const struct rule *rule,
		       struct doctor_check *check)
{
	char space[256] = "";
	struct buf text = BUF_OVER(space);
	char address[IP_TEXT_MAX];

	rtname_add_rule(&text, rule);
	doctor_say(check, DOCTOR_WARNING,
		   "a rule takes packets of pods before table %u does: %u:%s",
		   facts->config->kernel.table, rule->priority, space);
	doctor_fix(check, "ip %srule del priority %u%s", rule->family == AF_INET ? "" : "-6 ",
		   rule->priority, rule->odd ? "" : space);
	doctor_fix(check, "and remove it from what adds it at boot");
	if (find_other(facts, rule->family, address))
		doctor_fix(check, "croute lookup %s shows what it does", address);
}

void doctor_check_rules(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (doctor_lacks(facts, check, facts->rules.seen, "rules"))
		return;
	for (unsigned i = 0; i < 2; i++)
		check_lead(facts, i, check);
	for (uint32_t i = 0; i < facts->rules.count; i++) {
		const struct doctor_rule *one = &facts->rules.rules[i];

		if (one->takes && facts->rules.leads[number_of(one->rule.family)])
			check_rule(facts, &one->rule, check);
	}
	if (check->text[0] == '\0')
		doctor_say(check, doctor_without(facts),
			   "no interface of this node carries pod routes");
}
