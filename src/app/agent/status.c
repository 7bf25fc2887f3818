/* status.c - reports the agent's state to the status file and to probes. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/agent/parts.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/app/status/status.h"
#include "croute/core/config/schema.h"
#include "croute/core/plan/guard.h"
#include "croute/core/report/report.h"
#include "croute/edge/file/open.h"
#include "croute/edge/file/small.h"
#include "croute/edge/host/clock.h"

static void copy(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

static void fill_file(struct agent *agent, struct status_config *config)
{
	const struct config_source *source = &agent->current.config.source;

	copy(config->path, sizeof(config->path), agent->options->config);
	config->valid = agent->file.valid;
	copy(config->error, sizeof(config->error), agent->file.err.text);
	if (!agent->has_current)
		return;
	config->has_serial = source->has_serial;
	config->serial = source->serial;
	config->generated_ms = (int64_t)source->generated_at * 1000;
	config->stale = agent_is_stale(agent);
}

int64_t agent_file_age_ms(const struct agent *agent)
{
	int64_t made = (int64_t)agent->current.config.source.generated_at * 1000;
	int64_t age = host_wall_ms() - (made != 0 ? made : agent->current.fingerprint.newest_ms);

	return agent->has_current && age > 0 ? age : 0;
}

bool agent_is_stale(const struct agent *agent)
{
	int64_t most = (int64_t)agent->current.config.agent.stale_after_ms;

	return agent->has_current && most > 0 && agent_file_age_ms(agent) > most;
}

static void fill_agent(struct agent *agent, struct status *status)
{
	copy(status->version, sizeof(status->version), CROUTE_VERSION);
	status->pid = (uint32_t)getpid();
	status->started_ms = agent->started_ms;
	status->written_ms = host_wall_ms();
	status->written_uptime_ms = host_now_ms();
	status->resync_ms = agent->schedule.resync_ms;
	if (agent->has_current)
		copy(status->backend, sizeof(status->backend),
		     schema_backend_word(agent->current.config.backend));
	if (!agent->locked)
		copy(status->waiting, sizeof(status->waiting), agent->waiting);
	status->pass.of_present_file = agent->has_run;
}

static void fill_pass(const struct agent *agent, const struct agent_run *run, struct status *status)
{
	const struct plan_summary *s = &agent->pass->picture.summary;
	struct status_pass *pass = &status->pass;

	pass->at_ms = host_wall_ms();
	pass->duration_us = (uint64_t)run->took_us;
	copy(pass->reason, sizeof(pass->reason), run->why);
	pass->add = s->add;
	pass->change = s->change;
	pass->remove = s->remove;
	if (run->status < 0)
		pass->result = STATUS_FAILED;
	else
		pass->result = pass_fell_short(agent->pass) ||
					       s->conflict + s->shadowed + s->held > 0
				       ? STATUS_PARTLY
				       : STATUS_DONE;
	copy(status->error, sizeof(status->error), run->status < 0 ? run->err.text : "");
}

/* For this node's own podCIDRs. */
static uint32_t count_own(const struct agent *agent)
{
	const struct desired *desired = &agent->pass->picture.desired;
	uint32_t count = 0;

	if (!agent->current.config.agent.blackhole_local &&
	    agent->current.config.reach.every_ms == 0)
		return 0;
	for (uint32_t i = 0; i < desired_route_count(desired); i++)
		count += desired_is_own(desired, i);
	return count;
}

static void fill_routes(const struct agent *agent, struct status *status)
{
	const struct plan_summary *s = &agent->pass->picture.summary;
	const uint64_t *routes = agent->metrics.routes;

	status->routes = (struct status_routes){.desired = (uint32_t)routes[METRICS_DESIRED],
						.installed = (uint32_t)routes[METRICS_INSTALLED],
						.held = s->held,
						.conflict = s->conflict,
						.shadowed = s->shadowed,
						.pending = s->pending,
						.failed = s->failed,
						.own = count_own(agent)};
	status->peers = (uint32_t)agent->metrics.peers;
}

