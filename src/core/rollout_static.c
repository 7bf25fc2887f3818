/* rollout_static.c - static routes are planned as a host would: they are few, and entries differ
 * by node. */
#include "croute/core/rollout_static.h"

static bool names_nodes(const struct config *config)
{
	for (uint32_t i = 0; i < config_route_count(config); i++) {
		if (config_route_at(config, i)->nodes.count > 0)
			return true;
	}
	return false;
}

void rollout_static_init(struct rollout_static *statics, const struct config *was,
			 const struct config *now)
{
	*statics = (struct rollout_static){.was = *was, .now = *now};
	statics->was.backend = BACKEND_NONE;
	statics->now.backend = BACKEND_NONE;
	statics->by_name = names_nodes(was) || names_nodes(now);
	desired_init(&statics->old);
	desired_init(&statics->desired);
	rows_init(&statics->have, sizeof(struct route), ROUTE_KEY_SIZE, DESIRED_ROUTES_MOST);
	foreign_init(&statics->foreign);
	plan_init(&statics->plan);
}

void rollout_static_release(struct rollout_static *statics)
{
	desired_release(&statics->old);
	desired_release(&statics->desired);
	rows_release(&statics->have);
	foreign_release(&statics->foreign);
	plan_release(&statics->plan);
}

static int desire(struct desired *desired, const struct config *config, const char *name)
{
	const struct desired_input input = {
		.config = config, .node = CONFIG_NOT_FOUND, .node_name = name};

	return desired_build(desired, &input);
}

static int plan_afresh(struct rollout_static *statics, const char *name, bool with_old)
{
	int status = desire(&statics->desired, &statics->now, name);

	rows_reset(&statics->have);
	if (status == 0 && with_old)
		status = desire(&statics->old, &statics->was, name);
	for (uint32_t i = 0; with_old && status == 0 && i < statics->old.routes.count; i++)
		status = rows_add(&statics->have, rows_at(&statics->old.routes, i));
	return status < 0 ? status
			  : plan_build(&statics->plan, &statics->desired, &statics->have,
				       &statics->foreign);
}

int rollout_static_build(struct rollout_static *statics, const char *name, bool with_old)
{
	if (statics->built && !statics->by_name && statics->built_with_old == with_old)
		return 0;
	statics->built = true;
	statics->built_with_old = with_old;
	return plan_afresh(statics, name, with_old);
}
