/* leftovers.c - flannel's routes are spared while ours do not stand. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/flannel/flannel.h"

#include <linux/rtnetlink.h>

bool leftovers_is_removal(const struct picture *picture, const struct change *change)
{
	if (picture->config == NULL || picture->config->adopt != ADOPT_FLANNEL ||
	    change->kind != CHANGE_ROUTE || change->want != CHANGE_NO_ROW)
		return false;
	return ((const struct route *)picture_was(picture, change))->protocol == RTPROT_BOOT;
}

/* Whether the i-th wanted route is in the kernel, or will be by what is still planned. */
static bool stands(const struct picture *picture, uint32_t want)
{
	const struct change *change = plan_find_want(picture, want);

	return change == NULL || change->result == CHANGE_PLANNED ||
	       change->result == CHANGE_APPLIED;
}

/* Whether all that is wanted for a destination stands; so it does where nothing is. */
static bool all_stand(const struct picture *picture, const struct route *like)
{
	uint32_t want = desired_find_destination(&picture->desired, like);

	for (; desired_has_destination(&picture->desired, want, like); want++) {
		if (!stands(picture, want))
			return false;
	}
	return true;
}

/* croute has no route to this node's own podCIDR: its bridge does. */
static bool is_carried(const struct picture *picture, const struct config_podcidr *podcidr)
{
	struct route like = {.table = picture->config->kernel.table};
	uint32_t want;

	if (podcidr->node == picture->node.index)
		return true;
	route_set_dst(&like, &podcidr->prefix);
	want = desired_find_destination(&picture->desired, &like);
	return desired_has_destination(&picture->desired, want, &like) && all_stand(picture, &like);
}

/* No podCIDR of the file that the route touches is to be without a route for its removal. */
static bool may_go(const struct picture *picture, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	const struct config *config = picture->config;
	uint32_t i = config_podcidr_covering(config, &prefix);

	if (!all_stand(picture, route))
		return false;
	if (i != CONFIG_NOT_FOUND)
		return is_carried(picture, config_podcidr_at(config, i));
	i = config_podcidr_inside(config, &prefix);
	for (; i != CONFIG_NOT_FOUND && i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (!prefix_covers(&prefix, &podcidr->prefix))
			return true;
		if (!is_carried(picture, podcidr))
			return false;
	}
	return true;
}

/* A tunnelled route needs its neighbour; which one is not tracked. */
static void spare_parts(const struct plan *plan)
{
	for_each_change (change, plan) {
		if (change->kind != CHANGE_ROUTE && change->action == CHANGE_DELETE &&
		    change->result == CHANGE_PLANNED)
			change->result = CHANGE_BLOCKED;
	}
}

void leftovers_spare(struct picture *picture)
{
	bool spared = false;

	for_each_change (change, &picture->plan) {
		if (change->result != CHANGE_PLANNED || !leftovers_is_removal(picture, change) ||
		    may_go(picture, picture_was(picture, change)))
			continue;
		change->result = CHANGE_SPARED;
		spared = true;
	}
	if (spared)
		spare_parts(&picture->plan);
}
