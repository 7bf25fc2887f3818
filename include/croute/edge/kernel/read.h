/* read.h - what is in the kernel, as normal rows. */
#ifndef CROUTE_EDGE_KERNEL_READ_H
#define CROUTE_EDGE_KERNEL_READ_H

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/link.h"
#include "croute/model/route.h"

/* Fill `links` (emptied first) with every interface and address of the network namespace. 0 or
 * -errno with `err`. */
int kernel_read_links(struct netlink *netlink, struct links *links, struct error *err);

/* Told of each route of a dump; a negative return ends the dump and is handed on. */
typedef int kernel_route_fn(void *context, const struct route *route);

/* Which routes a dump brings; 0 means any. The kernel filters (strict checking), so that what is
 * not asked for costs nothing here. */
struct kernel_route_filter {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t protocol;
	uint32_t table;
};

/*
 * Stream the routes that match. A multipath IPv6 route comes as one row a next hop (ROUTE_SIBLING).
 * Routes are normal as DESIGN 3 says; cloned ones are left out. A table that does not exist is
 * empty. 0; -EINTR when the table changed meanwhile (read again); else -errno with `err`.
 */
int kernel_read_routes(struct netlink *netlink, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err);

/*
 * Which way a packet to `ip` would go now (RTM_GETROUTE). 0, -ENETUNREACH or another -errno with
 * `err`.
 */
int kernel_lookup_route(struct netlink *netlink, const struct ip *ip, struct route *out,
			struct error *err);

/* Which row of which table decides that (RTM_F_FIB_MATCH, Linux 4.13). Returns likewise: a row of
 * type blackhole, unreachable or prohibit is an error, not an answer. */
int kernel_match_route(struct netlink *netlink, const struct ip *ip, struct route *out,
		       struct error *err);

/* One RTM_NEWROUTE or RTM_DELROUTE message as rows; for dumps, events and their fuzzer. Returns how
 * many, at most `most`; 0: none of interest. */
uint32_t kernel_parse_route(const struct nlmsghdr *message, struct route *out, uint32_t most);

#endif
