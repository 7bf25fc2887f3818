/* text.c - the page of `croute status`. */
#include "app/status/text.h"

#include <inttypes.h>
#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define LABEL_WIDTH 9 /* of "Interface" and "Last pass" */

/* The page as it grows. */
struct page {
	const struct status *status;
	const struct status_view *view;
	struct buf *out;
};

static void add_span(struct buf *out, int64_t ms)
{
	if (ms < 2 * MINUTE_MS)
		buf_add(out, "%" PRId64 " s", ms / SECOND_MS);
	else if (ms < 2 * HOUR_MS)
		buf_add(out, "%" PRId64 " min", ms / MINUTE_MS);
	else if (ms < 2 * DAY_MS)
		buf_add(out, "%" PRId64 " h", ms / HOUR_MS);
	else
		buf_add(out, "%" PRId64 " days", ms / DAY_MS);
}

/* How long ago, or how long hence; the clock may have been set back since. */
static void add_ago(const struct page *page, int64_t then_ms)
{
	int64_t age = page->view->now_ms - then_ms;

	if (then_ms == 0) {
		buf_add(page->out, "never");
		return;
	}
	if (age < 0 && -age >= SECOND_MS) {
		buf_add(page->out, "in ");
		add_span(page->out, -age);
		return;
	}
	if (age < SECOND_MS) {
		buf_add(page->out, "just now");
		return;
	}
	add_span(page->out, age);
	buf_add(page->out, " ago");
}

/* For how long it is so. */
static void add_for(const struct page *page, int64_t since_ms)
{
	int64_t age = page->view->now_ms - since_ms;

	if (since_ms == 0 || age < SECOND_MS)
		return;
	buf_add(page->out, " for ");
	add_span(page->out, age);
}

static void add_safe(const struct page *page, const char *text)
{
	buf_add_safe(page->out, text_of(text));
}

static void add_count(const struct page *page, uint32_t count, const char *one)
{
	buf_add(page->out, "%" PRIu32 " %s%s", count, one, count == 1 ? "" : "s");
}

static void add_label(const struct page *page, const char *label)
{
	buf_add(page->out, "  %*s: ", LABEL_WIDTH, label);
}

/* A further line of the same matter. */
static void add_indent(const struct page *page)
{
	buf_add(page->out, "  %*s  ", LABEL_WIDTH, "");
}

static const char *color_of(const struct page *page)
{
	if (page->view->state == STATUS_READY)
		return page->status->problem_count > 0 ? "\033[1;33m" : "\033[1;32m";
	if (page->view->state == STATUS_NOT_READY)
		return "\033[1;33m";
	return page->view->state == STATUS_STOPPED ? "\033[1m" : "\033[1;31m";
}

static const char *sign_of(enum status_state state)
{
	static const char *const signs[] = {
		[STATUS_READY] = "●", [STATUS_NOT_READY] = "○", [STATUS_SILENT] = "×",
		[STATUS_DEAD] = "×",  [STATUS_STOPPED] = "○",
	};

	return signs[state];
}

static uint32_t problems_of(const struct status *status)
{
	return status->problem_count + status->problems_more;
}

static void add_ready(const struct page *page)
{
	const struct status_routes *routes = &page->status->routes;

	buf_add(page->out, "ready");
	if (problems_of(page->status) > 0) {
		buf_add(page->out, ", with ");
		add_count(page, problems_of(page->status), "problem");
	}
	buf_add(page->out, ": %" PRIu32 " of ", routes->installed);
	add_count(page, routes->desired, "route");
	buf_add(page->out, " in place");
	if (page->status->guard.held == 0)
		return;
	buf_add(page->out, ", ");
	add_count(page, page->status->guard.held, "deletion");
	buf_add(page->out, " held");
}

static void add_dead(const struct page *page)
{
	buf_add(page->out, "dead: process %" PRIu32 ", last heard of ", page->status->pid);
	add_ago(page, page->status->written_ms);
	buf_add(page->out, ", does not hold the lock of this network namespace");
}

