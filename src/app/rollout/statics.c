/* statics.c - static routes of two files, planned as each host would. */
#include "app/rollout/statics.h"

#include <errno.h>
#include <fnmatch.h>

/* What an entry is to a host: for it, and inside its own podCIDR, where others refuse it. */
#define NAMED 1U
#define AT_HOME 2U

int rollout_static_init(struct rollout_static *statics, const struct config *was,
			const struct config *now)
{
	*statics = (struct rollout_static){.was = *was, .now = *now};
	statics->was.backend = BACKEND_NONE;
	statics->now.backend = BACKEND_NONE;
	desired_init(&statics->old);
	desired_init(&statics->desired);
	state_init(&statics->have, 0);
	foreign_init(&statics->foreign);
	plan_init(&statics->plan);
	statics->applies.limit = config_route_count(was) + config_route_count(now);
	return arena_push(&statics->applies, statics->applies.limit) != NULL ? 0 : -ENOMEM;
}

void rollout_static_release(struct rollout_static *statics)
{
	desired_release(&statics->old);
	desired_release(&statics->desired);
	state_release(&statics->have);
	foreign_release(&statics->foreign);
	plan_release(&statics->plan);
	arena_release(&statics->applies);
}

static int desire(struct desired *desired, const struct config *config, const char *name,
		  uint32_t node)
{
	const struct desired_input input = {.config = config, .node = node, .node_name = name};

	return desired_build(desired, &input);
}

static int plan_afresh(struct rollout_static *statics, const struct rollout_host *host)
{
	int status = desire(&statics->desired, &statics->now, host->name, host->now);

	state_reset(&statics->have);
	if (status == 0 && host->with_old)
		status = desire(&statics->old, &statics->was, host->name, host->was);
	for (uint32_t i = 0;
	     host->with_old && status == 0 && i < desired_route_count(&statics->old); i++)
		status = rows_add(&statics->have.rows[CHANGE_ROUTE],
				  desired_route_at(&statics->old, i));
	return status < 0 ? status
			  : plan_build(&statics->plan, &statics->desired, &statics->have,
				       &statics->foreign);
}

static bool is_named(const struct config *config, struct config_list nodes, const char *name)
{
	for (uint32_t i = 0; i < nodes.count; i++) {
		const char *glob = config_string_at(config, config_word_at(config, nodes, i)->text);

		if (fnmatch(glob, name, 0) == 0)
			return true;
	}
	return nodes.count == 0;
}

static bool is_at_home(const struct config *config, const struct prefix *to, uint32_t node)
{
	uint32_t podcidr = config_podcidr_covering(config, to);

	return podcidr != CONFIG_NOT_FOUND && config_podcidr_at(config, podcidr)->node == node;
}

/* Bring `applies` of one file up to date; whether anything in it differs from the host before. */
static bool note_entries(uint8_t *applies, const struct config *config, const char *name,
			 uint32_t node)
{
	bool differs = false;

	for (uint32_t i = 0; i < config_route_count(config); i++) {
		const struct config_route *entry = config_route_at(config, i);
		uint8_t applied = 0;

		if (is_named(config, entry->nodes, name))
			applied = is_at_home(config, &entry->to, node) ? NAMED | AT_HOME : NAMED;
		differs |= applies[i] != applied;
		applies[i] = applied;
	}
	return differs;
}

int rollout_static_build(struct rollout_static *statics, const struct rollout_host *host)
{
	uint8_t *applies = statics->applies.base;
	bool differs = !statics->built || statics->built_with_old != host->with_old;

	differs |= note_entries(applies, &statics->was, host->name, host->was);
	differs |= note_entries(applies + config_route_count(&statics->was), &statics->now,
				host->name, host->now);
	if (!differs)
		return 0;
	statics->built = true;
	statics->built_with_old = host->with_old;
	return plan_afresh(statics, host);
}
