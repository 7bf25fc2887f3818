/* hand_back.c - what flannel would have instead of croute's pod routes. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/flannel/flannel.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "croute/model/device.h"

#define IPV6_METRIC 1024U /* what the kernel makes of none (IP6_RT_PRIO_USER) */

/* With a preferred source (hostGw.source) it is one only on the very metric of its destination: a
 * static route may have one as well. */
static bool is_plain_pod(const struct picture *picture, const struct route *route)
{
	const struct config_kernel *kernel = &picture->config->kernel;
	struct prefix to = route_prefix(route);

	if ((route->has & ROUTE_HAS_SRC) != 0 && route->metric != config_pod_metric(kernel, &to))
		return false;
	return (route->flags & ROUTE_ONLINK) == 0 && route->dst_len > 0 &&
	       route->metric >= kernel->metric;
}

static bool is_pod(const struct picture *picture, const struct route *route)
{
	const struct link *link = links_find_index(&picture->links, route->oif);

	if (link == NULL || route->table != RT_TABLE_MAIN || route->type != RTN_UNICAST ||
	    route->tos != 0 || route->mtu != 0 ||
	    (route->has & ~ROUTE_HAS_SRC) != ROUTE_HAS_GATEWAY)
		return false;
	if (device_is_ours(link))
		return route_is_tunnelled(route);
	return is_plain_pod(picture, route);
}

/* Whether `own` is a pod route, and then in `out` what flannel would have in its place. */
static bool route_of_flannel(const struct picture *picture, const struct route *own,
			     struct route *out)
{
	struct route route = *own;

	if (!is_pod(picture, own))
		return false;
	memset(route.src, 0, sizeof(route.src)); /* hostGw.source */
	route.has = ROUTE_HAS_GATEWAY;
	route.hops = 0; /* flannel knows one card */
	route.protocol = RTPROT_BOOT;
	route.metric = own->family == AF_INET ? 0 : IPV6_METRIC;
	route.flags &= ROUTE_ONLINK;
	*out = route;
	return true;
}

/* Of several to one destination the kernel takes the one of the lowest metric, and so do we. */
static int add_want(struct rows *want, const struct desired_route *row, uint32_t metric,
		    uint32_t *last_metric)
{
	struct desired_route *last = want->count > 0 ? rows_at(want, want->count - 1) : NULL;
	bool again = last != NULL && memcmp(last, row, ROUTE_KEY_SIZE) == 0;

	if (again && metric >= *last_metric)
		return 0;
	*last_metric = metric;
	if (!again)
		return rows_add(want, row);
	*last = *row;
	return 0;
}

int hand_back_want(struct picture *picture)
{
	const struct rows *own = &picture->have.rows[CHANGE_ROUTE];
	struct desired_route row = {.cause = {.is_static = 1}};
	uint32_t last_metric = 0;
	int status = 0;

	desired_reset(&picture->desired);
	for (uint32_t i = 0; i < own->count && status == 0; i++) {
		const struct route *route = rows_at(own, i);

		if (route_of_flannel(picture, route, &row.route))
			status = add_want(&picture->desired.want.rows[CHANGE_ROUTE], &row,
					  route->metric, &last_metric);
	}
	return status;
}

/* Whether flannel's route for one of ours is in the kernel, or needs none. */
static bool is_handed_back(const struct picture *picture, const struct route *own)
{
	struct route route;
	const struct change *change;

	if (!route_of_flannel(picture, own, &route))
		return true;
	change = plan_find_want(picture,
				rows_find(&picture->desired.want.rows[CHANGE_ROUTE], &route));
	return change == NULL || change->result == CHANGE_PLANNED ||
	       change->result == CHANGE_APPLIED;
}

void hand_back_spare(struct picture *picture, bool adding)
{
	for_each_change (change, &picture->plan) {
		if (change->action == CHANGE_DELETE)
			change->result = !adding && is_handed_back(picture,
								   picture_was(picture, change))
						 ? CHANGE_PLANNED
						 : CHANGE_SPARED;
	}
}

bool hand_back_is_flannels(const struct link *link)
{
	const char *before = link->vxlan.local.family == AF_INET6 ? "flannel-v6" : "flannel";
	char name[LINK_NAME_MAX + 8];

	(void)snprintf(name, sizeof(name), "%s.%u", before, link->vxlan.vni);
	return strcmp(link->name, name) == 0;
}
