/* peers.c - the entries of the tunnel devices, and which peers need no tunnel. */
/* SPDX-License-Identifier: MIT */
#include "app/pass/steps.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "croute/model/device.h"

/* Permanent entries on our own device are ours; others count only where they stand on a wanted key.
 */
static int take(struct pass *pass, enum change_kind kind, const void *row, bool permanent)
{
	if (!permanent && rows_find(&pass->picture.desired.want.rows[kind], row) == ROWS_NOT_FOUND)
		return 0;
	return rows_add(&pass->picture.have.rows[kind], row);
}

static int take_neigh(void *context, const struct neigh *neigh)
{
	return take(context, CHANGE_NEIGH, neigh, (neigh->state & NUD_PERMANENT) != 0);
}

static int take_fdb(void *context, const struct fdb *fdb)
{
	return take(context, CHANGE_FDB, fdb, fdb->state == NUD_PERMANENT);
}

int pass_read_device(struct pass *pass, uint32_t device, struct error *err)
{
	int status = source_read_fdb(&pass->source, device, take_fdb, pass, err);

	return status < 0 ? status
			  : source_read_neighs(&pass->source, device, take_neigh, pass, err);
}

static int begin(void *context, struct error *err)
{
	struct pass *pass = context;

	(void)err;
	rows_reset(&pass->picture.have.rows[CHANGE_FDB]);
	rows_reset(&pass->picture.have.rows[CHANGE_NEIGH]);
	return 0;
}

/* Of a device that cannot be made right, nothing is known to be wrong; one that a dry run only
 * thinks of holds nothing. */
static int read_family(void *context, uint8_t number, struct error *err)
{
	struct pass *pass = context;
	const struct family *family = &pass->picture.family[FAMILY_INDEX(number)];

	if (family->stuck || family->device == 0 ||
	    links_find_index(&pass->picture.links, family->device) == NULL)
		return 0;
	return pass_read_device(pass, family->device, err);
}

int pass_read_peers(struct pass *pass, struct error *err)
{
	int status = source_read_settled(begin, read_family, pass, err);

	rows_settle(&pass->picture.have.rows[CHANGE_FDB]);
	rows_settle(&pass->picture.have.rows[CHANGE_NEIGH]);
	return status;
}

/* The kernel may hold it as the broadcast address (IPv4 before 5.14) or the anycast one of the
 * pods' bridge: then the bridge's own address serves. */
static bool is_taken(struct pass *pass, const struct ip *ip)
{
	const struct link *holder = links_find_holder(&pass->picture.links, ip);
	struct flow flow = {.dst = *ip, .vrf = picture_pod_vrf(&pass->picture)};
	struct route row;

	if (holder != NULL)
		return !device_is_ours(holder); /* which goes at the end of this pass */
	if (pass->source.snapshot != NULL ||
	    kernel_match_route(&pass->netlink, &flow, &row, 1, NULL) < 0)
		return false;
	return row.protocol != pass->picture.protocol &&
	       (row.type == RTN_LOCAL || row.type == RTN_BROADCAST || row.type == RTN_ANYCAST);
}

int pass_find_local(struct pass *pass, struct error *err)
{
	const struct config *config = pass->picture.config;
	uint32_t node = pass->picture.node.index;

	(void)err;
	for (uint32_t i = 0; config->reach.every_ms > 0 && i < FAMILIES; i++) {
		struct family *family = &pass->picture.family[i];
		const struct config_podcidr *own = NULL;
		uint8_t carrier = node != CONFIG_NOT_FOUND
					  ? config_carrier(config, node, node, FAMILY_AT(i))
					  : 0;
		const struct family *path = &pass->picture.family[FAMILY_INDEX(carrier)];

		if (carrier != 0 && path->link.index != 0 && path->device == 0)
			own = config_first_podcidr(config, config_node_at(config, node),
						   FAMILY_AT(i));
		family->local = own != NULL && !is_taken(pass, &own->prefix.ip);
	}
	return 0;
}

