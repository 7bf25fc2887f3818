/* statics.c - static routes: which apply here, through which device, and which must not be. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/rows.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "croute/base/hash.h"

#define KERNEL_DEFAULT_IPV6_METRIC 1024 /* IP6_RT_PRIO_USER, include/net/ip6_fib.h */

/* Every name of the host counts: its entry's, and those of the host itself. */
static bool applies_here(const struct desired_input *input, const struct config_route *entry)
{
	bool applies = config_route_fits(input->config, entry, input->node_name);

	for (uint32_t i = 0; input->names != NULL && i < input->names->count && !applies; i++)
		applies = config_route_fits(input->config, entry, input->names->name[i]);
	return applies;
}

static uint32_t metric_of(const struct config_route *entry, uint8_t family)
{
	if (entry->metric == 0 && family == AF_INET6)
		return KERNEL_DEFAULT_IPV6_METRIC;
	return entry->metric;
}

static struct route route_of(const struct desired_input *input, const struct config_route *entry,
			     const struct prefix *to)
{
	bool linked = entry->type == RTN_UNICAST && !ip_is_set(&entry->via);
	struct route route = {
		.table = entry->table,
		.metric = metric_of(entry, to->ip.family),
		.mtu = entry->mtu,
		.type = entry->type,
		.scope = linked && to->ip.family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.protocol = (uint8_t)input->config->kernel.protocol,
		.flags = entry->on_link ? ROUTE_ONLINK : 0,
	};

	route_set_dst(&route, to);
	if (ip_is_set(&entry->via))
		route_set_gateway(&route, &entry->via);
	if (ip_is_set(&entry->from))
		route_set_src(&route, &entry->from);
	return route;
}

/* Whether packets that a table routes are those of the link: of its VRF, or of no VRF. */
static bool serves(const struct links *links, uint32_t table, uint32_t link)
{
	const struct link *vrf = links_vrf_of(links, link);

	return vrf != NULL ? vrf->vrf_table == table : links_vrf_with(links, table) == NULL;
}

/* The longest address prefix of this host that holds `ip`, on a link of the table if there is one;
 * NULL when it is on no link. */
static const struct link_address *on_link_by(const struct links *links, const struct ip *ip,
					     uint32_t table)
{
	const struct link_address *best = NULL;
	bool serving = false;

	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);
		struct prefix subnet = prefix_of(&address->ip, address->len);

		bool serves_it = serves(links, table, address->link);

		if (!prefix_holds(&subnet, ip) ||
		    (best != NULL && (serves_it == serving ? address->len <= best->len : serving)))
			continue;
		best = address;
		serving = serves_it;
	}
	return best;
}

/* The static route without a gateway, longest prefix first, that leads to a gateway. These come
 * first in `statics`. Its length, or -1. */
static int link_route_to(const struct desired *desired, const struct config_route *entry,
			 uint32_t *oif)
{
	int best = -1;

	for (uint32_t i = 0; i < desired->link_routes; i++) {
		const struct desired_route *row = rows_at(&desired->statics, i);
		struct prefix to = route_prefix(&row->route);

		if (row->route.type == RTN_UNICAST && to.len > best &&
		    (row->route.table == entry->table || row->route.table == RT_TABLE_MAIN) &&
		    prefix_holds(&to, &entry->via)) {
			best = to.len;
			*oif = row->route.oif;
		}
	}
	return best;
}

/* A link without an address of the family has no connected route to the gateway either, so that the
 * kernel would refuse it, unless it is told to believe that the gateway is there. */
static bool lacks_address(const struct links *links, const struct config_route *entry,
			  const struct link *link)
{
	const struct link_address *address;
	uint32_t i = 0;

	if (!ip_is_set(&entry->via) || entry->on_link)
		return false;
	do {
		address = links_next_address(links, link->index, &i);
	} while (address != NULL && address->ip.family != entry->via.family);
	return address == NULL;
}

