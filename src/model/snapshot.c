/* snapshot.c - rows of a whole kernel, and a look-up among its routes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/snapshot.h"

#include <linux/rtnetlink.h>

void snapshot_init(struct snapshot *snapshot)
{
	links_init(&snapshot->links);
	state_init(&snapshot->state, 0);
}

void snapshot_sort(struct snapshot *snapshot)
{
	rows_sort(&snapshot->links.addresses);
	state_settle(&snapshot->state);
}

void snapshot_release(struct snapshot *snapshot)
{
	links_release(&snapshot->links);
	state_release(&snapshot->state);
}

static bool is_better(const struct route *route, const struct route *best)
{
	if (best == NULL || route->dst_len != best->dst_len)
		return best == NULL || route->dst_len > best->dst_len;
	return route->metric < best->metric;
}

/* Of the table; 0: of main and default. */
static const struct route *find_best(const struct snapshot *snapshot, const struct ip *ip,
				     uint32_t table)
{
	const struct rows *routes = &snapshot->state.rows[CHANGE_ROUTE];
	const struct route *best = NULL;

	for (uint32_t i = 0; i < routes->count; i++) {
		const struct route *route = rows_at(routes, i);
		struct prefix prefix = route_prefix(route);

		bool counts = table != 0 ? route->table == table
					 : route->table == RT_TABLE_MAIN ||
						   route->table == RT_TABLE_DEFAULT;

		if (counts && route->tos == 0 && prefix_holds(&prefix, ip) &&
		    is_better(route, best))
			best = route;
	}
	return best;
}

const struct route *snapshot_lookup(const struct snapshot *snapshot, const struct flow *flow)
{
	const struct link *vrf = links_find_index(&snapshot->links, flow->vrf);
	const struct route *best = NULL;

	if (vrf != NULL)
		best = find_best(snapshot, &flow->dst, vrf->vrf_table);
	return best != NULL ? best : find_best(snapshot, &flow->dst, 0);
}
