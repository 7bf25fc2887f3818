/* draft.h - files and kernels made by chance, for the property tests of the planning core. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "world.h"

#include <linux/neighbour.h>

#define DRAFT_DEVICE 70 /* the tunnels of both families */
#define DRAFT_DEVICE_V6 71
#define DRAFT_CARD 72 /* the second underlay */
#define DRAFT_PEERS 6
#define DRAFT_PODS 32 /* destinations: the first 24 are IPv4 */
#define DRAFT_PODS_IPV4 24
#define DRAFT_STATICS 4

/* What a host is made from. */
struct draft {
	uint64_t random;
	uint8_t owner[DRAFT_PODS]; /* 0: this node, 1 to DRAFT_PEERS: a peer, more: in no file */
	uint8_t gateway[DRAFT_STATICS]; /* 0: not in the file */
	uint8_t order[DRAFT_PEERS + 1];
	uint32_t max_delete;
	uint32_t always_allow;
	bool percent;
	bool vxlan;
	bool cards;			  /* some nodes have two addresses of each family */
	bool adopt;			  /* what is of flannel's shape is taken over */
	uint8_t on_link[DRAFT_PEERS + 1]; /* DESIRED_ON_LINK_* of each node */
	uint8_t marks[DRAFT_PEERS + 1];	  /* the same in the order of the file */
};

/* xorshift64* of Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
static inline uint32_t draft_number(struct draft *draft, uint32_t below)
{
	draft->random ^= draft->random >> 12;
	draft->random ^= draft->random << 25;
	draft->random ^= draft->random >> 27;
	return (uint32_t)((draft->random * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

static inline void draft_shuffle(struct draft *draft)
{
	for (uint32_t i = DRAFT_PEERS; i > 0; i--) {
		uint32_t j = draft_number(draft, i + 1);
		uint8_t kept = draft->order[i];

		draft->order[i] = draft->order[j];
		draft->order[j] = kept;
	}
}

static inline void draft_file(struct draft *draft)
{
	for (uint32_t i = 0; i < DRAFT_PODS; i++)
		draft->owner[i] = (uint8_t)draft_number(draft, DRAFT_PEERS + 4);
	draft->owner[0] = 0;
	for (uint32_t i = 0; i < DRAFT_STATICS; i++)
		draft->gateway[i] = (uint8_t)draft_number(draft, 3);
	for (uint8_t i = 0; i <= DRAFT_PEERS; i++)
		draft->order[i] = i;
	draft->percent = draft_number(draft, 2) == 0;
	draft->max_delete = draft_number(draft, draft->percent ? 101 : 12);
	draft->always_allow = draft_number(draft, 6);
	draft->vxlan = draft_number(draft, 2) == 0;
	draft->adopt = draft_number(draft, 2) == 0;
	draft->cards = draft_number(draft, 2) == 0;
	for (uint8_t i = 0; i <= DRAFT_PEERS; i++)
		draft->on_link[i] = draft_number(draft, 3) == 0 ? (uint8_t)draft_number(draft, 4)
								: 0;
}

static inline void draft_pod_text(struct buf *buf, uint32_t pod)
{
	if (pod < DRAFT_PODS_IPV4)
		buf_add(buf, "10.244.%u.0/24", pod);
	else
		buf_add(buf, "fd10:244:%x::/64", pod);
}

static inline void draft_write_node(struct buf *yaml, const struct draft *draft, uint8_t node)
{
	const char *comma = "";

	if (memchr(draft->owner, node, DRAFT_PODS) == NULL)
		return;
	buf_add(yaml, "  - {name: worker-%u, address: [10.0.0.%u, 'fd00::%u'", node + 1U,
		11U + node, 11U + node);
	if (draft->cards && (node == 0 || draft->on_link[node] == 0))
		buf_add(yaml, ", 10.1.0.%u, 'fd01::%u'", 11U + node, 11U + node);
	buf_add(yaml, "], podCIDRs: [");
	for (uint32_t i = 0; i < DRAFT_PODS; i++) {
		if (draft->owner[i] != node)
			continue;
		buf_add(yaml, "%s'", comma);
		draft_pod_text(yaml, i);
		buf_add(yaml, "'");
		comma = ", ";
	}
	buf_add(yaml, "]}\n");
}

static inline void draft_write_file(struct buf *yaml, const struct draft *draft)
{
	const char *head = "routes:\n";

	buf_add(yaml,
		"version: 1\nbackend: {type: %s}\nguard: {maxDelete: %u%s, alwaysAllow: %u}\n",
		draft->vxlan ? "vxlan" : "host-gw", draft->max_delete, draft->percent ? "%" : "",
		draft->always_allow);
	if (draft->adopt)
		buf_add(yaml, "podNetwork: [10.244.0.0/16, 'fd10:244::/32']\nadopt: flannel\n");
	buf_add(yaml, "nodes:\n");
	for (uint32_t i = 0; i <= DRAFT_PEERS; i++)
		draft_write_node(yaml, draft, draft->order[i]);
	for (uint32_t i = 0; i < DRAFT_STATICS; i++) {
		if (draft->gateway[i] == 0)
			continue;
		buf_add(yaml, "%s  - {to: 10.%u.0.0/16, via: 10.0.0.%u}\n", head, 96 + i,
			draft->gateway[i]);
		head = "";
	}
}

static inline void draft_mark_near(struct draft *draft, const struct config *config)
{
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		const char *name = config_string_at(config, config_node_at(config, i)->name);

		draft->marks[i] = draft->on_link[strtoul(name + strlen("worker-"), NULL, 10) - 1];
	}
}

static inline void draft_open(struct world *world, struct draft *draft)
{
	char text[8192];
	struct buf yaml = BUF_OVER(text);

	*world = (struct world){0};
	draft_write_file(&yaml, draft);
	world_open(world, text);
	world->picture.family[0].device = draft->vxlan ? DRAFT_DEVICE : 0;
	world->picture.family[1].device = draft->vxlan ? DRAFT_DEVICE_V6 : 0;
	for (int i = 0; i < FAMILIES && draft->cards; i++) {
		world->picture.family[i].cards[0] = world->picture.family[i].link;
		world->picture.family[i].cards[1].index = DRAFT_CARD;
		world->picture.family[i].card_count = 2;
	}
	draft_mark_near(draft, &world->config);
	world->on_link = draft->marks;
	world_desire(world);
}

/* A kernel takes no second row of one key over one gateway. */
static inline void draft_put_row(struct world *world, const struct route *route)
{
	struct rows *rows = &world->kernel.rows[CHANGE_ROUTE];

	for (uint32_t i = 0; i < rows->count; i++) {
		const struct route *row = rows_at(rows, i);

		if (memcmp(row, route, ROUTE_KEY_SIZE) == 0 &&
		    memcmp(row->gateway, route->gateway, sizeof(row->gateway)) == 0)
			return;
	}
	assert_int_equal(rows_add(rows, route), 0);
}

