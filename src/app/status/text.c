/* text.c - the page of `croute status`. */
/* SPDX-License-Identifier: MIT */
#include "app/status/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define LABEL_WIDTH 9 /* of "Interface" and "Last pass" */
#define PIECE_MAX (STATUS_PATH_MAX + 1024)

struct page {
	const struct status *status;
	const struct status_view *view;
	struct buf *out;
};

const char *status_format_span(int64_t ms, char out[STATUS_SPAN_MAX])
{
	struct buf buf = {.data = out, .size = STATUS_SPAN_MAX};

	if (ms < 2 * MINUTE_MS)
		buf_add(&buf, "%" PRId64 " s", ms / SECOND_MS);
	else if (ms < 2 * HOUR_MS)
		buf_add(&buf, "%" PRId64 " min", ms / MINUTE_MS);
	else if (ms < 2 * DAY_MS)
		buf_add(&buf, "%" PRId64 " h", ms / HOUR_MS);
	else
		buf_add(&buf, "%" PRId64 " days", ms / DAY_MS);
	return out;
}

/* How long ago, or how far ahead; the clock may have been set back since. */
static const char *format_ago(const struct page *page, int64_t then_ms, char out[STATUS_SPAN_MAX])
{
	int64_t age = page->view->now_ms - then_ms;
	struct buf buf = {.data = out, .size = STATUS_SPAN_MAX};
	char span[STATUS_SPAN_MAX];

	if (then_ms == 0)
		buf_add(&buf, "never");
	else if (age <= -SECOND_MS)
		buf_add(&buf, "in %s", status_format_span(-age, span));
	else if (age < SECOND_MS)
		buf_add(&buf, "just now");
	else
		buf_add(&buf, "%s ago", status_format_span(age, span));
	return out;
}

/* Nothing in the status may control the terminal, line ends and colours included. */
static void add(const struct page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(const struct page *page, const char *format, ...)
{
	struct buf piece = BUF_LOCAL(PIECE_MAX);
	va_list args;

	va_start(args, format);
	buf_add_args(&piece, format, args);
	va_end(args);
	buf_add_safe(page->out, (struct text){.at = piece.data, .len = piece.len});
}

static void end_line(const struct page *page)
{
	buf_add(page->out, "\n");
}

static void add_for(const struct page *page, int64_t since_ms)
{
	int64_t age = page->view->now_ms - since_ms;
	char span[STATUS_SPAN_MAX];

	if (since_ms != 0 && age >= SECOND_MS)
		add(page, " for %s", status_format_span(age, span));
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* "" for a further line of the same matter. */
static void add_label(const struct page *page, const char *label)
{
	add(page, "  %*s%s", LABEL_WIDTH, label, label[0] != '\0' ? ": " : "  ");
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
	const struct status *status = page->status;
	uint32_t problems = problems_of(status);

	add(page, "ready");
	if (problems > 0)
		add(page, ", with %" PRIu32 " problem%s", problems, plural(problems));
	add(page, ": %" PRIu32 " of %" PRIu32 " route%s in place", status->routes.installed,
	    status->routes.desired, plural(status->routes.desired));
	if (status->guard.held > 0)
		add(page, ", %" PRIu32 " deletion%s held", status->guard.held,
		    plural(status->guard.held));
}

static void add_state(const struct page *page)
{
	const struct status *status = page->status;
	char wrote[STATUS_SPAN_MAX];

	(void)format_ago(page, status->written_ms, wrote);
	switch (page->view->state) {
	case STATUS_READY:
		add_ready(page);
		break;
	case STATUS_NOT_READY:
		add(page, "not ready: %s", status->reason);
		break;
	case STATUS_SILENT:
		add(page, "silent: process %" PRIu32 " lives, but last wrote %s", status->pid,
		    wrote);
		break;
	case STATUS_DEAD:
		add(page,
		    "dead: process %" PRIu32 ", last heard of %s, does not hold the lock of this "
		    "network namespace",
		    status->pid, wrote);
		break;
	case STATUS_STOPPED:
		add(page, "stopped, it last wrote %s", wrote);
		break;
	}
}

static void add_first_line(const struct page *page)
{
	const char *color = page->view->colour ? color_of(page) : "";
	const char *plain = page->view->colour ? "\033[0m" : "";

	buf_add(page->out, "%s%s%s croute", color, sign_of(page->view->state), plain);
	if (page->status->node[0] != '\0')
		add(page, " on %s%s", page->status->node,
		    page->status->by_address ? " (by its address)" : "");
	buf_add(page->out, " is %s", color);
	add_state(page);
	buf_add(page->out, "%s\n", plain);
}

/* What follows from the first line, and what to do. */
static void add_consequence(const struct page *page)
{
	if (page->view->state == STATUS_READY || page->view->state == STATUS_NOT_READY)
		return;
	add(page, "  The routes stay as they are, and nothing repairs them. ");
	if (page->view->state == STATUS_SILENT)
		add(page, "See its log, then start it again.");
	else if (page->view->other != 0)
		add(page, "The lock is held by process %" PRIu32 ", which has not written here.",
		    page->view->other);
	else
		add(page, "Start it: systemctl start croute, or croute run.");
	buf_add(page->out, "\n  Its last report:\n");
}

static void add_agent(const struct page *page)
{
	const struct status *status = page->status;
	char started[STATUS_SPAN_MAX];
	char wrote[STATUS_SPAN_MAX];

	add_label(page, "Agent");
	add(page, "process %" PRIu32 ", croute %s, started %s, last wrote %s", status->pid,
	    status->version, format_ago(page, status->started_ms, started),
	    format_ago(page, status->written_ms, wrote));
	end_line(page);
}

/* Without an error the file is not bad, but was not read yet. */
static void add_validity(const struct page *page, const struct status_config *config)
{
	if (!config->valid && config->error[0] == '\0') {
		add(page, ", not read yet");
		return;
	}
	add(page, config->valid ? ", valid" : ", invalid");
	add_for(page, config->since_ms);
}

static void add_file(const struct page *page)
{
	const struct status_config *config = &page->status->config;
	char made[STATUS_SPAN_MAX];

	add_label(page, "File");
	add(page, "%s", config->path);
	add_validity(page, config);
	if (config->has_serial)
		add(page, ", serial %" PRIu64, config->serial);
	if (config->generated_ms != 0)
		add(page, ", made %s", format_ago(page, config->generated_ms, made));
	add(page, "%s", config->stale ? ", stale" : "");
	end_line(page);
	if (config->error[0] == '\0')
		return;
	add_label(page, "");
	add(page, "%s", config->error);
	end_line(page);
	add_label(page, "");
	add(page, "none of it is applied; to do: %s", status_advice[STATUS_TROUBLE_FILE]);
	end_line(page);
}

static void add_interface(const struct page *page, const struct status_interface *interface)
{
	bool both = interface->address[1][0] != '\0';

	if (interface->name[0] == '\0')
		return;
	add_label(page, "Interface");
	add(page, "%s, index %" PRIu32 ", %s%s%s, MTU %" PRIu32, interface->name, interface->index,
	    interface->address[0], both ? " and " : "", interface->address[1], interface->mtu);
	end_line(page);
}

static void add_backend(const struct page *page)
{
	if (page->status->backend[0] == '\0')
		return;
	add_label(page, "Backend");
	add(page, "%s, %" PRIu32 " peer%s", page->status->backend, page->status->peers,
	    plural(page->status->peers));
	end_line(page);
}

static void add_reach(const struct page *page)
{
	const struct status_reach *reach = &page->status->reach;

	if (reach->answers + reach->unknown + reach->lost == 0)
		return;
	add_label(page, "Reach");
	add(page, "%" PRIu32 " answer, %" PRIu32 " unknown, %" PRIu32 " lost", reach->answers,
	    reach->unknown, reach->lost);
	end_line(page);
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
	add(page, "%" PRIu32 " wanted, %" PRIu32 " in place", routes->desired, routes->installed);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].count > 0)
			add(page, ", %" PRIu32 " %s", rows[i].count, rows[i].words);
	}
	end_line(page);
}

