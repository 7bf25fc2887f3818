/* input.h - where a pass looks: the kernel, or a snapshot of one. */
#pragma once

#include "croute/base/error.h"
#include "croute/edge/kernel/neigh.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/edge/kernel/read.h"
#include "croute/model/snapshot.h"

/* One of the two. Both borrowed. */
struct source {
	struct netlink *netlink;
	const struct snapshot *snapshot; /* NULL: the kernel */
};

/* As the functions of edge/kernel/read.h and edge/kernel/neigh.h that they are named for. */
int source_read_links(const struct source *source, struct links *links, struct error *err);
int source_read_routes(const struct source *source, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err);

/*
 * Every route that `filter` matches, whose `except` is croute's own protocol: those of this one
 * come first, from a dump of their own, since one of all protocols may come short (netlink.h).
 */
int source_read_all_routes(const struct source *source, struct kernel_route_filter filter,
			   kernel_route_fn *each, void *context, struct error *err);

int source_read_neighs(const struct source *source, uint32_t link, kernel_neigh_fn *each,
		       void *context, struct error *err);
int source_read_fdb(const struct source *source, uint32_t link, kernel_fdb_fn *each, void *context,
		    struct error *err);
int source_lookup_route(const struct source *source, const struct ip *ip, struct route *out,
			struct error *err);
