/* leftovers.c - flannel's routes are spared while ours do not stand. */
#include "croute/core/flannel/leftovers.h"

#include <linux/rtnetlink.h>

bool leftovers_is_removal(const struct config *config, const struct state *have,
			  const struct change *change)
{
	const struct route *route;

	if (config == NULL || config->adopt != ADOPT_FLANNEL || change->kind != CHANGE_ROUTE ||
	    change->want != CHANGE_NO_ROW)
		return false;
	route = rows_at(&have->rows[CHANGE_ROUTE], change->have);
	return route->protocol == RTPROT_BOOT;
}

/* Whether the i-th wanted route is in the kernel, or will be by what is still planned. */
static bool stands(const struct plan *plan, const struct leftovers_ctx *scene, uint32_t want)
{
	const struct change *change = plan_find_want(plan, scene->desired, scene->have, want);

	return change == NULL || change->result == CHANGE_PLANNED ||
	       change->result == CHANGE_APPLIED;
}

/* Whether all that is wanted for a destination stands; so it does where nothing is. */
static bool all_stand(const struct plan *plan, const struct leftovers_ctx *scene,
		      const struct route *like)
{
	uint32_t want = desired_find_destination(scene->desired, like);

	for (; desired_has_destination(scene->desired, want, like); want++) {
		if (!stands(plan, scene, want))
			return false;
	}
	return true;
}

/* Nothing of croute's ever leads to this node's own podCIDR: its bridge does. */
static bool is_carried(const struct plan *plan, const struct leftovers_ctx *scene,
		       const struct config_podcidr *podcidr)
{
	struct route like = {.table = scene->config->kernel.table};
	uint32_t want;

	if (podcidr->node == scene->node)
		return true;
	route_set_dst(&like, &podcidr->prefix);
	want = desired_find_destination(scene->desired, &like);
	return desired_has_destination(scene->desired, want, &like) &&
	       all_stand(plan, scene, &like);
}

/* No podCIDR of the file that the route touches is to be without a route for its removal. */
static bool may_go(const struct plan *plan, const struct leftovers_ctx *scene,
		   const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	const struct config *config = scene->config;
	uint32_t i = config_podcidr_covering(config, &prefix);

	if (!all_stand(plan, scene, route))
		return false;
	if (i != CONFIG_NOT_FOUND)
		return is_carried(plan, scene, config_podcidr_at(config, i));
	i = config_podcidr_inside(config, &prefix);
	for (; i != CONFIG_NOT_FOUND && i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (!prefix_covers(&prefix, &podcidr->prefix))
			return true;
		if (!is_carried(plan, scene, podcidr))
			return false;
	}
	return true;
}

/* A tunnelled route needs its neighbour; which that is is not worth finding out. */
static void spare_parts(struct plan *plan)
{
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (change->kind != CHANGE_ROUTE && change->action == CHANGE_DELETE &&
		    change->result == CHANGE_PLANNED)
			change->result = CHANGE_BLOCKED;
	}
}

void leftovers_spare(struct plan *plan, const struct leftovers_ctx *scene)
{
	bool spared = false;

	if (scene->config == NULL || scene->config->adopt != ADOPT_FLANNEL)
		return;
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (!leftovers_is_removal(scene->config, scene->have, change) ||
		    change->result != CHANGE_PLANNED ||
		    may_go(plan, scene, rows_at(&scene->have->rows[CHANGE_ROUTE], change->have)))
			continue;
		change->result = CHANGE_BLOCKED;
		spared = true;
	}
	if (spared)
		spare_parts(plan);
}
