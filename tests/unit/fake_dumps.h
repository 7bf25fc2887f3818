/* fake_dumps.h - what the kernel in memory answers; the second half of fake_kernel.h. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "fake_kernel.h"

/* --- edge/kernel_read.h; a dump that fails has brought a part before it does */

static inline int fake_fail(struct error *err)
{
	return error_set(err, fake.code, "as the test has it");
}

int kernel_read_links(struct netlink *netlink, struct links *links, struct error *err)
{
	const struct links *all = &fake.world->picture.links;
	bool fails = fake_strikes(FAKE_ASK);

	(void)netlink;
	links_reset(links);
	for (uint32_t i = 0; i < all->links.count; i++) {
		struct link link = *links_at(all, i);

		if (fake.lie == FAKE_ALIAS && strcmp(link.kind, "vxlan") == 0)
			memcpy(link.alias, DEVICE_ALIAS, sizeof(DEVICE_ALIAS));
		assert_int_equal(rows_add(&links->links, &link), 0);
	}
	if (fails)
		return fake_fail(err);
	for (uint32_t i = 0; i < all->addresses.count; i++)
		assert_int_equal(rows_add(&links->addresses, links_address_at(all, i)), 0);
	rows_sort(&links->addresses);
	return 0;
}

int kernel_read_link(struct netlink *netlink, uint32_t index, struct link *out, struct error *err)
{
	(void)netlink;
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	if (fake_link(index) == NULL)
		return error_set(err, ENODEV, "no such device");
	*out = *fake_link(index);
	return 0;
}

static inline bool fake_shows(const struct kernel_route_filter *filter, const struct route *route)
{
	bool lies = fake.lie == FAKE_NO_IPV6 && filter->family == AF_INET6;

	return (lies || filter->family == AF_UNSPEC || route->family == filter->family) &&
	       (filter->protocol == 0 || filter->protocol == route->protocol) &&
	       (filter->except == 0 || filter->except != route->protocol) &&
	       (filter->table == 0 || filter->table == route->table);
}

/* How many of the rows a dump brings. */
static inline uint32_t fake_shown(const struct rows *rows, bool fails, bool of_all)
{
	fake.dumps++;
	if (fails)
		return rows->count / 2;
	return rows->count - (of_all && fake.lie == FAKE_FORGETS && rows->count > 0);
}

static inline int fake_show_ghost(kernel_route_fn *each, void *context, struct route ghost)
{
	ghost.gateway[3] ^= 0x80;
	return each(context, &ghost);
}

int kernel_read_routes(struct netlink *netlink, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err)
{
	const struct rows *rows = fake_rows(CHANGE_ROUTE);
	bool fails = fake_strikes(FAKE_ASK);
	uint32_t count = fake_shown(rows, fails, filter.family == AF_UNSPEC);
	int status = 0;

	(void)netlink;
	for (uint32_t i = 0; i < count && status == 0; i++) {
		const struct route *route = rows_at(rows, i);

		if (!fake_shows(&filter, route))
			continue;
		status = each(context, route);
		if (status == 0 && fake.lie == FAKE_REPEATS)
			status = each(context, route);
		if (status == 0 && fake.lie == FAKE_GHOST_ROUTES && filter.family != AF_UNSPEC)
			status = fake_show_ghost(each, context, *route);
	}
	return fails ? fake_fail(err) : status;
}

/* Every address of the test is on the one wire. */
int kernel_lookup_route(struct netlink *netlink, const struct flow *flow, struct route *out,
			struct error *err)
{
	(void)netlink;

	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	*out = (struct route){.oif = WORLD_ETH1, .family = flow->dst.family};
	return 0;
}

/* Nobody has an address beside those on the links. */
int kernel_match_route(struct netlink *netlink, const struct flow *flow, struct route *out,
		       uint32_t most, struct error *err)
{
	int status = kernel_lookup_route(netlink, flow, out, err);

	(void)most;
	return status < 0 ? status : 1;
}

/* --- edge/kernel_neigh.h, reading */

static inline int fake_show_ghost_neigh(kernel_neigh_fn *each, void *context, struct neigh ghost)
{
	ghost.mac.bytes[5] ^= 0x80;
	return each(context, &ghost);
}

int kernel_read_neighs(struct netlink *netlink, uint32_t link, kernel_neigh_fn *each, void *context,
		       struct error *err)
{
	const struct rows *rows = fake_rows(CHANGE_NEIGH);
	bool fails = fake_strikes(FAKE_ASK);
	uint32_t count = fake_shown(rows, fails, link == KERNEL_ANY_LINK);
	int status = 0;

	(void)netlink;
	for (uint32_t i = 0; i < count && status == 0; i++) {
		const struct neigh *neigh = rows_at(rows, i);

		if (link != KERNEL_ANY_LINK && neigh->link != link)
			continue;
		status = each(context, neigh);
		if (status == 0 && fake.lie == FAKE_REPEATS)
			status = each(context, neigh);
		if (status == 0 && fake.lie == FAKE_GHOST_NEIGHS && link != KERNEL_ANY_LINK)
			status = fake_show_ghost_neigh(each, context, *neigh);
	}
	return fails ? fake_fail(err) : status;
}

static inline int fake_show_ghost_fdb(kernel_fdb_fn *each, void *context, struct fdb ghost)
{
	ghost.dst.bytes[3] ^= 0x80;
	return each(context, &ghost);
}

int kernel_read_fdb(struct netlink *netlink, uint32_t link, kernel_fdb_fn *each, void *context,
		    struct error *err)
{
	const struct rows *rows = fake_rows(CHANGE_FDB);
	bool fails = fake_strikes(FAKE_ASK);
	uint32_t count = fake_shown(rows, fails, link == KERNEL_ANY_LINK);
	int status = 0;

	(void)netlink;
	for (uint32_t i = 0; i < count && status == 0; i++) {
		const struct fdb *fdb = rows_at(rows, i);

		if (link != KERNEL_ANY_LINK && fdb->link != link)
			continue;
		status = each(context, fdb);
		if (status == 0 && fake.lie == FAKE_REPEATS)
			status = each(context, fdb);
		if (status == 0 && fake.lie == FAKE_GHOST_FDB && link != KERNEL_ANY_LINK)
			status = fake_show_ghost_fdb(each, context, *fdb);
	}
	return fails ? fake_fail(err) : status;
}
