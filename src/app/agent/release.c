/* release.c - answers croute release through the lock: carries out the held deletions. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "app/agent/agent.h"
#include "app/agent/parts.h"
#include "croute/app/agent/cmd.h"
#include "croute/app/cli/command.h"
#include "croute/app/print/print.h"
#include "croute/core/plan/plan.h"
#include "croute/core/report/report.h"
#include "croute/edge/host/clock.h"

static void refuse(struct lock_question *asker, const char *why)
{
	char space[LOCK_ANSWER_MAX];
	struct buf answer = BUF_OVER(space);

	buf_add(&answer, "%d%c%s; nothing was released", EXIT_FAILED, AGENT_SAYS_PROBLEM, why);
	lock_answer(asker, space);
}

/* A pass carries them out; what the file asks for by then beyond them is not released. */
static void begin(struct agent *agent, const struct lock_question *asker)
{
	agent->asker = *asker;
	agent->hold.release = agent->hold.held;
	schedule_hint(&agent->schedule, SCHEDULE_RESYNC, host_now_ms());
}

static void hear(struct agent *agent, struct lock_question *asker)
{
	char space[LOCK_ANSWER_MAX] = "";
	struct buf why = BUF_OVER(space);

	if (strncmp(asker->word, AGENT_WORD_RELEASE, strlen(AGENT_WORD_RELEASE)) == 0) {
		if (agent->asker.fd >= 0)
			refuse(asker, "another croute release is being carried out");
		else
			begin(agent, asker);
		return;
	}
	if (strcmp(asker->word, LOCK_WHY) == 0 && agent->status.guard.held > 0)
		buf_add(&why, AGENT_HOLDS "%s; croute release applies them",
			agent->status.guard.text);
	lock_answer(asker, space);
}

void agent_on_lock(struct agent *agent)
{
	struct lock_question asker;

	while (lock_hear(&agent->lock, &asker))
		hear(agent, &asker);
}

static int add_piece(void *asker, const char *text, size_t len)
{
	return lock_answer_part(asker, text, len);
}

static int add_line(struct lock_question *asker, struct buf *line)
{
	buf_add(line, "\n");
	return lock_answer_part(asker, line->data, line->len);
}

static int code_of(const struct agent *agent, const struct agent_run *run)
{
	const struct picture *picture = &agent->pass->picture;
	int code = EXIT_DONE;

	for_each_change (change, &picture->plan) {
		if (change->action == CHANGE_DELETE && change->result == CHANGE_FAILED)
			code = EXIT_FAILED;
	}
	if (run->status < 0 || (picture->notes & NOTE_DENIED) != 0)
		return EXIT_FAILED;
	return code == EXIT_DONE && picture->guard.held ? EXIT_HELD : code;
}

static void add_text(struct lock_question *asker, const struct report *report)
{
	char text[REPORT_LINE_MAX];
	struct buf line = BUF_OVER(text);
	int status = 0;

	for_each_change (change, &report->picture->plan) {
		if (status < 0 || change->action != CHANGE_DELETE || !report_tells(report, change))
			continue;
		line = BUF_OVER(text);
		report_change(&line, report, change);
		status = add_line(asker, &line);
	}
	line = BUF_OVER(text);
	report_summary(&line, report);
	if (status == 0)
		(void)add_line(asker, &line);
}

void agent_release_end(struct agent *agent, const struct agent_run *run)
{
	struct lock_question *asker = &agent->asker;
	char head[] = {(char)('0' + code_of(agent, run)), AGENT_SAYS_RESULT, '\0'};
	struct report report = outcome_report(agent->pass, &agent->current);

	if (asker->fd < 0)
		return;
	if (run->status < 0) {
		refuse(asker, run->err.text);
	} else {
		(void)lock_answer_part(asker, head, 2);
		if (strcmp(asker->word, AGENT_WORD_RELEASE_JSON) == 0)
			(void)report_json(&report, add_piece, asker);
		else if (agent->hold.release == 0)
			(void)add_piece(asker, "Nothing is held.\n", 17);
		else
			add_text(asker, &report);
		lock_answer(asker, "");
	}
	agent->hold.release = 0;
}

void agent_release_refuse(struct agent *agent)
{
	if (agent->asker.fd < 0)
		return;
	agent->hold.release = 0;
	refuse(&agent->asker, agent->status.reason[0] != '\0' ? agent->status.reason
							      : "the agent has run no pass");
}
