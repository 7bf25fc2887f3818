/* fake_kernel.h - a kernel in memory behind edge/kernel_*.h and netlink.h. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "world.h"

#include <errno.h>

#include "croute/edge/kernel/device.h"
#include "croute/edge/kernel/read.h"
#include "croute/edge/kernel/write.h"
#include "vxlan_link.h"

#define FAKE_BATCH 4 /* messages a send: few, so that answers get lost in the middle of a plan */
#define FAKE_DEVICE 70
#define FAKE_DEVICE_V6 71

/* Where the n-th chance of a fault is, and what becomes of it. */
enum fake_fault {
	FAKE_NONE,
	FAKE_ASK,  /* a dump, a question or a change of a device fails with `code` */
	FAKE_LOST, /* the answers of a batch are lost, `code` of its messages having taken effect */
	FAKE_REFUSE, /* a message is refused with `code` */
	FAKE_VANISH, /* the row on the message's key goes just before it */
	FAKE_TAKEN,  /* a stranger takes the key of an addition just before it */
	FAKE_DOWN,   /* the link goes down just before a message */
};

/* What a dump shows that is not so. */
enum fake_lie {
	FAKE_HONEST,
	FAKE_NO_IPV6,	   /* a question of IPv6 is answered with the routes of IPv4, too */
	FAKE_GHOST_ROUTES, /* a dump of one family has each row once more, a bit different */
	FAKE_GHOST_NEIGHS, /* likewise a dump of one link */
	FAKE_GHOST_FDB,
	FAKE_REPEATS, /* every dump brings each row twice */
	FAKE_ALIAS,   /* the list of links gives every VXLAN device croute's alias */
	FAKE_FORGETS, /* a dump of all families leaves out the last row */
};

struct fake_message {
	enum change_kind kind;
	enum change_action action;
	uint32_t token;
	uint8_t row[sizeof(struct route)];
};

/* The one kernel that there is: what is in it, and how it fails. */
struct fake_kernel {
	struct world *world; /* its links and all rows */
	enum fake_lie lie;
	enum fake_fault fault;
	int code;
	uint32_t at;	 /* which chance */
	uint32_t chance; /* how many there were */
	bool struck;
	uint32_t writes; /* messages and changes of devices that took effect or were refused */
	uint32_t dumps;	 /* of routes, neighbours and forwarding entries */
	struct fake_message queue[FAKE_BATCH];
	uint32_t queued;
	struct route rival; /* of FAKE_TAKEN */
	uint32_t deaf;	    /* parts of devices (DEVICE_PART_*) that are set without effect */
	uint8_t stranger; /* last byte of a gateway whose next hop is of another program; 0: none */
	bool strict_onlink; /* an onlink gateway must not be led elsewhere by another route */
	uint32_t nft_rules; /* in the table of masquerading, of fake_nft.h; 0: there is none */
};

static struct fake_kernel fake;

static inline bool fake_strikes(enum fake_fault fault)
{
	if (fake.fault != fault || fake.struck || ++fake.chance != fake.at)
		return false;
	fake.struck = true;
	return true;
}

static inline struct rows *fake_rows(enum change_kind kind)
{
	return &fake.world->kernel.rows[kind];
}

static inline void fake_remove(struct rows *rows, uint32_t i)
{
	uint8_t *at = rows_at(rows, i);

	memmove(at, at + rows->size, (size_t)(rows->count - i - 1) * rows->size);
	arena_pop(&rows->arena, rows->size);
	rows->count--;
}

static inline struct link *fake_link(uint32_t index)
{
	return (struct link *)(uintptr_t)links_find_index(&fake.world->picture.links, index);
}

/* What the kernel drops as a side effect: routes and neighbours of a link, of one family or all. */
static inline void fake_drop(uint32_t link, uint8_t family, bool routes)
{
	for (uint32_t i = fake_rows(CHANGE_ROUTE)->count; routes && i-- > 0;) {
		const struct route *route = rows_at(fake_rows(CHANGE_ROUTE), i);

		if (route->oif == link && (family == 0 || route->family == family))
			fake_remove(fake_rows(CHANGE_ROUTE), i);
	}
	for (uint32_t i = fake_rows(CHANGE_NEIGH)->count; i-- > 0;) {
		const struct neigh *neigh = rows_at(fake_rows(CHANGE_NEIGH), i);

		if (neigh->link == link && (family == 0 || neigh->ip.family == family))
			fake_remove(fake_rows(CHANGE_NEIGH), i);
	}
}

