/* input.h - where a pass looks: the kernel, or a snapshot of one. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/edge/kernel/read.h"
#include "croute/model/snapshot.h"

/* One of the two. Both borrowed. */
struct source {
	struct netlink *netlink;
	const struct snapshot *snapshot; /* NULL: the kernel */
};

#define SOURCE_TRIES 5 /* at a dump that the kernel says changed under it (-EINTR) */

/* Forget what was read, or read one family (AF_INET, AF_INET6). 0, or -errno with `err`. */
typedef int source_begin_fn(void *context, struct error *err);
typedef int source_read_fn(void *context, uint8_t family, struct error *err);

/* Read both families, both again after -EINTR, SOURCE_TRIES times at most. */
int source_read_settled(source_begin_fn *begin, source_read_fn *read, void *context,
			struct error *err);

/* As the functions of edge/kernel/read.h and edge/kernel/neigh.h that they are named for; the links
 * are read until they are settled. */
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
int source_lookup_route(const struct source *source, const struct flow *flow, struct route *out,
			struct error *err);
int source_match_route(const struct source *source, const struct flow *flow, struct route *out,
		       uint32_t most, struct error *err);