static void fill_guard(const struct agent *agent, struct status *status)
{
	const struct guard_verdict *verdict = &agent->pass->picture.guard;
	const struct config_guard *guard = &agent->current.config.guard;
	struct buf text = BUF_OVER(status->guard.text);
	int64_t now = host_now_ms();

	status->guard = (struct status_guard){.held = verdict->held ? verdict->leaving : 0};
	if (!verdict->held)
		return;
	status->guard.since_ms = host_wall_ms();
	if (guard->hold_for_ms != 0)
		status->guard.release_ms = host_wall_ms() + agent->hold.held_since +
					   (int64_t)guard->hold_for_ms - now;
	guard_add_words(&text, &agent->pass->picture);
	status_add_problem(status, STATUS_TROUBLE_HELD, status->guard.since_ms, status->guard.text);
}

static enum status_trouble trouble_of(const struct change *change)
{
	if (change->result == CHANGE_FAILED)
		return STATUS_TROUBLE_REFUSED;
	if (change->result == CHANGE_PUT_OFF)
		return STATUS_TROUBLE_FIGHT;
	return change->result == CHANGE_CONFLICT ? STATUS_TROUBLE_CONFLICT
						 : STATUS_TROUBLE_SHADOWED;
}

static void fill_changes(struct status *status, const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for_each_change (change, &report->picture->plan) {
		struct buf line = BUF_OVER(text);

		if (change->result != CHANGE_FAILED && change->result != CHANGE_CONFLICT &&
		    change->result != CHANGE_PUT_OFF && !change->shadowed)
			continue;
		if (status->problem_count < STATUS_PROBLEMS_MOST)
			report_change(&line, report, change);
		status_add_problem(status, trouble_of(change), host_wall_ms(), text);
	}
}

static void fill_setbacks(struct status *status, const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < desired_unmet_count(&report->picture->desired); i++) {
		const struct unmet *unmet = desired_unmet_at(&report->picture->desired, i);
		struct buf line = BUF_OVER(text);

		if (unmet->kind == UNMET_SKIPPED)
			continue;
		report_unmet(&line, report, unmet);
		status_add_problem(status,
				   unmet->kind == UNMET_PENDING ? STATUS_TROUBLE_PENDING
								: STATUS_TROUBLE_REFUSED,
				   host_wall_ms(), text);
	}
}

static void fill_interface(const struct agent *agent, struct status *status, uint8_t family)
{
	char text[STATUS_TEXT_MAX];
	struct buf line = BUF_OVER(text);

	if (!pass_explain_interface(agent->pass, family, &line))
		return;
	status_add_problem(status, STATUS_TROUBLE_INTERFACE, host_wall_ms(), text);
	if (agent->pass->picture.family[0].link.index == 0 &&
	    agent->pass->picture.family[1].link.index == 0)
		copy(status->waiting, sizeof(status->waiting), text);
}

static void fill_steps(const struct agent *agent, struct status *status,
		       const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < agent->pass->step_count; i++) {
		const struct device_change *step = &agent->pass->steps[i];
		struct buf line = BUF_OVER(text);

		report_device_line(&line, report, step);
		if (step->result == CHANGE_FAILED)
			status_add_problem(status, STATUS_TROUBLE_REFUSED, host_wall_ms(),
					   step->error);
		else if (step->result == CHANGE_PUT_OFF)
			status_add_problem(status, STATUS_TROUBLE_FIGHT, host_wall_ms(), text);
	}
}

/* What concerns the pass as a whole. */
static void fill_pass_troubles(const struct agent *agent, struct status *status)
{
	if ((agent->pass->picture.notes & NOTE_DENIED) != 0)
		status_add_problem(status, STATUS_TROUBLE_PRIVILEGE, host_wall_ms(),
				   "the kernel refused: changing routes needs CAP_NET_ADMIN");
}

static void fill_run(struct agent *agent, const struct agent_run *run, struct status *status)
{
	struct report report = outcome_report(agent->pass, &agent->current);

	status->problem_count = 0;
	status->problems_more = 0;
	status->waiting[0] = '\0';
	fill_pass(agent, run, status);
	if (run->by[0] != '\0') {
		copy(status->undone.by, sizeof(status->undone.by), run->by);
		status->undone.at_ms = status->pass.at_ms;
	}
	if (run->status < 0) {
		status_add_problem(status, STATUS_TROUBLE_KERNEL, host_wall_ms(), run->err.text);
		return;
	}
	copy(status->node, sizeof(status->node), report.node);
	status->by_address = agent->pass->picture.node.by_address;
	status_set_interfaces(status, report.picture->family);
	fill_routes(agent, status);
	fill_guard(agent, status);
	fill_pass_troubles(agent, status);
	fill_interface(agent, status, AF_INET);
	fill_interface(agent, status, AF_INET6);
	if (report.picture->lacking[0] != '\0')
		status_add_problem(status, STATUS_TROUBLE_INTERFACE, host_wall_ms(),
				   report.picture->lacking);
	fill_steps(agent, status, &report);
	fill_changes(status, &report);
	fill_setbacks(status, &report);
}