/* Fill in the device; what it waits for is unmet. Whether the route can be now. */
static bool find_device(struct desired *desired, const struct desired_input *input,
			const struct config_route *entry, struct desired_route *row)
{
	const char *dev = config_string_at(input->config, entry->dev);
	uint32_t oif = 0;
	int covered = ip_is_set(&entry->via) ? link_route_to(desired, entry, &oif) : -1;
	const struct link *link;
	char via[IP_TEXT_MAX];

	if (dev[0] != '\0') {
		link = links_find_name(input->links, dev);
	} else {
		const struct link_address *near = on_link_by(input->links, &entry->via,
							     entry->table);

		if (near != NULL && near->len >= covered)
			oif = near->link;
		link = links_find_index(input->links, oif);
	}
	if (link != NULL && link_is_up(link) &&
	    ((covered >= 0 && oif == link->index) || !lacks_address(input->links, entry, link))) {
		row->route.oif = link->index;
		return true;
	}
	if (link != NULL)
		desired_add_unmet(desired, UNMET_PENDING, row,
				  link_is_up(link) ? "waits for an address on %s"
						   : "waits for interface %s to be up",
				  link->name);
	else if (dev[0] != '\0')
		desired_add_unmet(desired, UNMET_PENDING, row, "waits for interface %s", dev);
	else
		desired_add_unmet(desired, UNMET_PENDING, row,
				  "waits for an interface with an address next to %s",
				  ip_format(&entry->via, via));
	return false;
}

/*
 * The other node whose way the route would take: its address is inside, and the route is at least
 * as specific as the link that it is on. The link's own route has metric 0, so an equal prefix wins
 * only with metric 0; but then it is the same key.
 */
static const struct config_node *hijacked_node(const struct desired_input *input,
					       const struct prefix *to)
{
	for (uint32_t i = 0; i < config_node_count(input->config); i++) {
		const struct config_node *node = config_node_at(input->config, i);
		struct ip address = config_node_address(node, to->ip.family);
		const struct link_address *near;

		if (i == input->node || !ip_is_set(&address) || !prefix_holds(to, &address))
			continue;
		near = on_link_by(input->links, &address, RT_TABLE_MAIN);
		if (near != NULL && to->len > near->len)
			return node;
	}
	return NULL;
}

static bool refuses_hijack(struct desired *desired, const struct desired_input *input,
			   const struct desired_route *row, const struct prefix *to)
{
	const struct config_node *node = hijacked_node(input, to);
	char address[IP_TEXT_MAX];
	struct ip ip;

	if (node == NULL)
		return false;
	ip = config_node_address(node, to->ip.family);
	desired_add_unmet(desired, UNMET_REFUSED, row, "it would take over the way to %.40s at %s",
			  config_string_at(input->config, node->name), ip_format(&ip, address));
	return true;
}

/* Inside another node's podCIDR it would cut a piece out of the pod route. */
static bool refuses_inside(struct desired *desired, const struct desired_input *input,
			   const struct desired_route *row, const struct prefix *to)
{
	uint32_t found = config_podcidr_covering(input->config, to);
	const struct config_podcidr *podcidr;
	char text[PREFIX_TEXT_MAX];

	if (found == CONFIG_NOT_FOUND)
		return false;
	podcidr = config_podcidr_at(input->config, found);
	if (podcidr->node == input->node)
		return false;
	desired_add_unmet(desired, UNMET_REFUSED, row, "it lies inside podCIDR %s of %.40s",
			  prefix_format(&podcidr->prefix, text),
			  config_node_name(input->config, podcidr->node));
	return true;
}

/* What covers a protected prefix takes it over too; `default` is the way to everything else. */
static bool refuses_protected(struct desired *desired, const struct desired_input *input,
			      const struct desired_route *row, const struct prefix *to)
{
	const struct prefix *safe = config_protecting(input->config, to);
	char text[PREFIX_TEXT_MAX];

	if (to->len == 0 || safe == NULL)
		return false;
	desired_add_unmet(desired, UNMET_REFUSED, row, "it overlaps %s of guard.protect",
			  prefix_format(safe, text));
	return true;
}