static void add_pass(const struct page *page)
{
	const struct status_pass *pass = &page->status->pass;
	char ago[STATUS_SPAN_MAX];

	add_label(page, "Last pass");
	if (pass->result == STATUS_NO_PASS)
		add(page, "none yet");
	else
		add(page, "%s, %" PRIu64 ".%" PRIu64 " ms%s%s", format_ago(page, pass->at_ms, ago),
		    pass->duration_us / 1000, pass->duration_us % 1000 / 100,
		    pass->reason[0] != '\0' ? ", " : "", pass->reason);
	if (pass->result == STATUS_FAILED)
		add(page, ": failed: %s", page->status->error);
	else if (pass->result != STATUS_NO_PASS && pass->add + pass->change + pass->remove == 0)
		add(page, ": nothing changed");
	else if (pass->result != STATUS_NO_PASS)
		add(page, ": %" PRIu32 " added, %" PRIu32 " changed, %" PRIu32 " deleted",
		    pass->add, pass->change, pass->remove);
	end_line(page);
}

static void add_undone(const struct page *page)
{
	const struct status_undone *undone = &page->status->undone;
	char ago[STATUS_SPAN_MAX];

	if (undone->by[0] == '\0')
		return;
	add_label(page, "Undone");
	add(page, "by %s, %s, and put right", undone->by, format_ago(page, undone->at_ms, ago));
	end_line(page);
}

/* The advice stands once under the last of a kind. */
static void add_problem(const struct page *page, uint32_t i)
{
	const struct status_problem *problem = &page->status->problems[i];
	int64_t release_ms = page->status->guard.release_ms;
	bool last = i + 1 == page->status->problem_count || problem[1].trouble != problem->trouble;
	char ago[STATUS_SPAN_MAX];

	add(page, "  %s", status_trouble_words[problem->trouble]);
	add_for(page, problem->since_ms);
	buf_add(page->out, ": ");
	status_add_problem_text(page->out, page->status, problem);
	end_line(page);
	if (last)
		buf_add(page->out, "    to do: %s\n", status_advice[problem->trouble]);
	if (problem->trouble == STATUS_TROUBLE_HELD && release_ms != 0)
		buf_add(page->out, "    released by itself: %s\n",
			format_ago(page, release_ms, ago));
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
	for (uint32_t i = 0; i < CARRYING_MOST; i++)
		add_interface(&page, &status->cards[i]);
	for (uint32_t i = 0; i < 2 && status->cards[0].name[0] == '\0'; i++)
		add_interface(&page, &status->interfaces[i]);
	add_backend(&page);
	add_routes(&page);
	add_reach(&page);
	add_pass(&page);
	add_undone(&page);
	add_problems(&page);
}
