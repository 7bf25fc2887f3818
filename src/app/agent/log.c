/* log.c - what the agent logs: what a pass changed, and each new problem once. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/agent/parts.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/core/plan/guard.h"
#include "croute/core/report/report.h"

#define LINES_MOST 20 /* changes of one pass that are logged one by one */
#define TEXT_MAX 2048

void agent_log_once(struct agent *agent, const char *text, const char *consequence)
{
	if (once_is_new(&agent->held_up, text))
		log_warn(&agent->log, "%s; %s", text, consequence);
}

const char *agent_log_consequence(const struct agent *agent)
{
	return agent->has_current ? "the last good state stays" : "waiting, nothing is changed";
}

static void print_diag(struct buf *line, const struct loaded *fresh, const struct diag *diag)
{
	char path[PATH_MAX];

	if (origin_file(diag->at) < fresh->files.count)
		buf_add(line, "%s", file_set_path(&fresh->files, origin_file(diag->at), path));
	else
		buf_add(line, "%s", fresh->files.path);
	if (diag->at.line != 0)
		buf_add(line, ":%u:%u", diag->at.line, diag->at.column);
	buf_add(line, ": %s", diag->text);
}

void agent_log_diags(struct agent *agent, const struct loaded *fresh)
{
	for (uint32_t i = 0; i < fresh->diags.count; i++) {
		const struct diag *diag = &fresh->diags.list[i];
		char text[TEXT_MAX];
		struct buf line = BUF_OVER(text);

		print_diag(&line, fresh, diag);
		if (!once_is_new(&agent->file.once, text))
			continue;
		if (diag->level == DIAG_WARNING)
			log_warn(&agent->log, "%s", text);
		else
			log_error(&agent->log, "%s; %s", text, agent_log_consequence(agent));
	}
}

/* One trouble of a pass. */
static void warn_once(struct agent *agent, const char *text)
{
	if (once_is_new(&agent->once, text))
		log_warn(&agent->log, "%s", text);
}

static bool is_trouble(const struct change *change)
{
	return change->result == CHANGE_FAILED || change->result == CHANGE_CONFLICT ||
	       change->result == CHANGE_HELD || change->shadowed;
}

static void add_writers(struct buf *line, const struct agent_run *run)
{
	if (run->by[0] != '\0')
		buf_add(line, "; undone by %s", run->by);
}

static void log_done(struct agent *agent, const struct agent_run *run, const struct report *report)
{
	uint32_t told = 0;
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < plan_change_count(&report->picture->plan) && told < LINES_MOST;
	     i++) {
		const struct change *change = plan_change_at(&report->picture->plan, i);
		struct buf line = BUF_OVER(text);

		if (change->result != CHANGE_APPLIED || !report_tells(report, change))
			continue;
		report_change(&line, report, change);
		if (change->action != CHANGE_DELETE)
			add_writers(&line, run);
		log_info(&agent->log, "%s", text);
		told++;
	}
}

/* The held deletions are one problem, whatever else comes and goes; how to release them is logged
 * with it. */
static void log_hold(struct agent *agent, const struct report *report)
{
	const struct guard_verdict *guard = &report->picture->guard;
	char text[TEXT_MAX];
	struct buf line = BUF_OVER(text);

	if (!guard->held || agent->hold_told == agent->hold.held) {
		agent->hold_told = guard->held ? agent->hold_told : 0;
		return;
	}
	agent->hold_told = agent->hold.held;
	buf_add(&line, "held: ");
	guard_add_words(&line, report->picture);
	buf_add(&line, "; to release: %s", GUARD_RELEASE);
	log_warn(&agent->log, "%s", text);
}

static void log_troubled_changes(struct agent *agent, const struct agent_run *run,
				 const struct report *report)
{
	uint32_t told = 0;
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < plan_change_count(&report->picture->plan) && told < LINES_MOST;
	     i++) {
		const struct change *change = plan_change_at(&report->picture->plan, i);
		struct buf line = BUF_OVER(text);
		bool is_new;

		if (!is_trouble(change) || change->result == CHANGE_HELD)
			continue;
		report_change(&line, report, change);
		is_new = once_is_new(&agent->once, text);
		if (change->result == CHANGE_FAILED)
			buf_add(&line, "; trying again, at the latest in 30 s");
		else
			add_writers(&line, run);
		if (is_new)
			log_warn(&agent->log, "%s", text);
		told++;
	}
}