static void add_state(const struct page *page)
{
	switch (page->view->state) {
	case STATUS_READY:
		add_ready(page);
		break;
	case STATUS_NOT_READY:
		buf_add(page->out, "not ready: ");
		add_safe(page, page->status->reason);
		break;
	case STATUS_SILENT:
		buf_add(page->out, "silent: process %" PRIu32 " lives, but last wrote ",
			page->status->pid);
		add_ago(page, page->status->written_ms);
		break;
	case STATUS_DEAD:
		add_dead(page);
		break;
	case STATUS_STOPPED:
		buf_add(page->out, "stopped, it wrote last ");
		add_ago(page, page->status->written_ms);
		break;
	}
}

static void add_first_line(const struct page *page)
{
	bool colour = page->view->colour;

	buf_add(page->out, "%s%s%s croute", colour ? color_of(page) : "",
		sign_of(page->view->state), colour ? "\033[0m" : "");
	if (page->status->node[0] != '\0') {
		buf_add(page->out, " on ");
		add_safe(page, page->status->node);
		buf_add(page->out, "%s", page->status->by_address ? " (by its address)" : "");
	}
	buf_add(page->out, " is %s", colour ? color_of(page) : "");
	add_state(page);
	buf_add(page->out, "%s\n", colour ? "\033[0m" : "");
}

/* What follows from the first line, and what to do. */
static void add_consequence(const struct page *page)
{
	if (page->view->state == STATUS_READY || page->view->state == STATUS_NOT_READY)
		return;
	buf_add(page->out, "  The routes stay as they are, and nothing repairs them. ");
	if (page->view->state == STATUS_SILENT)
		buf_add(page->out, "See its log, then start it again.\n");
	else if (page->view->other != 0)
		buf_add(page->out,
			"The lock is held by process %" PRIu32 ", which has not written here.\n",
			page->view->other);
	else
		buf_add(page->out, "Start it: systemctl start croute, or croute run.\n");
	buf_add(page->out, "  What it said last:\n");
}

static void add_agent(const struct page *page)
{
	add_label(page, "Agent");
	buf_add(page->out, "process %" PRIu32 ", croute ", page->status->pid);
	add_safe(page, page->status->version);
	buf_add(page->out, ", started ");
	add_ago(page, page->status->started_ms);
	buf_add(page->out, ", last wrote ");
	add_ago(page, page->status->written_ms);
	buf_add(page->out, "\n");
}

/* Without an error the file is not bad, but was not read yet. */
static void add_validity(const struct page *page, const struct status_config *config)
{
	if (!config->valid && config->error[0] == '\0') {
		buf_add(page->out, ", not read yet");
		return;
	}
	buf_add(page->out, config->valid ? ", valid" : ", invalid");
	add_for(page, config->since_ms);
}

static void add_file(const struct page *page)
{
	const struct status_config *config = &page->status->config;

	add_label(page, "File");
	add_safe(page, config->path);
	add_validity(page, config);
	if (config->has_serial)
		buf_add(page->out, ", serial %" PRIu64, config->serial);
	if (config->generated_ms != 0) {
		buf_add(page->out, ", made ");
		add_ago(page, config->generated_ms);
	}
	buf_add(page->out, "%s\n", config->stale ? ", stale" : "");
	if (config->error[0] == '\0')
		return;
	add_indent(page);
	add_safe(page, config->error);
	buf_add(page->out, "\n");
	add_indent(page);
	buf_add(page->out, "nothing of it is applied; to do: %s\n",
		status_advice(STATUS_TROUBLE_FILE));
}

static void add_interface(const struct page *page, const struct status_interface *interface)
{
	if (interface->name[0] == '\0')
		return;
	add_label(page, "Interface");
	add_safe(page, interface->name);
	buf_add(page->out, ", index %" PRIu32, interface->index);
	for (int i = 0; i < 2; i++) {
		if (interface->address[i][0] == '\0')
			continue;
		buf_add(page->out, i == 0 ? ", " : " and ");
		add_safe(page, interface->address[i]);
	}
	buf_add(page->out, ", MTU %" PRIu32 "\n", interface->mtu);
}

