/* row.c - rows, peers and places of the file in words. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/flannel/flannel.h"
#include "croute/core/want/vtep.h"

static void add_device(struct buf *buf, const struct report *report, uint32_t index)
{
	const struct link *link;

	if (report->picture->links.links.count == 0 || index == 0)
		return;
	link = links_find_index(&report->picture->links, index);
	buf_add_word(buf, " dev ");
	if (link != NULL)
		buf_add_safe(buf, text_of(link->name));
	else
		buf_add(buf, "if%u", index);
}

static void add_destination(struct buf *buf, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	char text[PREFIX_TEXT_MAX];

	if (route->type != RTN_UNICAST)
		buf_add(buf, "%s ", names_type(route->type));
	buf_add_word(buf, prefix.len == 0 ? "default" : prefix_format(&prefix, text));
}

static void add_gateway(struct buf *buf, const struct route *route)
{
	struct ip gateway = route_gateway(route);
	char text[IP_TEXT_MAX];

	if (!ip_is_set(&gateway))
		return;
	buf_add_word(buf, gateway.family != route->family ? " via inet6 " : " via ");
	buf_add_word(buf, ip_format(&gateway, text));
}

static void add_source(struct buf *buf, const struct route *route)
{
	struct ip src = route_src(route);
	char text[IP_TEXT_MAX];

	if (ip_is_set(&src))
		buf_add(buf, " src %s", ip_format(&src, text));
	if (route->mtu != 0)
		buf_add(buf, " mtu %s%u", route->flags & ROUTE_LOCKED ? "lock " : "", route->mtu);
	if ((route->flags & ROUTE_ONLINK) != 0 && route->hops < 2)
		buf_add(buf, " onlink");
	if ((route->flags & ROUTE_ODD) != 0)
		buf_add(buf, " (with attributes that croute does not write)");
}

/* A pod route's metric follows from its destination, so it is not worth a word. */
static bool is_plain_pod(const struct report *report, const struct route *route)
{
	struct prefix prefix = route_prefix(route);

	return !report->ranked && report->picture->config != NULL &&
	       route->table == report->picture->config->kernel.table &&
	       route->metric == config_pod_metric(&report->picture->config->kernel, &prefix);
}

void report_add_way(struct buf *buf, const struct report *report, const struct route *route)
{
	add_destination(buf, route);
	add_gateway(buf, route);
	if ((route->has & ROUTE_HAS_GATEWAY) == 0)
		add_device(buf, report, route->oif);
}

void report_add_hops(struct buf *buf, const struct report *report, const struct route_hops *hops)
{
	for (uint32_t i = 0; i < hops->count; i++) {
		if (hops->count > 1)
			buf_add_word(buf, " nexthop");
		add_gateway(buf, hops->at[i]);
		add_device(buf, report, hops->at[i]->oif);
		if (hops->at[i]->hops > 1 && (hops->at[i]->flags & ROUTE_ONLINK) != 0)
			buf_add_word(buf, " onlink");
	}
	if (hops->count == 1 && hops->at[0]->hops > 1)
		buf_add(buf, " (one of %u next hops)", hops->at[0]->hops);
}

void report_add_gateway_diff(struct buf *buf, const struct report *report, const struct route *was,
			     const struct route *wanted)
{
	if (was->has != wanted->has || memcmp(was->gateway, wanted->gateway, 16) != 0)
		add_gateway(buf, was);
	if (was->oif != wanted->oif)
		add_device(buf, report, was->oif);
}

static void add_whole(struct buf *buf, const struct report *report, const struct route_hops *hops)
{
	const struct route *route = hops->at[0];

	add_destination(buf, route);
	report_add_hops(buf, report, hops);
	if (!is_plain_pod(report, route)) {
		if (route->table != RT_TABLE_MAIN)
			buf_add(buf, " table %u", route->table);
		if (route->metric != 0)
			buf_add(buf, " metric %u", route->metric);
	}
	add_source(buf, route);
}

void report_add_route(struct buf *buf, const struct report *report, const struct route *route)
{
	add_whole(buf, report, &(struct route_hops){.at = {route}, .count = 1});
}

static struct origin origin_of(const struct report *report, struct desired_cause cause)
{
	const struct config_podcidr *podcidr;

	if (cause.is_static)
		return config_route_at(report->picture->config, cause.index)->origin;
	podcidr = config_podcidr_at(report->picture->config, cause.index);
	return config_node_at(report->picture->config, podcidr->node)->origin;
}

void report_add_cause(struct buf *buf, const struct report *report, struct desired_cause cause)
{
	struct origin origin = origin_of(report, cause);

	buf_add_safe(buf, text_of(report->file_name(report->files, origin_file(origin))));
	buf_add_word(buf, ":");
	buf_add_number(buf, origin.line);
	buf_add_word(buf, ":");
	buf_add_number(buf, origin.column);
}

const char *report_node_of(const struct report *report, struct desired_cause cause)
{
	const struct config_podcidr *podcidr;

	if (cause.is_static)
		return NULL;
	podcidr = config_podcidr_at(report->picture->config, cause.index);
	return config_string_at(report->picture->config,
				config_node_at(report->picture->config, podcidr->node)->name);
}

struct desired_cause report_cause_of(const struct report *report, const struct change *change)
{
	return desired_cause_at(&report->picture->desired, change->kind, change->want);
}

const void *report_row_of(const struct report *report, const struct change *change)
{
	return picture_row(report->picture, change);
}

