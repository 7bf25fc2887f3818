/* status.c - the state of the agent, and whether it is good. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/status/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/plan/guard.h"

const char *const status_trouble_words[STATUS_TROUBLES] = {
	[STATUS_TROUBLE_FILE] = "file",
	[STATUS_TROUBLE_STALE] = "stale",
	[STATUS_TROUBLE_LOCK] = "lock",
	[STATUS_TROUBLE_PRIVILEGE] = "privilege",
	[STATUS_TROUBLE_INTERFACE] = "interface",
	[STATUS_TROUBLE_KERNEL] = "kernel",
	[STATUS_TROUBLE_REFUSED] = "refused",
	[STATUS_TROUBLE_CONFLICT] = "conflict",
	[STATUS_TROUBLE_SHADOWED] = "shadowed",
	[STATUS_TROUBLE_HELD] = "held",
	[STATUS_TROUBLE_PENDING] = "pending",
	[STATUS_TROUBLE_FIGHT] = "fight",
	[STATUS_TROUBLE_CNI] = "cni",
	[STATUS_TROUBLE_LISTEN] = "listen",
	[STATUS_TROUBLE_WATCH] = "watch",
	[STATUS_TROUBLE_MOUNT] = "mount",
	[STATUS_TROUBLE_REACH] = "reach",
};

const char *const status_advice[STATUS_TROUBLES] = {
	[STATUS_TROUBLE_FILE] = "fix the file; \"croute validate\" shows all that is wrong",
	[STATUS_TROUBLE_STALE] = "see why nothing has renewed the file",
	[STATUS_TROUBLE_LOCK] = "end the other croute, or leave the routes to it",
	[STATUS_TROUBLE_PRIVILEGE] = "give the agent CAP_NET_ADMIN",
	[STATUS_TROUBLE_INTERFACE] = "\"croute interface\" shows why each was passed over",
	[STATUS_TROUBLE_KERNEL] = "it is tried again; see the agent's log",
	[STATUS_TROUBLE_REFUSED] = "fix what the line asks for; it is tried again meanwhile",
	[STATUS_TROUBLE_CONFLICT] =
		"remove the other program's route, or take the entry out of the file",
	[STATUS_TROUBLE_SHADOWED] = "remove the route that wins, and what puts it there",
	[STATUS_TROUBLE_HELD] = (GUARD_RELEASE),
	[STATUS_TROUBLE_PENDING] = "nothing: it is applied as soon as that comes",
	[STATUS_TROUBLE_FIGHT] = "find the program that undoes it, and stop it",
	[STATUS_TROUBLE_CNI] = "fix what the line names; it is checked at every pass",
	[STATUS_TROUBLE_LISTEN] = "free the port or change agent.listen; the routes stay",
	[STATUS_TROUBLE_WATCH] =
		"raise fs.inotify.max_user_instances and fs.inotify.max_user_watches",
	[STATUS_TROUBLE_MOUNT] =
		"mount the directory, without subPath, and give croute the directory",
	[STATUS_TROUBLE_REACH] = "\"croute reach NODE\" asks again, in more ways",
};

/* Lines of a plan have their columns wide apart; here each stands alone. */
static void add_squeezed(struct buf *buf, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		size_t blanks = strspn(text + len, " ");

		buf_add_safe(buf, (struct text){.at = text, .len = len});
		buf_add(buf, "%*s", blanks > 1 ? 2 : (int)blanks, "");
		text += len + blanks;
	}
}

void status_add_problem(struct status *status, enum status_trouble trouble, int64_t since_ms,
			const char *text)
{
	struct status_problem *problem;
	struct buf buf;

	if (status->problem_count == STATUS_PROBLEMS_MOST) {
		status->problems_more++;
		return;
	}
	problem = &status->problems[status->problem_count++];
	*problem = (struct status_problem){.trouble = trouble, .since_ms = since_ms};
	buf = BUF_OVER(problem->text);
	add_squeezed(&buf, text);
}

static void set_interfaces(struct status_interface *out, const struct family family[FAMILIES])
{
	struct carrying found[CARRYING_MOST];
	uint32_t count = family_carrying(family, found);

	for (uint32_t i = 0; i < count; i++) {
		const struct selected *first = found[i].first;

		out[i] = (struct status_interface){.index = first->index, .mtu = first->mtu};
		memcpy(out[i].name, first->name, sizeof(out[i].name));
		(void)ip_format(&first->address, out[i].address[0]);
		if (found[i].second != NULL)
			(void)ip_format(&found[i].second->address, out[i].address[1]);
	}
}

void status_set_interfaces(struct status *status, const struct family family[FAMILIES])
{
	const struct family alone[FAMILIES] = {{.link = family[0].link}, {.link = family[1].link}};

	memset(status->interfaces, 0, sizeof(status->interfaces));
	memset(status->cards, 0, sizeof(status->cards));
	set_interfaces(status->interfaces, alone);
	if (family[0].card_count + family[1].card_count > 0)
		set_interfaces(status->cards, family);
}

static int64_t earlier_problem(const struct status *before, const struct status_problem *problem)
{
	for (uint32_t i = 0; i < before->problem_count; i++) {
		const struct status_problem *old = &before->problems[i];

		if (old->trouble == problem->trouble && strcmp(old->text, problem->text) == 0)
			return old->since_ms;
	}
	return problem->since_ms;
}