/* A prefix of the link decides; the kernel is asked only about peers that none covers. */
static bool is_near(struct pass *pass, const struct family *family, const struct ip *address)
{
	struct flow flow = {.dst = *address,
			    .vrf = picture_link_vrf(&pass->picture, address->family)};
	struct route route;

	if (!ip_is_set(address) || family->link.index == 0 || family->link.unnumbered)
		return false;
	if (links_covers(&pass->picture.links, family->link.index, address))
		return true;
	return source_lookup_route(&pass->source, &flow, &route, NULL) == 0 &&
	       route.oif == family->link.index && !(route.has & ROUTE_HAS_GATEWAY);
}

int pass_find_near(struct pass *pass, struct error *err)
{
	const struct config *config = pass->picture.config;
	uint32_t count = config_node_count(config);

	arena_reset(&pass->on_link);
	if (config->backend != BACKEND_VXLAN || !config->vxlan.direct_routing || count == 0)
		return 0;
	if (arena_push(&pass->on_link, count) == NULL)
		return error_set(err, ENOMEM, "no memory for the peers of this file");
	for (uint32_t i = 0; i < FAMILIES * count; i++) {
		uint32_t node = i / FAMILIES;
		uint8_t family = FAMILY_AT(i % FAMILIES);
		struct ip address = config_node_address(config_node_at(config, node), family);

		if (is_near(pass, &pass->picture.family[FAMILY_INDEX(family)], &address))
			pass->on_link.base[node] |= family == AF_INET ? DESIRED_ON_LINK_IPV4
								      : DESIRED_ON_LINK_IPV6;
	}
	return 0;
}

/* Whether the kernel's own way to the address matters: no prefix of its link covers it, and the
 * file gives no next hop. */
static bool needs_router(const struct pass *pass, uint32_t node, uint32_t card,
			 const struct ip *address)
{
	const struct picture *picture = &pass->picture;
	const struct selected *link = family_card(&picture->family[FAMILY_INDEX(address->family)],
						  card);
	struct ip via = config_node_via(picture->config, node, address->family);

	return node != picture->node.index && ip_is_set(address) && link != NULL &&
	       !ip_is_set(&via) && !links_covers(&picture->links, link->index, address);
}

/* The next hop over the link that carries pod routes; others do not count. */
static bool find_router(struct pass *pass, uint32_t link, const struct ip *address, struct ip *out)
{
	struct flow flow = {.dst = *address,
			    .vrf = picture_link_vrf(&pass->picture, address->family)};
	struct route route;

	if (source_lookup_route(&pass->source, &flow, &route, NULL) < 0 || route.oif != link ||
	    (route.has & ROUTE_HAS_GATEWAY) == 0)
		return false;
	*out = route_gateway(&route);
	return out->family == address->family;
}

/* 0 or -ENOSPC. */
static int add_router(struct pass *pass, uint32_t node, uint32_t card, const struct ip *address)
{
	const struct family *family = &pass->picture.family[FAMILY_INDEX(address->family)];
	struct desired_router found = {.node = node, .card = card};
	struct ip *way = arena_push(&pass->ways, sizeof(*way));
	struct desired_router *row;

	if (way == NULL)
		return -ENOSPC;
	*way = *address;
	if (!find_router(pass, family_card(family, card)->index, address, &found.ip))
		return 0;
	row = arena_push(&pass->routers, sizeof(*row));
	if (row == NULL)
		return -ENOSPC;
	*row = found;
	return 0;
}

/* For each of the node's addresses. 0 or -ENOSPC. */
static int add_routers(struct pass *pass, uint32_t node, uint8_t family)
{
	int status = 0;

	for (uint32_t card = 0; card < CONFIG_ADDRESSES_MOST && status == 0; card++) {
		struct ip address = config_address_at(pass->picture.config, node, family, card);

		if (!ip_is_set(&address))
			return 0;
		if (needs_router(pass, node, card, &address))
			status = add_router(pass, node, card, &address);
	}
	return status;
}