/* Probed peers by state; those that do not answer, each with the likely cause, while there is room.
 */
static void report_reach(const struct agent *agent, struct status *status)
{
	const struct reach_round *round = &agent->reach;

	status->reach = (struct status_reach){.answers = 0};
	if (round->trouble[0] != '\0')
		status_add_problem(status, STATUS_TROUBLE_REACH, host_wall_ms(), round->trouble);
	for (uint32_t i = 0; round->listed && i < round->peers.count; i++) {
		char text[STATUS_TEXT_MAX] = "";
		struct buf line = BUF_OVER(text);
		uint32_t since;
		int sum = reach_round_sum(round, i);

		status->reach.answers += sum == REACH_ANSWERS;
		status->reach.unknown += sum == REACH_UNKNOWN;
		status->reach.lost += sum == REACH_LOST;
		if (reach_round_kind(round, i, &since) != REACH_LOST)
			continue;
		if (status->problem_count < STATUS_PROBLEMS_MOST)
			reach_round_add(round, i, &line);
		status_add_problem(status, STATUS_TROUBLE_REACH, (int64_t)since * 1000, text);
	}
}

/* Problems of the agent itself come after those of its routes. */
static void fill_troubles(struct agent *agent, struct status *status)
{
	const char *listen = agent->serving.trouble;
	int64_t now = host_wall_ms();

	status->problem_count = agent->pass_problems;
	agent_cni_report(agent);
	report_reach(agent, status);
	if (status->problem_count == STATUS_PROBLEMS_MOST)
		return;
	if (status->config.stale)
		status_add_problem(status, STATUS_TROUBLE_STALE, now,
				   "the file is older than agent.staleAfter");
	if (listen[0] != '\0')
		status_add_problem(status, STATUS_TROUBLE_LISTEN, now, listen);
	if (agent->file.mounted[0] != '\0')
		status_add_problem(status, STATUS_TROUBLE_MOUNT, now, agent->file.mounted);
	if (!agent->file.watching)
		status_add_problem(status, STATUS_TROUBLE_WATCH, now,
				   "inotify unavailable: polling the file at each resync");
}

static const char *file_path(const struct agent *agent)
{
	const struct config *config = &agent->current.config;

	if (agent->options->status_file != NULL)
		return agent->options->status_file;
	if (agent->has_current)
		return config_string_at(config, config->agent.status_file);
	/* Where the file would have it is not known before it is read. */
	return agent->file.err.code != 0 ? STATUS_FILE_DEFAULT : "";
}

static void write_status(struct agent *agent)
{
	static const size_t size = STATUS_FILE_MOST;
	const char *path = file_path(agent);
	char bytes[STATUS_FILE_MOST];
	struct error err = {0};
	int len = status_json_write(&agent->status, bytes, size);

	if (path[0] == '\0' || len < 0)
		return;
	if (file_would_read(agent->options->config, path)) {
		agent_log_once(agent, "the status file would lie in what croute reads",
			       "it is not written");
		return;
	}
	if (file_write(path, bytes, (size_t)len, &err) < 0)
		agent_log_once(agent, err.text,
			       "the status file is not updated; routes are not affected");
}

void agent_status_report(struct agent *agent, const struct agent_run *run)
{
	struct status before = agent->status;

	fill_agent(agent, &agent->status);
	if (run != NULL)
		fill_run(agent, run, &agent->status);
	if (run != NULL)
		agent->pass_problems = agent->status.problem_count;
	fill_file(agent, &agent->status.config);
	fill_troubles(agent, &agent->status);
	agent->metrics.config_stale = agent->status.config.stale;
	if (agent->status.config.stale)
		agent_log_once(agent, "the file is older than agent.staleAfter",
			       "whatever produces it may have stopped");
	status_keep_times(&agent->status, &before);
	status_set_ready(&agent->status);
	write_status(agent);
}
