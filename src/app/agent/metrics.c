/* metrics.c - counting what passes do and find. */
/* SPDX-License-Identifier: MIT */
#include "app/agent/parts.h"

#include <string.h>

#include "croute/app/print/print.h"
#include "croute/edge/host/clock.h"

static enum metrics_pass result_of(const struct agent *agent, const struct agent_run *run)
{
	if (run->status < 0)
		return METRICS_PASS_FAILED;
	return pass_fell_short(agent->pass) ? METRICS_PASS_PARTIAL : METRICS_PASS_SUCCESS;
}

static enum metrics_kind kind_of(const struct change *change, const struct route *route)
{
	if (change->kind == CHANGE_FDB)
		return METRICS_FDB;
	if (change->kind == CHANGE_NEIGH)
		return METRICS_NEIGHBOUR;
	return route_is_tunnelled(route) ? METRICS_PEER : METRICS_ROUTE;
}

static enum metrics_action action_of(const struct change *change)
{
	if (change->action == CHANGE_ADD)
		return METRICS_ADD;
	return change->action == CHANGE_REPLACE ? METRICS_CHANGE : METRICS_DELETE;
}

/* What another program undid is a repair; what the file or an earlier refusal asked for is not. */
static bool is_repair_run(const struct agent_run *run)
{
	return !run->of_file && !run->another_try;
}

static void count_changes(struct agent *agent, const struct agent_run *run)
{
	const struct plan *plan = &agent->pass->picture.plan;

	for_each_change (change, plan) {
		const struct failure *failure = plan_failure_of(plan, change);
		enum metrics_kind kind = kind_of(change,
						 picture_row(&agent->pass->picture, change));

		if (failure != NULL && failure->code != 0)
			metrics_count_netlink_error(&agent->metrics, failure->code);
		if (change->result != CHANGE_APPLIED)
			continue;
		metrics_count_change(&agent->metrics, kind, action_of(change), 1);
		if (is_repair_run(run))
			metrics_count_repair(&agent->metrics, kind, 1);
	}
}

static enum metrics_kind kind_of_step(const struct device_change *step)
{
	return step->kind == DEVICE_CHANGE_TABLE ? METRICS_MASQUERADE : METRICS_LINK;
}

static void count_steps(struct agent *agent, const struct agent_run *run)
{
	for (uint32_t i = 0; i < agent->pass->step_count; i++) {
		const struct device_change *step = &agent->pass->steps[i];

		if (step->result != CHANGE_APPLIED)
			continue;
		metrics_count_change(&agent->metrics, kind_of_step(step),
				     step->todo.action == VTEP_MAKE	? METRICS_ADD
				     : step->todo.action == VTEP_REMOVE ? METRICS_DELETE
									: METRICS_CHANGE,
				     1);
		if (is_repair_run(run))
			metrics_count_repair(&agent->metrics, kind_of_step(step), 1);
	}
}

/* Every wanted route is in one or more of these states; installed ones may be shadowed too. */
static void set_routes(struct metrics *metrics, const struct picture *picture)
{
	const struct plan_summary *s = &picture->summary;

	metrics->routes[METRICS_DESIRED] = picture->plan.wanted +
					   desired_unmet_count(&picture->desired);
	metrics->routes[METRICS_INSTALLED] = (uint64_t)s->unchanged + s->add + s->change;
	metrics->routes[METRICS_HELD] = s->held;
	metrics->routes[METRICS_CONFLICT] = s->conflict;
	metrics->routes[METRICS_SHADOWED] = s->shadowed;
	metrics->routes[METRICS_PENDING] = s->pending;
	metrics->routes[METRICS_FAILED] = s->failed;
	metrics->guard_held = picture->guard.held ? picture->guard.leaving : 0;
}

static void set_interfaces(struct metrics *metrics, const struct picture *picture)
{
	for (uint32_t i = 0; i < CARRYING_MOST; i++) {
		const struct selected *card = family_card(
			&picture->family[i / CONFIG_ADDRESSES_MOST], i % CONFIG_ADDRESSES_MOST);

		metrics->interfaces[i] = card != NULL ? *card : (struct selected){.index = 0};
	}
}

/* Other nodes that this host has a way to. */
static uint32_t count_peers(const struct agent *agent)
{
	const struct config *config = &agent->current.config;
	uint32_t nodes = config_node_count(config);

	if (config->backend == BACKEND_NONE || nodes == 0)
		return 0;
	return nodes - (agent->pass->picture.node.index != CONFIG_NOT_FOUND);
}

void agent_metrics_pass(struct agent *agent, const struct agent_run *run)
{
	struct metrics *metrics = &agent->metrics;

	metrics_count_pass(metrics, result_of(agent, run), (uint64_t)run->took_us, host_wall_ms());
	if (run->status < 0)
		return;
	count_changes(agent, run);
	count_steps(agent, run);
	set_routes(metrics, &agent->pass->picture);
	set_interfaces(metrics, &agent->pass->picture);
	metrics->peers = count_peers(agent);
	metrics->config_serial = agent->current.config.source.serial;
}