static void add_backend(const struct page *page)
{
	if (page->status->backend[0] == '\0')
		return;
	add_label(page, "Backend");
	add_safe(page, page->status->backend);
	buf_add(page->out, ", ");
	add_count(page, page->status->peers, "peer");
	buf_add(page->out, "\n");
}

static void add_routes(const struct page *page)
{
	const struct status_routes *routes = &page->status->routes;
	const struct {
		uint32_t count;
		const char *words;
	} rows[] = {
		{routes->conflict, "in conflict"},
		{routes->shadowed, "shadowed"},
		{routes->held, "held"},
		{routes->pending, "pending"},
		{routes->failed, "failed"},
	};

	add_label(page, "Routes");
	buf_add(page->out, "%" PRIu32 " wanted, %" PRIu32 " in place", routes->desired,
		routes->installed);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].count > 0)
			buf_add(page->out, ", %" PRIu32 " %s", rows[i].count, rows[i].words);
	}
	buf_add(page->out, "\n");
}

static void add_changes(const struct page *page)
{
	const struct status_pass *pass = &page->status->pass;

	if (pass->add + pass->change + pass->remove == 0)
		buf_add(page->out, ": nothing changed\n");
	else
		buf_add(page->out,
			": %" PRIu32 " added, %" PRIu32 " changed, %" PRIu32 " deleted\n",
			pass->add, pass->change, pass->remove);
}

static void add_pass(const struct page *page)
{
	const struct status_pass *pass = &page->status->pass;

	add_label(page, "Last pass");
	if (pass->result == STATUS_NO_PASS) {
		buf_add(page->out, "none yet\n");
		return;
	}
	add_ago(page, pass->at_ms);
	buf_add(page->out, ", %" PRIu64 ".%" PRIu64 " ms", pass->duration_us / 1000,
		pass->duration_us % 1000 / 100);
	if (pass->reason[0] != '\0') {
		buf_add(page->out, ", ");
		add_safe(page, pass->reason);
	}
	if (pass->result != STATUS_FAILED) {
		add_changes(page);
		return;
	}
	buf_add(page->out, ": failed: ");
	add_safe(page, page->status->error);
	buf_add(page->out, "\n");
}

/* The advice stands once under the last of a kind. */
static void add_problem(const struct page *page, uint32_t i)
{
	const struct status_problem *problem = &page->status->problems[i];
	int64_t release_ms = page->status->guard.release_ms;
	bool last = i + 1 == page->status->problem_count || problem[1].trouble != problem->trouble;

	buf_add(page->out, "  %s", status_trouble_word(problem->trouble));
	add_for(page, problem->since_ms);
	buf_add(page->out, ": ");
	add_safe(page, problem->text);
	buf_add(page->out, "\n");
	if (last)
		buf_add(page->out, "    to do: %s\n", status_advice(problem->trouble));
	if (problem->trouble != STATUS_TROUBLE_HELD || release_ms == 0)
		return;
	buf_add(page->out, "    released by itself: ");
	add_ago(page, release_ms);
	buf_add(page->out, "\n");
}

static void add_problems(const struct page *page)
{
	if (page->status->problem_count == 0)
		return;
	buf_add(page->out, "\nProblems:\n");
	for (uint32_t i = 0; i < page->status->problem_count; i++)
		add_problem(page, i);
	if (page->status->problems_more > 0)
		buf_add(page->out, "  and %" PRIu32 " more\n", page->status->problems_more);
}

void status_text(const struct status *status, const struct status_view *view, struct buf *out)
{
	const struct page page = {.status = status, .view = view, .out = out};

	add_first_line(&page);
	add_consequence(&page);
	add_agent(&page);
	add_file(&page);
	add_interface(&page, &status->interfaces[0]);
	add_interface(&page, &status->interfaces[1]);
	add_backend(&page);
	add_routes(&page);
	add_pass(&page);
	add_problems(&page);
}
