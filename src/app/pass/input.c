/* input.c - reading from the kernel, or from the rows of a snapshot as if they were one. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/pass/input.h"

#include <errno.h>
#include <string.h>

int source_read_settled(source_begin_fn *begin, source_read_fn *read, void *context,
			struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++) {
		status = begin(context, err);
		if (status == 0)
			status = read(context, AF_INET, err);
		if (status == 0)
			status = read(context, AF_INET6, err);
	}
	return status;
}

static int copy_rows(struct rows *out, const struct rows *rows)
{
	int status = 0;

	for (uint32_t i = 0; i < rows->count && status == 0; i++)
		status = rows_add(out, rows_at(rows, i));
	return status;
}

int source_read_links(const struct source *source, struct links *links, struct error *err)
{
	const struct links *taken;
	int status = -EINTR;

	if (source->snapshot == NULL) {
		for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++)
			status = kernel_read_links(source->netlink, links, err);
		return status;
	}
	taken = &source->snapshot->links;
	links_reset(links);
	status = copy_rows(&links->links, &taken->links);
	if (status == 0)
		status = copy_rows(&links->altnames, &taken->altnames);
	return status < 0 ? status : copy_rows(&links->addresses, &taken->addresses);
}

static bool passes(const struct kernel_route_filter *filter, const struct route *route)
{
	return (filter->family == AF_UNSPEC || route->family == filter->family) &&
	       (filter->protocol == 0 || filter->protocol == route->protocol) &&
	       (filter->except == 0 || filter->except != route->protocol) &&
	       (filter->table == 0 || filter->table == route->table);
}

int source_read_routes(const struct source *source, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err)
{
	const struct rows *rows;
	int status = 0;

	if (source->snapshot == NULL)
		return kernel_read_routes(source->netlink, filter, each, context, err);
	rows = &source->snapshot->state.rows[CHANGE_ROUTE];
	for (uint32_t i = 0; i < rows->count && status == 0; i++) {
		const struct route *route = rows_at(rows, i);

		if (passes(&filter, route))
			status = each(context, route);
	}
	return status;
}

int source_read_all_routes(const struct source *source, struct kernel_route_filter filter,
			   kernel_route_fn *each, void *context, struct error *err)
{
	struct kernel_route_filter own = filter;
	int status;

	own.protocol = filter.except;
	own.except = 0;
	status = source_read_routes(source, own, each, context, err);
	return status < 0 ? status : source_read_routes(source, filter, each, context, err);
}

int source_read_neighs(const struct source *source, uint32_t link, kernel_neigh_fn *each,
		       void *context, struct error *err)
{
	int status = 0;

	if (source->snapshot == NULL)
		return kernel_read_neighs(source->netlink, link, each, context, err);
	for (uint32_t i = 0; i < source->snapshot->state.rows[CHANGE_NEIGH].count && status == 0;
	     i++) {
		const struct neigh *neigh = rows_at(&source->snapshot->state.rows[CHANGE_NEIGH], i);

		if (neigh->link == link)
			status = each(context, neigh);
	}
	return status;
}

int source_read_fdb(const struct source *source, uint32_t link, kernel_fdb_fn *each, void *context,
		    struct error *err)
{
	int status = 0;

	if (source->snapshot == NULL)
		return kernel_read_fdb(source->netlink, link, each, context, err);
	for (uint32_t i = 0; i < source->snapshot->state.rows[CHANGE_FDB].count && status == 0;
	     i++) {
		const struct fdb *fdb = rows_at(&source->snapshot->state.rows[CHANGE_FDB], i);

		if (fdb->link == link)
			status = each(context, fdb);
	}
	return status;
}

/* The rows that decide in a snapshot, of one key. Returns how many, at most `most`. */
static int look_up(const struct source *source, const struct flow *flow, struct route *out,
		   uint32_t most, struct error *err)
{
	const struct rows *routes = &source->snapshot->state.rows[CHANGE_ROUTE];
	const struct route *best = snapshot_lookup(source->snapshot, flow);
	uint32_t count = 0;

	if (best == NULL)
		return error_set(err, ENETUNREACH, "the snapshot has no route to it");
	for (uint32_t i = 0; i < routes->count && count < most; i++) {
		const struct route *route = rows_at(routes, i);

		if (memcmp(route, best, ROUTE_KEY_SIZE) == 0)
			out[count++] = *route;
	}
	return (int)count;
}

int source_lookup_route(const struct source *source, const struct flow *flow, struct route *out,
			struct error *err)
{
	int status;

	if (source->snapshot == NULL)
		return kernel_lookup_route(source->netlink, flow, out, err);
	status = look_up(source, flow, out, 1, err);
	return status < 0 ? status : 0;
}

int source_match_route(const struct source *source, const struct flow *flow, struct route *out,
		       uint32_t most, struct error *err)
{
	if (source->snapshot == NULL)
		return kernel_match_route(source->netlink, flow, out, most, err);
	return look_up(source, flow, out, most, err);
}