/* A static route may be of that shape, too, but then it is the file's, or over another link. */
static bool leads_to_peer(const struct report *report, const struct change *change)
{
	const struct route *route = report_row_of(report, change);
	const struct link *link;

	if (!route_is_tunnelled(route) || leftovers_is_removal(report->picture, change))
		return false;
	if (change->want != CHANGE_NO_ROW)
		return !desired_cause_at(&report->picture->desired, CHANGE_ROUTE, change->want)
				.is_static;
	link = links_find_index(&report->picture->links, route->oif);
	return link == NULL || strcmp(link->kind, "vxlan") == 0;
}

const char *report_departure(const struct report *report, const struct change *change)
{
	const struct route *route;

	if (!leftovers_is_removal(report->picture, change))
		return change->action == CHANGE_TRIM ? "surplus on its key" : "not in the file";
	route = report_row_of(report, change);
	return desired_has_destination(&report->picture->desired,
				       desired_find_destination(&report->picture->desired, route),
				       route)
		       ? "flannel's: taken over"
		       : "flannel's: not in the file";
}

static bool is_peer(const struct report *report, const struct change *change)
{
	if (change->kind == CHANGE_ROUTE)
		return leads_to_peer(report, change);
	return !report->bare && plan_leads(report->picture, change);
}

const char *report_kind(const struct report *report, const struct change *change)
{
	static const char *const names[CHANGE_KINDS] = {
		[CHANGE_FDB] = "fdb", [CHANGE_NEIGH] = "neighbour", [CHANGE_ROUTE] = "route"};

	return is_peer(report, change) ? "peer" : names[change->kind];
}

static void set_wanted_peer(const struct report *report, struct desired_cause cause,
			    struct report_peer *out)
{
	const struct config *config = report->picture->config;
	const struct config_podcidr *podcidr = config_podcidr_at(config, cause.index);
	const struct config_node *node = config_node_at(config, podcidr->node);
	uint8_t family = config_carrier(config, report->picture->node.index, podcidr->node,
					podcidr->prefix.ip.family);

	*out = (struct report_peer){.name = config_string_at(config, node->name),
				    .address = config_node_address(node, family),
				    .mac = config_vtep_mac(config, node, family),
				    .subnet = podcidr->prefix};
}

/* A peer that the file no longer knows: what is left of it in the kernel. */
static void set_leaving_peer(const struct report *report, const struct route *route,
			     struct report_peer *out)
{
	const struct rows *neighs = &report->picture->have.rows[CHANGE_NEIGH];
	const struct rows *fdbs = &report->picture->have.rows[CHANGE_FDB];
	struct neigh neigh = {.link = route->oif, .ip = route_gateway(route)};
	struct fdb fdb = {.link = route->oif};
	uint32_t found = rows_find(neighs, &neigh);

	if (found != ROWS_NOT_FOUND)
		memcpy(&neigh, rows_at(neighs, found), sizeof(neigh));
	fdb.mac = neigh.mac;
	found = rows_find(fdbs, &fdb);
	if (found != ROWS_NOT_FOUND)
		memcpy(&fdb, rows_at(fdbs, found), sizeof(fdb));
	*out = (struct report_peer){
		.address = fdb.dst, .mac = neigh.mac, .subnet = route_prefix(route)};
}

bool report_peer_of(const struct report *report, const struct change *change,
		    struct report_peer *out)
{
	if (!is_peer(report, change))
		return false;
	if (change->want != CHANGE_NO_ROW)
		set_wanted_peer(
			report,
			desired_cause_at(&report->picture->desired, change->kind, change->want),
			out);
	else
		set_leaving_peer(report, report_row_of(report, change), out);
	return true;
}

static void add_peer(struct buf *buf, const struct report_peer *peer)
{
	char ip[IP_TEXT_MAX];
	char mac[MAC_TEXT_MAX];
	char prefix[PREFIX_TEXT_MAX];

	if (peer->name != NULL) {
		buf_add_word(buf, peer->name);
		buf_add_word(buf, " ");
	}
	if (ip_is_set(&peer->address)) {
		buf_add_word(buf, ip_format(&peer->address, ip));
		buf_add_word(buf, " ");
	}
	if (mac_is_set(&peer->mac)) {
		buf_add_word(buf, "mac ");
		buf_add_word(buf, mac_format(&peer->mac, mac));
		buf_add_word(buf, " ");
	}
	buf_add_word(buf, "subnet ");
	buf_add_word(buf, prefix_format(&peer->subnet, prefix));
}

void report_add_neigh(struct buf *buf, const struct report *report, const struct neigh *neigh)
{
	char ip[IP_TEXT_MAX];
	char mac[MAC_TEXT_MAX];

	buf_add(buf, "%s lladdr %s", ip_format(&neigh->ip, ip), mac_format(&neigh->mac, mac));
	add_device(buf, report, neigh->link);
}

void report_add_fdb(struct buf *buf, const struct report *report, const struct fdb *fdb)
{
	char ip[IP_TEXT_MAX];
	char mac[MAC_TEXT_MAX];

	buf_add(buf, "%s dst %s", mac_format(&fdb->mac, mac), ip_format(&fdb->dst, ip));
	add_device(buf, report, fdb->link);
}

void report_add_object(struct buf *buf, const struct report *report, const struct change *change)
{
	const void *row = report_row_of(report, change);
	struct route_hops hops;
	struct report_peer peer;

	if (report_peer_of(report, change, &peer)) {
		add_peer(buf, &peer);
	} else if (change->kind == CHANGE_ROUTE) {
		hops = picture_hops(report->picture, change);
		add_whole(buf, report, &hops);
	} else if (change->kind == CHANGE_NEIGH)
		report_add_neigh(buf, report, row);
	else
		report_add_fdb(buf, report, row);
}
