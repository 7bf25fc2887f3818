/* routes.c - routes that others put where croute's are. */
#include "app/doctor/routes.h"

#include <linux/rtnetlink.h>

#include "app/doctor/doctor.h"
#include "croute/core/flannel/leftovers.h"
#include "croute/core/plan/owner.h"
#include "croute/core/report/names.h"

static void note(struct doctor_route_group *group, const struct route *route)
{
	if (group->count < DOCTOR_ROUTES_SHOWN)
		group->shown[group->count] = *route;
	group->count++;
}

static bool is_in_pod_network(const struct doctor_facts *facts, const struct prefix *prefix)
{
	const struct config *config = facts->config;

	for (uint32_t i = 0; i < config->pod_network.count; i++) {
		if (prefix_covers(&config_prefix_at(config, config->pod_network, i)->prefix,
				  prefix))
			return true;
	}
	return config_podcidr_covering(config, prefix) != CONFIG_NOT_FOUND;
}

/* What leads to this node's own pods is the business of those who run them. */
static bool is_own(const struct doctor_facts *facts, const struct prefix *prefix)
{
	uint32_t i = config_podcidr_covering(facts->config, prefix);

	return i != CONFIG_NOT_FOUND && config_podcidr_at(facts->config, i)->node == facts->self;
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

	if (route->type == RTN_BLACKHOLE && is_own(facts, prefix))
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

	if (owner_has_route(route, kernel->protocol)) {
		if (!is_of_our_shape(facts, route, &prefix))
			note(&facts->routes.strange, route);
		return;
	}
	if (route->table != kernel->table || route->type == RTN_LOCAL ||
	    route->type == RTN_BROADCAST || route->type == RTN_MULTICAST ||
	    !is_in_pod_network(facts, &prefix) || is_own(facts, &prefix))
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
