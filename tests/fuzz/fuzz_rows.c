/* fuzz_rows.c - any bytes as dumps: rows come out normal, nothing beyond a message is read. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/kernel/link.c src/edge/kernel/read.c src/edge/kernel/route.c */
/* covers: src/edge/host/listeners.c */
#include <linux/neighbour.h>
#include <netlink/msg.h>
#include <stdlib.h>

#include "answers.h"
#include "croute/edge/kernel/read.h"
#include "edge/host/listeners.h"

#define ROUTE_FLAGS (ROUTE_ONLINK | ROUTE_ODD | ROUTE_LOCKED | ROUTE_PREF_LOW | ROUTE_PREF_HIGH)
#define ROUTE_HAS (ROUTE_HAS_GATEWAY | ROUTE_HAS_SRC | ROUTE_VIA_INET6)

#define REFUSE(condition)                                                                          \
	do {                                                                                       \
		if (condition)                                                                     \
			abort();                                                                   \
	} while (0)

static void check_ip(const struct ip *ip)
{
	static const uint8_t none[12];

	REFUSE(ip->family != AF_INET && ip->family != AF_INET6);
	REFUSE(ip->family == AF_INET && memcmp(ip->bytes + 4, none, sizeof(none)) != 0);
}

static void check_bytes(const struct route *route, const uint8_t bytes[16])
{
	static const uint8_t none[12];

	REFUSE(route->family == AF_INET && memcmp(bytes + 4, none, sizeof(none)) != 0);
}

/* What no row may be, whatever the message says. */
static int take_route(void *context, const struct route *route)
{
	const uint8_t *family = context;

	REFUSE(route->family != *family);
	REFUSE(route->dst_len > ip_bits(route->family) || route->zero != 0 || route->hops == 1);
	REFUSE((route->flags & ~ROUTE_FLAGS) != 0 || (route->has & ~ROUTE_HAS) != 0);
	check_bytes(route, route->dst);
	check_bytes(route, route->src);
	if ((route->has & ROUTE_VIA_INET6) == 0)
		check_bytes(route, route->gateway);
	return 0;
}

static int take_rule(void *context, const struct rule *rule)
{
	const uint8_t *family = context;

	REFUSE(rule->family != *family || rule->shortest > ip_bits(rule->family));
	REFUSE(rule->dst.len > ip_bits(rule->family) || rule->src.len > ip_bits(rule->family));
	REFUSE(strnlen(rule->iif, LINK_NAME_MAX) == LINK_NAME_MAX);
	REFUSE(strnlen(rule->oif, LINK_NAME_MAX) == LINK_NAME_MAX);
	return 0;
}

static int take_neigh(void *context, const struct neigh *neigh)
{
	const uint32_t *link = context;

	REFUSE(*link != KERNEL_ANY_LINK && neigh->link != *link);
	check_ip(&neigh->ip);
	return 0;
}

static int take_fdb(void *context, const struct fdb *fdb)
{
	const uint32_t *link = context;

	REFUSE(fdb->link != *link);
	REFUSE((fdb->state & NUD_PERMANENT) != 0 && fdb->state != NUD_PERMANENT);
	check_ip(&fdb->dst);
	return 0;
}

static int take_listener(void *context, const struct listener *listener)
{
	(void)context;
	REFUSE(listener->len > sizeof(listener->name) || listener->name.sun_path[0] != '\0');
	return 0;
}

static void check_links(const struct links *links)
{
	for (uint32_t i = 0; i < links->links.count; i++) {
		const struct link *link = links_at(links, i);

		REFUSE(strnlen(link->name, sizeof(link->name)) == sizeof(link->name));
		REFUSE(strnlen(link->alias, sizeof(link->alias)) == sizeof(link->alias));
		REFUSE(strnlen(link->kind, sizeof(link->kind)) == sizeof(link->kind));
	}
	for (uint32_t i = 0; i < links->addresses.count; i++)
		check_ip(&links_address_at(links, i)->ip);
}

static void read_family(struct netlink *netlink, uint8_t family)
{
	struct kernel_route_filter filter = {.family = family, .except = 67};
	struct flow flow = {.dst = {.family = family, .bytes = {10, 244, 2, 7}},
			    .src = {.family = family, .bytes = {10}},
			    .iif = 2,
			    .udp_port = 8472};
	struct route route = {0};

	(void)kernel_read_routes(netlink, filter, take_route, &family, NULL);
	filter = (struct kernel_route_filter){.protocol = 67, .table = 254, .family = family};
	(void)kernel_read_routes(netlink, filter, take_route, &family, NULL);
	(void)kernel_read_rules(netlink, family, take_rule, &family, NULL);
	if (kernel_lookup_route(netlink, &flow, &route, NULL) == 0)
		REFUSE(route.family != family);
	if (kernel_match_route(netlink, &flow, &route, 1, NULL) > 0)
		REFUSE(route.family != family);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netlink netlink = {.fd = -1};
	static const uint32_t some = 2;
	static const uint32_t any = KERNEL_ANY_LINK;
	static struct links links;
	struct link link;

	if (netlink.message == NULL) {
		netlink.message = nlmsg_alloc_size(1024);
		links_init(&links);
	}
	if (size > ANSWERS_MOST)
		return 0;
	answers_begin(data, size);
	(void)kernel_read_links(&netlink, &links, NULL);
	check_links(&links);
	if (kernel_read_link(&netlink, some, &link, NULL) == 0)
		REFUSE(link.index != some);
	read_family(&netlink, AF_INET);
	read_family(&netlink, AF_INET6);
	(void)kernel_read_neighs(&netlink, any, take_neigh, (void *)(uintptr_t)&any, NULL);
	(void)kernel_read_neighs(&netlink, some, take_neigh, (void *)(uintptr_t)&some, NULL);
	(void)kernel_read_fdb(&netlink, some, take_fdb, (void *)(uintptr_t)&some, NULL);
	REFUSE(listeners_find("croute", take_listener, NULL) > 0);
	answers_end();
	return 0;
}
