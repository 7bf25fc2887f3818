/* read.h - what is in the kernel, as normal rows. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/link.h"
#include "croute/model/neigh.h"
#include "croute/model/route.h"
#include "croute/model/rule.h"

/*
 * Fill `links` (emptied first) with every interface and address of the network namespace. 0 or
 * -errno with `err`.
 *
 * What a kernel leaves out is never taken for zero. By its own definition there is no alias,
 * master, kind, MAC, VXLAN underlay or local address where there is none to report
 * (net/core/rtnetlink.c, rtnl_fill_ifinfo; drivers/net/vxlan, vxlan_fill_info), and no addrgenmode
 * where a link has no IPv6: it makes no addresses then, as with `none`. Name and MTU of a link and
 * an address itself are always there, a row without them is skipped. Anything else that is
 * missing is a bit of link.unknown, which equals whatever it is compared with.
 */
int kernel_read_links(struct netlink *netlink, struct links *links, struct error *err);

/* One of them, asked for by itself, without its addresses. 0, -ENODEV or another -errno with `err`.
 */
int kernel_read_link(struct netlink *netlink, uint32_t index, struct link *out, struct error *err);

/* Called for each route of a dump; a negative return ends the dump and is handed on. */
typedef int kernel_route_fn(void *context, const struct route *route);

/*
 * Which routes a dump brings; 0 means any. The kernel filters by protocol and table (strict
 * checking), so that what is not asked for costs nothing here; where it cannot, rows are dropped as
 * they come. Own routes are always asked for by protocol: a dump of all ends, without a word, at a
 * route that is too long for it (netlink.h).
 */
struct kernel_route_filter {
	uint8_t family; /* AF_INET or AF_INET6; AF_UNSPEC: both, in one dump */
	uint8_t protocol;
	uint8_t except; /* leave out this protocol, before anything is parsed */
	uint32_t table;
};

/*
 * Stream the routes that match. A multipath route comes as one row a next hop.
 * Routes are normal as DESIGN 3 says; cloned ones are left out, and a row without the destination
 * that its length asks for. The other attributes are reported where there is something to report
 * (net/ipv4/fib_semantics.c, fib_dump_info; net/ipv6/route.c, rt6_fill_node). A table that does not
 * exist is empty. 0; -EINTR when the table changed meanwhile (read again); else -errno with `err`.
 */
int kernel_read_routes(struct netlink *netlink, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err);

/*
 * Which way a packet would go now (RTM_GETROUTE). 0, -ENETUNREACH or another -errno with `err`;
 * -EBADMSG when the kernel names no route, or one to elsewhere.
 */
int kernel_lookup_route(struct netlink *netlink, const struct flow *flow, struct route *out,
			struct error *err);

/* Which row of which table decides that (RTM_F_FIB_MATCH, Linux 4.13), one a next hop, at most
 * `most`. Returns how many, or an error as above: also where the row is of type blackhole,
 * unreachable or prohibit. */
int kernel_match_route(struct netlink *netlink, const struct flow *flow, struct route *out,
		       uint32_t most, struct error *err);

/* One RTM_NEWROUTE or RTM_DELROUTE message as rows; for dumps, events and their fuzzer. Returns how
 * many, at most `most`; 0: none of interest. */
uint32_t kernel_parse_route(const struct nlmsghdr *message, struct route *out, uint32_t most);

/* Called for each rule; a negative return ends the dump and is handed on. */
typedef int kernel_rule_fn(void *context, const struct rule *rule);

/*
 * Stream the rules of a family (RTM_GETRULE) in the order in which the kernel asks them. What the
 * kernel leaves out is 0 (priority, mark) or no condition (net/core/fib_rules.c,
 * fib_nl_fill_rule); a prefix without its address makes the rule odd. A kernel without policy
 * routing, or without the family, has none. 0, -EINTR (read again), or -errno with `err`.
 */
int kernel_read_rules(struct netlink *netlink, uint8_t family, kernel_rule_fn *each, void *context,
		      struct error *err);

/* Called for each row; a negative return ends the dump and is handed on. */
typedef int kernel_neigh_fn(void *context, const struct neigh *neigh);
typedef int kernel_fdb_fn(void *context, const struct fdb *fdb);

#define KERNEL_ANY_LINK 0 /* in place of a link: the entries of all, in one dump */

/*
 * Stream the neighbours of `link` of both families, whatever their state. The address is always
 * reported, a row without one is skipped; without a MAC the neighbour has none yet, as its state
 * says (net/core/neighbour.c, neigh_fill_info). 0, -EINTR (read again), or -errno with `err`.
 */
int kernel_read_neighs(struct netlink *netlink, uint32_t link, kernel_neigh_fn *each, void *context,
		       struct error *err);

/*
 * Stream the forwarding entries of the VXLAN device `link` that lead to a host, whatever their
 * state; that of permanent ones is NUD_PERMANENT alone. The MAC is always reported, a row without
 * one is skipped; port, VNI and link are reported where they are not the device's
 * (drivers/net/vxlan, vxlan_fdb_info). A device that is gone has none. Returns as
 * kernel_read_neighs.
 */
int kernel_read_fdb(struct netlink *netlink, uint32_t link, kernel_fdb_fn *each, void *context,
		    struct error *err);