static void log_setbacks(struct agent *agent, const struct report *report)
{
	uint32_t count = desired_unmet_count(&report->picture->desired);
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < count && i < LINES_MOST; i++) {
		struct buf line = BUF_OVER(text);

		report_unmet(&line, report, desired_unmet_at(&report->picture->desired, i));
		warn_once(agent, text);
	}
}

static void log_steps(struct agent *agent, const struct agent_run *run, const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < agent->pass->step_count; i++) {
		const struct device_change *step = &agent->pass->steps[i];
		struct buf line = BUF_OVER(text);

		report_device_line(&line, report, step);
		if (step->result == CHANGE_FAILED)
			warn_once(agent, text);
		if (step->result != CHANGE_APPLIED)
			continue;
		add_writers(&line, run);
		log_info(&agent->log, "%s", text);
	}
}

/* That there is none is logged once; the reasons change with every link that comes and goes. */
static void log_interface(struct agent *agent, const struct agent_run *run, uint8_t family)
{
	const char *what = family == AF_INET ? "no interface, IPv4" : "no interface, IPv6";
	char text[TEXT_MAX];
	struct buf line = BUF_OVER(text);
	bool is_new;

	if (!pass_explain_interface(agent->pass, family, &line))
		return;
	is_new = once_is_new(&agent->once, what) || run->of_file;
	buf_add(&line, "; what is installed stays, waiting for it");
	if (is_new)
		log_warn(&agent->log, "%s", text);
	else
		log_debug(&agent->log, "%s", text);
}

void agent_log_backing_off(struct agent *agent, const char *what)
{
	log_warn(&agent->log, "%s; backing off, up to 30 s between repairs", what);
}

/* When there are too many rows to track, one is named for all. */
static void log_undone(struct agent *agent, const struct agent_run *run,
		       const struct report *report)
{
	const struct plan_summary *s = &report->picture->summary;
	uint32_t done = s->add + s->change + s->remove + s->parts;
	char text[REPORT_LINE_MAX];

	for_each_change (change, &report->picture->plan) {
		struct buf line = BUF_OVER(text);

		if (!change->named)
			continue;
		buf_add(&line, "another program keeps undoing this: ");
		report_add_object(&line, report, change);
		if (done > BACKOFF_OBJECTS)
			buf_add(&line, " and %u more", done - 1);
		add_writers(&line, run);
		agent_log_backing_off(agent, text);
	}
	for (uint32_t i = 0; i < agent->pass->step_count; i++) {
		struct buf line = BUF_OVER(text);

		if (agent->pass->steps[i].again == 0)
			continue;
		report_device_again(&line, report, &agent->pass->steps[i]);
		add_writers(&line, run);
		agent_log_backing_off(agent, text);
	}
}

static void log_troubles(struct agent *agent, const struct agent_run *run,
			 const struct report *report)
{
	if ((agent->pass->picture.notes & NOTE_DENIED) != 0) {
		warn_once(agent, "the kernel refused for lack of privilege: changing routes needs "
				 "CAP_NET_ADMIN; nothing is changed, trying again");
		return;
	}
	for (unsigned i = 0; warnings_at(report->picture, i) != NULL; i++)
		warn_once(agent, warnings_at(report->picture, i));
	log_interface(agent, run, AF_INET);
	log_interface(agent, run, AF_INET6);
	log_hold(agent, report);
	log_undone(agent, run, report);
	log_troubled_changes(agent, run, report);
	log_setbacks(agent, report);
}

void agent_log_pass(struct agent *agent, const struct agent_run *run)
{
	struct report report = outcome_report(agent->pass, &agent->current);
	const struct plan_summary *s = &agent->pass->picture.summary;
	char text[REPORT_LINE_MAX];
	struct buf line = BUF_OVER(text);

	once_next_round(&agent->once);
	if (run->status < 0) {
		(void)snprintf(text, sizeof(text), "%s; the last good state stays", run->err.text);
		warn_once(agent, text);
		return;
	}
	log_steps(agent, run, &report);
	if (s->add + s->change + s->remove > 0) {
		log_done(agent, run, &report);
		report_summary(&line, &report);
		log_info(&agent->log, "%s (%s)", text, run->why);
	} else {
		log_debug(&agent->log, "nothing to do (%s)", run->why);
	}
	log_troubles(agent, run, &report);
}
