/* agent_log.c - the agent's lines: what a pass changed, and each new trouble once. */
#include "croute/app/agent_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/app/outcome.h"
#include "croute/core/report_device.h"

#define LINES_MOST 20 /* changes of one pass that are told one by one */
#define TEXT_MAX 2048

/* FNV-1a; never 0, which stands for nothing said. */
static uint64_t sum_of(uint64_t sum, const char *text)
{
	sum = sum != 0 ? sum : UINT64_C(0xcbf29ce484222325);
	for (; *text != '\0'; text++)
		sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return sum != 0 ? sum : 1;
}

void agent_log_once(const struct log *log, uint64_t *said, const char *text,
		    const char *consequence)
{
	uint64_t sum = sum_of(0, text);

	if (sum != *said)
		log_warn(log, "%s; %s", text, consequence);
	*said = sum;
}

const char *agent_log_consequence(const struct agent *agent)
{
	return agent->has_current ? "the last good state stays" : "waiting, nothing is changed";
}

static void print_diag(struct buf *line, const struct loaded *fresh, const struct diag *diag)
{
	char path[PATH_MAX];

	if (diag->at.file < fresh->files.count)
		buf_add(line, "%s", file_set_path(&fresh->files, diag->at.file, path));
	else
		buf_add(line, "%s", fresh->files.path);
	if (diag->at.line != 0)
		buf_add(line, ":%u:%u", diag->at.line, diag->at.column);
	buf_add(line, ": %s", diag->text);
}

void agent_log_diags(struct agent *agent, const struct loaded *fresh)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < fresh->diags.count; i++)
		sum = sum_of(sum, fresh->diags.list[i].text);
	if (sum == agent->file_complaint)
		return;
	for (uint32_t i = 0; i < fresh->diags.count; i++) {
		const struct diag *diag = &fresh->diags.list[i];
		char text[TEXT_MAX];
		struct buf line = BUF_OVER(text);

		print_diag(&line, fresh, diag);
		if (diag->level == DIAG_WARNING)
			log_warn(&agent->log, "%s", text);
		else
			log_error(&agent->log, "%s; %s", text, agent_log_consequence(agent));
	}
	agent->file_complaint = sum;
}

/* A change that is told: it was done, or it is in trouble. */
static bool is_trouble(const struct change *change)
{
	return change->result == CHANGE_FAILED || change->result == CHANGE_CONFLICT ||
	       change->result == CHANGE_HELD || change->shadowed;
}

static uint64_t sum_troubles(const struct report *report)
{
	uint64_t sum = 0;
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < plan_change_count(report->plan); i++) {
		struct buf line = BUF_OVER(text);

		if (!is_trouble(plan_change_at(report->plan, i)))
			continue;
		report_change(&line, report, plan_change_at(report->plan, i));
		sum = sum_of(sum, text);
	}
	for (uint32_t i = 0; i < desired_setback_count(report->desired); i++)
		sum = sum_of(sum, desired_setback_at(report->desired, i)->why);
	return sum;
}

static void log_changes(const struct agent *agent, const struct report *report, bool troubles)
{
	uint32_t told = 0;
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < plan_change_count(report->plan) && told < LINES_MOST; i++) {
		const struct change *change = plan_change_at(report->plan, i);
		struct buf line = BUF_OVER(text);

		if (is_trouble(change) != troubles)
			continue;
		report_change(&line, report, change);
		if (troubles)
			log_warn(&agent->log, "%s", text);
		else
			log_info(&agent->log, "%s", text);
		told++;
	}
}

static void log_setbacks(const struct agent *agent, const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < desired_setback_count(report->desired) && i < LINES_MOST; i++) {
		struct buf line = BUF_OVER(text);

		report_setback(&line, report, desired_setback_at(report->desired, i));
		log_warn(&agent->log, "%s", text);
	}
}

static void log_steps(const struct agent *agent)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < agent->pass->step_count; i++) {
		const struct report_step *step = &agent->pass->steps[i];
		struct buf line = BUF_OVER(text);

		report_device_line(&line, step, true);
		if (step->result == CHANGE_APPLIED)
			log_info(&agent->log, "%s", text);
	}
}

static void log_step_failures(const struct agent *agent)
{
	for (uint32_t i = 0; i < agent->pass->step_count; i++) {
		const struct report_step *step = &agent->pass->steps[i];

		if (step->result == CHANGE_FAILED)
			log_error(&agent->log, "%s; what is installed stays, trying again",
				  step->error);
	}
}

static void log_interface(const struct agent *agent, const struct config *config, uint8_t family)
{
	const struct pass_family *chosen = family == AF_INET ? &agent->pass->ipv4
							     : &agent->pass->ipv6;
	char text[TEXT_MAX];
	struct buf line = BUF_OVER(text);

	if (!chosen->wanted || chosen->link.index != 0)
		return;
	pass_explain_interface(agent->pass, config, family, &line);
	log_warn(&agent->log, "%s; what is installed stays, waiting for it", text);
}

/* What cannot be summed from change lines. */
static uint64_t sum_state(const struct pass *pass, uint64_t sum)
{
	if (pass_lacks_interface(pass))
		sum = sum_of(sum, "interface");
	if (pass->strict_rp)
		sum = sum_of(sum, "rp_filter");
	for (uint32_t i = 0; i < pass->step_count; i++) {
		if (pass->steps[i].result == CHANGE_FAILED)
			sum = sum_of(sum, pass->steps[i].error);
	}
	return pass->denied ? sum_of(sum, "denied") : sum;
}

static void log_troubles(struct agent *agent, const struct report *report)
{
	uint64_t sum = sum_state(agent->pass, sum_troubles(report));

	if (sum == agent->complaint)
		return;
	agent->complaint = sum;
	if (agent->pass->denied) {
		log_error(&agent->log,
			  "the kernel refused for lack of privilege: changing routes needs "
			  "CAP_NET_ADMIN; nothing is changed, trying again");
		return;
	}
	for (unsigned i = 0; outcome_warning(agent->pass, report->config, i) != NULL; i++)
		log_warn(&agent->log, "%s", outcome_warning(agent->pass, report->config, i));
	log_interface(agent, report->config, AF_INET);
	log_interface(agent, report->config, AF_INET6);
	log_step_failures(agent);
	log_changes(agent, report, true);
	log_setbacks(agent, report);
}

bool agent_log_pass(struct agent *agent, const struct pass_request *request,
		    const struct error *err, const char *why)
{
	struct report report = outcome_report(agent->pass, &agent->current, request);
	struct plan_summary s;
	char text[REPORT_LINE_MAX];
	struct buf line = BUF_OVER(text);

	if (err != NULL) {
		agent_log_once(&agent->log, &agent->complaint, err->text,
			       "the last good state stays");
		return false;
	}
	s = plan_summarize(&agent->pass->plan, &agent->pass->desired);
	log_steps(agent);
	if (s.add + s.change + s.remove > 0) {
		log_changes(agent, &report, false);
		report_summary(&line, &report);
		log_info(&agent->log, "%s (%s)", text, why);
	}
	log_troubles(agent, &report);
	return s.failed == 0 && !agent->pass->denied && !pass_lacks_interface(agent->pass);
}