static bool is_refused(struct desired *desired, const struct desired_input *input,
		       const struct desired_route *row)
{
	struct prefix to = route_prefix(&row->route);

	if (refuses_protected(desired, input, row, &to))
		return true;
	return row->route.table == RT_TABLE_MAIN &&
	       (refuses_inside(desired, input, row, &to) ||
		(input->links != NULL && refuses_hijack(desired, input, row, &to)));
}

/* The kernel takes as preferred source only what is an address of this host, and not a tentative
 * one (net/ipv4/fib_semantics.c, fib_valid_prefsrc; net/ipv6/route.c, ip6_route_info_create). */
static bool lacks_source(struct desired *desired, const struct desired_input *input,
			 const struct config_route *entry, const struct desired_route *row)
{
	char text[IP_TEXT_MAX];

	if (!ip_is_set(&entry->from))
		return false;
	for (uint32_t i = 0; i < input->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(input->links, i);

		if (ip_same(&address->ip, &entry->from) && address->flags == 0)
			return false;
	}
	desired_add_unmet(desired, UNMET_PENDING, row, "waits for the address %s on this host",
			  ip_format(&entry->from, text));
	return true;
}

/* Off-host a device is known by its name alone: another name, another number. */
static uint32_t stand_in_for(const char *dev)
{
	return dev[0] != '\0' ? (uint32_t)hash_text(dev) : 0;
}

static int add_family(struct desired *desired, const struct desired_input *input, uint32_t i,
		      const struct prefix *to)
{
	const struct config_route *entry = config_route_at(input->config, i);
	struct desired_route row = {.route = route_of(input, entry, to),
				    .cause = {.index = i, .is_static = 1}};

	if (is_refused(desired, input, &row))
		return 0;
	if (input->links == NULL) {
		row.route.oif = stand_in_for(config_string_at(input->config, entry->dev));
		return rows_add(&desired->statics, &row);
	}
	if (ip_is_set(&entry->via) && links_find_holder(input->links, &entry->via) != NULL) {
		desired_add_unmet(desired, UNMET_SKIPPED, &row, "this host itself is the gateway");
		return 0;
	}
	if ((entry->type == RTN_UNICAST && !find_device(desired, input, entry, &row)) ||
	    lacks_source(desired, input, entry, &row))
		return 0;
	return rows_add(&desired->statics, &row);
}

static int add_entry(struct desired *desired, const struct desired_input *input, uint32_t i)
{
	const struct config_route *entry = config_route_at(input->config, i);
	struct prefix ipv6 = {.ip = {.family = AF_INET6}};
	int status;

	if (!applies_here(input, entry))
		return 0;
	status = add_family(desired, input, i, &entry->to);
	if (status == 0 && entry->both_families)
		status = add_family(desired, input, i, &ipv6);
	return status;
}

static int add_entries(struct desired *desired, const struct desired_input *input, bool with_via)
{
	int status = 0;

	for (uint32_t i = 0; i < config_route_count(input->config) && status == 0; i++) {
		if (ip_is_set(&config_route_at(input->config, i)->via) == with_via)
			status = add_entry(desired, input, i);
	}
	return status;
}

static int compare_entries(const void *a, const void *b)
{
	uint32_t first = ((const struct unmet *)a)->cause.index;
	uint32_t second = ((const struct unmet *)b)->cause.index;

	return (first > second) - (first < second);
}

/* Routes without a gateway first: gateways are looked for among them, too. What could not be is
 * reported in the order of the file anyway. */
int statics_collect(struct desired *desired, const struct desired_input *input)
{
	int status = add_entries(desired, input, false);

	desired->link_routes = desired->statics.count;
	if (status == 0)
		status = add_entries(desired, input, true);
	rows_sort(&desired->statics);
	if (desired->unmet.used > 0)
		qsort(desired->unmet.base, desired_unmet_count(desired), sizeof(struct unmet),
		      compare_entries);
	return status;
}