/* The route over two next hops, of which the second may be anything; one of that kind on a key. */
static inline void draft_put_hops(struct draft *draft, struct world *world,
				  const struct route *route)
{
	const struct rows *rows = &world->kernel.rows[CHANGE_ROUTE];
	struct route row = *route;

	for (uint32_t i = 0; i < rows->count; i++) {
		if (memcmp(rows_at(rows, i), route, ROUTE_KEY_SIZE) == 0)
			return;
	}
	row.hops = 2;
	draft_put_row(world, &row);
	if (draft_number(draft, 3) > 0)
		row.oif = DRAFT_CARD;
	if (draft_number(draft, 2) == 0)
		row.gateway[1] ^= 1; /* 10.1.0.12, fd01::12 */
	row.gateway[row.family == AF_INET ? 3 : 15] ^= draft_number(draft, 3) == 0 ? 0x40 : 0;
	if (memcmp(row.gateway, route->gateway, sizeof(row.gateway)) == 0)
		row.gateway[1] ^= 2;
	draft_put_row(world, &row);
}

/* Some row to a destination: croute's or foreign, right or wrong in any of its parts. */
static inline void draft_row(struct draft *draft, struct world *world, const char *to,
			     uint32_t right)
{
	bool ipv6 = strchr(to, ':') != NULL;
	struct route route = world_route(to);
	struct prefix prefix = route_prefix(&route);
	char via[20];
	uint32_t metrics[] = {config_pod_metric(&world->config.kernel, &prefix), 5, 99999};
	struct prefix gateway;

	(void)snprintf(via, sizeof(via), ipv6 ? "fd00::%u" : "10.0.0.%u",
		       draft_number(draft, 2) == 0 ? 11 + right
						   : 11 + draft_number(draft, DRAFT_PEERS + 3));
	gateway = world_prefix(via);
	route_set_gateway(&route, &gateway.ip);
	route.metric = metrics[draft_number(draft, 4) % 3];
	route.protocol = draft_number(draft, 4) == 0 ? RTPROT_STATIC : 67;
	if (draft_number(draft, 3) == 0) {
		route.protocol = RTPROT_BOOT;
		route.metric = ipv6 ? 1024 : 0;
	}
	if (draft_number(draft, 8) == 0)
		route.mtu = 1400;
	if (draft->vxlan && draft_number(draft, 3) > 0) {
		route.oif = ipv6 ? DRAFT_DEVICE_V6 : DRAFT_DEVICE;
		route.flags |= ROUTE_ONLINK;
		route_set_gateway(&route, &prefix.ip);
	}
	if (draft->cards && route.oif == WORLD_ETH1 && route.protocol == 67 &&
	    draft_number(draft, 2) == 0)
		draft_put_hops(draft, world, &route);
	else
		draft_put_row(world, &route);
}

