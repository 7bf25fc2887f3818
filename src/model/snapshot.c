/* snapshot.c - rows of a whole kernel, and a look-up among its routes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/snapshot.h"

#include <linux/rtnetlink.h>

static const struct {
	uint32_t size;
	uint32_t key_size;
} kinds[CHANGE_KINDS] = {
	[CHANGE_FDB] = {sizeof(struct fdb), FDB_KEY_SIZE},
	[CHANGE_NEIGH] = {sizeof(struct neigh), NEIGH_KEY_SIZE},
	[CHANGE_ROUTE] = {sizeof(struct route), ROUTE_KEY_SIZE},
};

void state_init(struct state *state, uint32_t extra)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_init(&state->rows[i], kinds[i].size + extra, kinds[i].key_size,
			  STATE_ROWS_MOST);
}

uint32_t state_row_size(enum change_kind kind)
{
	return kinds[kind].size;
}

void state_settle(struct state *state)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_settle(&state->rows[i]);
}

void state_reset(struct state *state)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_reset(&state->rows[i]);
}

void state_release(struct state *state)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_release(&state->rows[i]);
}

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