static inline void fake_set_up(uint32_t index, bool up)
{
	struct link *link = fake_link(index);

	link->flags = up ? link->flags | IFF_UP : link->flags & ~(uint32_t)IFF_UP;
	if (!up)
		fake_drop(index, 0, true);
}

/* --- edge/kernel/netlink.h */

int netlink_open(struct netlink *netlink, struct error *err)
{
	(void)err;
	netlink->fd = -1;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	(void)netlink;
}

static inline bool fake_route_matches(const struct route *row, const struct route *named)
{
	return memcmp(row, named, ROUTE_KEY_SIZE) == 0 && row->protocol == named->protocol &&
	       row->type == named->type && row->oif == named->oif &&
	       memcmp(row->gateway, named->gateway, sizeof(row->gateway)) == 0;
}

/* The first row that a message hits; ROWS_NOT_FOUND. */
static inline uint32_t fake_find(const struct fake_message *message)
{
	const struct rows *rows = fake_rows(message->kind);
	bool named = message->action == CHANGE_DELETE || message->action == CHANGE_TRIM;

	for (uint32_t i = 0; i < rows->count; i++) {
		if (named && message->kind == CHANGE_ROUTE
			    ? fake_route_matches(rows_at(rows, i), (const void *)message->row)
			    : memcmp(rows_at(rows, i), message->row, rows->key_size) == 0)
			return i;
	}
	return ROWS_NOT_FOUND;
}

static inline void fake_vanish(const struct fake_message *message)
{
	struct fake_message key = *message;
	uint32_t at;

	key.action = CHANGE_REPLACE;
	at = fake_find(&key);
	if (at != ROWS_NOT_FOUND)
		fake_remove(fake_rows(message->kind), at);
}

static inline void fake_take(const struct fake_message *message)
{
	memcpy(&fake.rival, message->row, sizeof(fake.rival));
	fake.rival.protocol = RTPROT_STATIC;
	fake.rival.gateway[3] = 99;
	assert_int_equal(rows_add(fake_rows(CHANGE_ROUTE), &fake.rival), 0);
}

/* What happens on its way, of which the message knows nothing. Returns the code of a refusal. */
static inline int fake_meet(const struct fake_message *message)
{
	bool adds_route = message->kind == CHANGE_ROUTE && message->action == CHANGE_ADD;

	if (fake_strikes(FAKE_VANISH))
		fake_vanish(message);
	if (adds_route && fake_strikes(FAKE_TAKEN))
		fake_take(message);
	if (fake_strikes(FAKE_DOWN))
		fake_set_up(WORLD_ETH1, false);
	return fake_strikes(FAKE_REFUSE) ? fake.code : 0;
}

static inline bool fake_link_is_up(const struct fake_message *message)
{
	const struct route *route = (const void *)message->row;

	return message->kind != CHANGE_ROUTE || route->oif == 0 ||
	       (fake_link(route->oif) != NULL && link_is_up(fake_link(route->oif)));
}

/* IPv6: the gateway of a tunnel's route must not lie behind another device (route.c,
 * ip6_route_check_nh_onlink), unless a host route leads to it as well. */
static inline bool fake_leads_elsewhere(const struct route *route)
{
	struct ip address = route_gateway(route);
	struct prefix gateway = prefix_of(&address, 128);
	const struct route *best = NULL;

	for (uint32_t i = 0; i < fake_rows(CHANGE_ROUTE)->count; i++) {
		const struct route *row = rows_at(fake_rows(CHANGE_ROUTE), i);
		struct prefix prefix = route_prefix(row);

		if (row->family == address.family && prefix_covers(&prefix, &gateway) &&
		    (best == NULL || row->dst_len > best->dst_len))
			best = row;
	}
	return best != NULL && best->oif != route->oif;
}

static inline bool fake_refuses_gateway(const struct fake_message *message)
{
	const struct route *route = (const void *)message->row;

	return fake.strict_onlink && message->kind == CHANGE_ROUTE && route->family == AF_INET6 &&
	       (route->flags & ROUTE_ONLINK) != 0 && fake_leads_elsewhere(route);
}

static inline bool fake_is_strangers(const struct fake_message *message)
{
	const struct route *route = (const void *)message->row;

	return fake.stranger != 0 && message->kind == CHANGE_ROUTE &&
	       route->gateway[15] == fake.stranger;
}