static inline void draft_rows(struct draft *draft, struct world *world, const char *to,
			      uint32_t right)
{
	uint32_t count = draft_number(draft, 4);

	for (uint32_t i = 0; i < count; i++)
		draft_row(draft, world, to, right);
}

/* A neighbour has one row; its MAC or state may be wrong, or it is of no peer. */
static inline void draft_neigh(struct draft *draft, struct world *world, const struct neigh *right)
{
	struct neigh row = *right;

	if (draft_number(draft, 4) == 0)
		return;
	if (draft_number(draft, 4) == 0)
		row.mac.bytes[5] ^= 0x55;
	if (draft_number(draft, 4) == 0)
		row.state = NUD_STALE;
	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_NEIGH], &row), 0);
	if (draft_number(draft, 8) != 0)
		return;
	row.ip.bytes[row.ip.family == AF_INET ? 3 : 15] = 9;
	row.state = NUD_PERMANENT;
	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_NEIGH], &row), 0);
}

/* Of a forwarding entry there may be several, to as many hosts; one of no peer at times. */
static inline void draft_fdb(struct draft *draft, struct world *world, const struct fdb *right)
{
	uint32_t count = draft_number(draft, 4);
	uint32_t last = right->dst.family == AF_INET ? 3 : 15;
	struct fdb row = *right;

	row.odd = draft_number(draft, 8) == 0;
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(rows_add(&world->kernel.rows[CHANGE_FDB], &row), 0);
		row.dst.bytes[last] = (uint8_t)(200 + i);
	}
	if (draft_number(draft, 4) != 0)
		return;
	memset(&row.mac, draft_number(draft, 2) == 0 ? 0 : (int)draft_number(draft, 256),
	       sizeof(row.mac));
	row.dst.bytes[last] = (uint8_t)world->kernel.rows[CHANGE_FDB].count;
	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_FDB], &row), 0);
}

/* What the tunnels hold, next to what they are to hold. */
static inline void draft_tunnels(struct draft *draft, struct world *world)
{
	const struct rows *neighs = &world->picture.desired.want.rows[CHANGE_NEIGH];
	const struct rows *fdbs = &world->picture.desired.want.rows[CHANGE_FDB];

	for (uint32_t i = 0; i < neighs->count; i++)
		draft_neigh(draft, world, rows_at(neighs, i));
	for (uint32_t i = 0; i < fdbs->count; i++)
		draft_fdb(draft, world, rows_at(fdbs, i));
}

/* Rows to the destinations of the file, inside and around them, and to others. */
static inline void draft_kernel(struct draft *draft, struct world *world)
{
	char to[40];

	for (uint32_t i = 0; i < DRAFT_PODS; i++) {
		struct buf buf = BUF_OVER(to);

		draft_pod_text(&buf, i);
		draft_rows(draft, world, to, draft->owner[i]);
	}
	for (uint32_t i = 0; i < 3; i++) {
		(void)snprintf(to, sizeof(to), "10.244.%u.128/25",
			       draft_number(draft, DRAFT_PODS_IPV4));
		draft_rows(draft, world, to, 1);
		(void)snprintf(to, sizeof(to), "10.244.%u.0/22", 4 * draft_number(draft, 6));
		draft_rows(draft, world, to, 1);
	}
	draft_tunnels(draft, world);
	for (uint32_t i = 0; i < DRAFT_STATICS + 4; i++) {
		(void)snprintf(to, sizeof(to), "10.%u.0.0/16", 96 + i);
		draft_rows(draft, world, to, 1);
	}
}