void status_keep_times(struct status *status, const struct status *before)
{
	const struct status_config *old = &before->config;
	bool same = old->since_ms != 0 && old->valid == status->config.valid &&
		    strcmp(old->error, status->config.error) == 0;

	status->config.since_ms = same ? old->since_ms : status->written_ms;
	if (before->guard.held > 0 && status->guard.held > 0)
		status->guard.since_ms = before->guard.since_ms;
	for (uint32_t i = 0; i < status->problem_count; i++) {
		struct status_problem *problem = &status->problems[i];

		problem->since_ms = problem->trouble == STATUS_TROUBLE_HELD
					    ? status->guard.since_ms
					    : earlier_problem(before, problem);
	}
}

/* A truncated message must not look complete. */
static void set_reason(struct status *status, const char *what, const char *why)
{
	struct buf buf = BUF_OVER(status->reason);

	status->reason[0] = '\0';
	buf_add(&buf, "%s%s%s", what, why[0] != '\0' ? ": " : "", why);
}

static bool nothing_installed(const struct status_routes *routes)
{
	return routes->installed <= routes->own &&
	       routes->failed + routes->conflict + routes->pending > 0;
}

static void count_refused(struct status *status)
{
	const struct status_routes *routes = &status->routes;
	struct buf buf = BUF_LOCAL(STATUS_WORD_MAX);

	buf_add(&buf, "%" PRIu32 " failed, %" PRIu32 " in conflict, %" PRIu32 " pending",
		routes->failed, routes->conflict, routes->pending);
	set_reason(status, "no route at all could be installed", buf.data);
}

void status_set_ready(struct status *status)
{
	const struct status_pass *pass = &status->pass;

	status->reason[0] = '\0';
	if (!status->config.valid && status->config.error[0] == '\0')
		set_reason(status, "the file has not been read yet", "");
	else if (!status->config.valid)
		set_reason(status, "invalid config", status->config.error);
	else if (status->waiting[0] != '\0')
		set_reason(status, "waiting", status->waiting);
	else if (pass->result == STATUS_FAILED)
		set_reason(status, "the last pass failed", status->error);
	else if (pass->result == STATUS_NO_PASS || !pass->of_present_file)
		set_reason(status, "no pass over the present file has ended yet", "");
	else if (nothing_installed(&status->routes))
		count_refused(status);
	status->ready = status->reason[0] == '\0';
}

void status_add_problem_text(struct buf *out, const struct status *status,
			     const struct status_problem *problem)
{
	buf_add_safe(out, text_of(problem->text));
	if (problem->trouble != STATUS_TROUBLE_FIGHT || status->undone.by[0] == '\0')
		return;
	buf_add(out, "; last undone by ");
	buf_add_safe(out, text_of(status->undone.by));
}

static void add_counts(const struct status_routes *routes, struct buf *out)
{
	const struct {
		uint32_t count;
		const char *words;
	} rows[] = {
		{routes->failed, "failed"},	{routes->conflict, "in conflict"},
		{routes->shadowed, "shadowed"}, {routes->held, "held by the guard"},
		{routes->pending, "pending"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].count > 0)
			buf_add(out, "%" PRIu32 " %s\n", rows[i].count, rows[i].words);
	}
}

void status_ready_text(const struct status *status, struct buf *out)
{
	buf_add(out, status->ready ? "ready" : "not ready: ");
	buf_add_safe(out, text_of(status->reason));
	buf_add(out, "\n");
	add_counts(&status->routes, out);
	for (uint32_t i = 0; i < status->problem_count; i++) {
		const struct status_problem *problem = &status->problems[i];

		buf_add(out, "%s: ", status_trouble_words[problem->trouble]);
		status_add_problem_text(out, status, problem);
		if (problem->trouble == STATUS_TROUBLE_HELD)
			buf_add(out, "; to release: %s", GUARD_RELEASE);
		buf_add(out, "\n");
	}
	if (status->problems_more > 0)
		buf_add(out, "and %" PRIu32 " more\n", status->problems_more);
}

int64_t status_now(const struct status *status, int64_t wall_ms, int64_t uptime_ms)
{
	if (uptime_ms < status->written_uptime_ms)
		return wall_ms;
	return status->written_ms + (uptime_ms - status->written_uptime_ms);
}

/* A time in the future, as after the clock was set back, counts as very old. */
static bool is_old(const struct status *status, int64_t now_ms)
{
	int64_t age = now_ms - status->written_ms;

	return age < 0 || age / STATUS_RESYNCS_MOST >= (int64_t)status->resync_ms;
}

enum status_state status_judge(const struct status *status, bool alive, int64_t now_ms)
{
	if (!alive)
		return status->stopped ? STATUS_STOPPED : STATUS_DEAD;
	if (is_old(status, now_ms))
		return STATUS_SILENT;
	return status->ready ? STATUS_READY : STATUS_NOT_READY;
}

const char *status_state_word(enum status_state state)
{
	static const char *const words[] = {
		[STATUS_READY] = "ready",     [STATUS_NOT_READY] = "not-ready",
		[STATUS_SILENT] = "silent",   [STATUS_DEAD] = "dead",
		[STATUS_STOPPED] = "stopped",
	};

	return words[state];
}