/* One of several next hops goes: the others are fewer. */
static inline void fake_leave_hop(const struct route *gone)
{
	for (uint32_t i = 0; i < fake_rows(CHANGE_ROUTE)->count; i++) {
		struct route *row = rows_at(fake_rows(CHANGE_ROUTE), i);

		if (gone->hops > 1 && memcmp(row, gone, ROUTE_KEY_SIZE) == 0)
			row->hops = gone->hops > 2 ? (uint8_t)(gone->hops - 1) : 0;
	}
}

static inline int fake_remove_named(const struct fake_message *message, uint32_t at)
{
	if (fake_is_strangers(message))
		return ESRCH;
	/* To delete a forwarding entry that is not there succeeds (KERNEL.md). */
	if (at == ROWS_NOT_FOUND)
		return message->kind == CHANGE_ROUTE   ? ESRCH
		       : message->kind == CHANGE_NEIGH ? ENOENT
						       : 0;
	if (message->kind == CHANGE_ROUTE)
		fake_leave_hop((const void *)message->row);
	fake_remove(fake_rows(message->kind), at);
	return 0;
}

/* One message does its work, as rtnetlink does it. A positive errno. */
static inline int fake_apply(const struct fake_message *message)
{
	struct rows *rows = fake_rows(message->kind);
	int code = fake_meet(message);
	uint32_t at = fake_find(message);

	fake.writes++;
	if (code != 0)
		return code;
	if (message->action == CHANGE_DELETE || message->action == CHANGE_TRIM)
		return fake_remove_named(message, at);
	if (!fake_link_is_up(message))
		return ENETDOWN;
	if (fake_refuses_gateway(message))
		return EINVAL;
	if (message->action == CHANGE_ADD && at != ROWS_NOT_FOUND)
		return EEXIST;
	if (message->action == CHANGE_REPLACE && message->kind == CHANGE_ROUTE &&
	    at == ROWS_NOT_FOUND)
		return ENOENT;
	if (at == ROWS_NOT_FOUND)
		return rows_add(rows, message->row) == 0 ? 0 : ENOMEM;
	if (message->kind == CHANGE_ROUTE)
		assert_int_equal(((const struct route *)rows_at(rows, at))->protocol, 67);
	memcpy(rows_at(rows, at), message->row, rows->size);
	return 0;
}

int netlink_flush(struct netlink *netlink, struct error *err)
{
	uint32_t count = fake.queued;
	bool lost;

	fake.queued = 0;
	if (count == 0)
		return 0;
	lost = fake_strikes(FAKE_LOST);
	for (uint32_t i = 0; i < count && !(lost && (int)i >= fake.code); i++) {
		int code = fake_apply(&fake.queue[i]);

		if (code != 0 && !lost)
			netlink->refused(netlink->refused_context, fake.queue[i].token, code, "");
	}
	return lost ? error_set(err, ENOBUFS, "answers were lost") : 0;
}

static inline int fake_queue(struct netlink *netlink, const struct fake_message *message,
			     struct error *err)
{
	int status = fake.queued == FAKE_BATCH ? netlink_flush(netlink, err) : 0;

	if (status == 0)
		fake.queue[fake.queued++] = *message;
	return status;
}

/* --- edge/kernel/write.h */

int kernel_write_route(struct netlink *netlink, enum change_action action,
		       const struct route_hops *hops, uint32_t token, struct error *err)
{
	const struct route *route = hops->at[0];
	struct fake_message message = {.kind = CHANGE_ROUTE, .action = action, .token = token};

	assert_int_equal(route->protocol, 67);
	memcpy(message.row, route, sizeof(*route));
	return fake_queue(netlink, &message, err);
}

int kernel_write_neigh(struct netlink *netlink, enum change_action action,
		       const struct neigh *neigh, uint32_t token, struct error *err)
{
	struct fake_message message = {.kind = CHANGE_NEIGH, .action = action, .token = token};

	memcpy(message.row, neigh, sizeof(*neigh));
	return fake_queue(netlink, &message, err);
}

int kernel_write_fdb(struct netlink *netlink, enum change_action action, const struct fdb *fdb,
		     uint32_t token, struct error *err)
{
	struct fake_message message = {.kind = CHANGE_FDB, .action = action, .token = token};

	memcpy(message.row, fdb, sizeof(*fdb));
	return fake_queue(netlink, &message, err);
}

#include "fake_dumps.h"