static int compare_ips(const void *a, const void *b)
{
	const struct ip *x = a;
	const struct ip *y = b;

	return x->family != y->family ? x->family - y->family
				      : memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

int pass_find_routers(struct pass *pass, struct error *err)
{
	const struct config *config = pass->picture.config;
	bool asks = config->backend == BACKEND_HOST_GW &&
		    config->host_gw.off_link == OFF_LINK_ROUTER;
	uint32_t count = asks ? config_node_count(config) : 0;

	arena_reset(&pass->routers);
	for (uint32_t i = 0; i < FAMILIES * count; i++) {
		if (add_routers(pass, i / FAMILIES, FAMILY_AT(i % FAMILIES)) < 0)
			return error_set(err, ENOMEM, "no memory for the routers of this file");
	}
	if (pass->ways.used > 0)
		qsort(pass->ways.base, pass->ways.used / sizeof(struct ip), sizeof(struct ip),
		      compare_ips);
	return 0;
}

/* A bit of a node's byte: one of its addresses. */
static unsigned card_bit(uint8_t family, uint32_t card)
{
	return 1U << card << (family == AF_INET ? 0 : CONFIG_ADDRESSES_MOST);
}

/* For the node whose pods a route leads to, the address that it leads to. */
static void note_card(const struct picture *picture, const struct route *route, uint8_t *seen)
{
	const struct config *config = picture->config;
	struct prefix prefix = route_prefix(route);
	uint32_t i = config_podcidr_covering(config, &prefix);
	uint32_t node = i != CONFIG_NOT_FOUND ? config_podcidr_at(config, i)->node : 0;
	uint8_t carrier = i == CONFIG_NOT_FOUND ? 0
						: config_carrier(config, picture->node.index, node,
								 route->family);
	const struct family *family = &picture->family[FAMILY_INDEX(carrier)];

	for (uint32_t card = 0; carrier != 0 && card < family->card_count; card++) {
		if (family->cards[card].index == route->oif)
			seen[node] |= (uint8_t)card_bit(carrier, card);
	}
}

/* 0 or -ENOSPC. */
static int add_unseen(struct pass *pass, uint32_t node, uint8_t number, uint8_t seen)
{
	const struct family *family = &pass->picture.family[FAMILY_INDEX(number)];
	unsigned all = card_bit(number, CONFIG_ADDRESSES_MOST) - card_bit(number, 0);

	for (uint32_t card = 0; (seen & all) != 0 && card < family->card_count; card++) {
		struct ip address = config_address_at(pass->picture.config, node, number, card);
		struct ip *lost;

		if (!ip_is_set(&address) || (seen & card_bit(number, card)) != 0)
			continue;
		lost = arena_push(&pass->lost, sizeof(*lost));
		if (lost == NULL)
			return -ENOSPC;
		*lost = address;
	}
	return 0;
}

int pass_recall(struct pass *pass, struct error *err)
{
	const struct picture *picture = &pass->picture;
	const struct config *config = picture->config;
	const struct rows *have = &picture->have.rows[CHANGE_ROUTE];
	uint32_t count = config_node_count(config);
	struct arena nodes = {.limit = CONFIG_NODES_MOST};
	uint8_t *seen;
	int status;

	if (!pass->request.recall || !config_has_cards(config))
		return 0;
	status = pass_read_have(pass, err);
	if (status < 0)
		return status;
	arena_reset(&pass->lost);
	seen = arena_push(&nodes, count);
	for (uint32_t i = 0; seen != NULL && i < have->count; i++)
		note_card(picture, rows_at(have, i), seen);
	for (uint32_t i = 0; seen != NULL && status == 0 && i < FAMILIES * count; i++)
		status = add_unseen(pass, i / FAMILIES, FAMILY_AT(i % FAMILIES),
				    seen[i / FAMILIES]);
	arena_release(&nodes);
	if (seen == NULL || status < 0)
		return error_set(err, ENOMEM, "no memory for the peers of this file");
	if (pass->lost.used > 0)
		qsort(pass->lost.base, pass->lost.used / sizeof(struct ip), sizeof(struct ip),
		      compare_ips);
	return 0;
}
