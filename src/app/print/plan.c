/* plan.c - printing a report. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/print/print.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "croute/core/plan/foreign.h"
#include "croute/core/plan/guard.h"
#include "croute/core/report/report.h"

#define REFUSALS_MOST 20
#define LINES_MOST 50 /* of a plan on a terminal, and once more so many of those in trouble */

/* The colour of a line, by its first character. */
static const char *color_of(char sign)
{
	switch (sign) {
	case '+':
		return "\033[32m";
	case '-':
	case 'x':
		return "\033[31m";
	case '~':
	case 's':
	case '!':
		return "\033[33m";
	default:
		return "";
	}
}

struct page {
	bool colored;
	bool brief;	  /* a person at a terminal, who would not scroll through thousands */
	uint32_t lines;	  /* printed as they came */
	uint32_t trouble; /* printed beyond those */
	uint32_t left;	  /* left out */
};

static struct page page_for(const struct options *options)
{
	return (struct page){
		.colored = options_colours(options, STDOUT_FILENO),
		.brief = !options->verbose && isatty(STDOUT_FILENO) == 1,
	};
}

static bool has_room(struct page *page, bool trouble)
{
	uint32_t *count = page->lines < LINES_MOST || !trouble ? &page->lines : &page->trouble;

	if (page->brief && *count >= LINES_MOST) {
		page->left++;
		return false;
	}
	++*count;
	return true;
}

static void print_line(struct page *page, const struct buf *line, bool failed)
{
	bool trouble = failed || strchr("xs!", line->data[0]) != NULL;
	const char *color = page->colored ? color_of(line->data[0]) : "";

	if (!has_room(page, trouble))
		return;
	if (color[0] != '\0') {
		(void)printf("%s%s\033[0m\n", color, line->data);
		return;
	}
	(void)fwrite(line->data, 1, line->len, stdout);
	(void)putchar('\n');
}

static void print_rest(const struct page *page)
{
	struct buf count = BUF_LOCAL(64);

	if (page->left == 0)
		return;
	buf_add_count(&count, page->left);
	(void)printf("and %s more: -v shows all, -o json is for programs\n", count.data);
}

/* Devices come first, as they are made; one that goes, goes last. */
static void show_steps(const struct report *report, bool removals, struct page *page)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < report->step_count; i++) {
		struct buf line = BUF_OVER(text);

		if ((report_device_sign(&report->steps[i]) == '-') != removals)
			continue;
		report_device_line(&line, report, &report->steps[i]);
		print_line(page, &line, report->steps[i].result == CHANGE_FAILED);
	}
}

/* The row of a peer that speaks for it, as the row that it is. */
static void show_part(const struct report *report, const struct change *change, struct page *page)
{
	struct report bare = *report;
	struct buf line = BUF_LOCAL(REPORT_LINE_MAX);

	bare.bare = true;
	report_change(&line, &bare, change);
	print_line(page, &line, change->result == CHANGE_FAILED);
}

static void show_changes(const struct report *report, struct page *page)
{
	char text[REPORT_LINE_MAX];

	for_each_change (change, &report->picture->plan) {
		struct buf line = BUF_OVER(text);

		if (!report_tells(report, change))
			continue;
		report_change(&line, report, change);
		print_line(page, &line, change->result == CHANGE_FAILED);
		if (report_tells_twice(report, change))
			show_part(report, change, page);
	}
}

static void show_text(const struct report *report, const struct options *options)
{
	struct page page = page_for(options);
	char text[REPORT_LINE_MAX];

	show_steps(report, false, &page);
	show_changes(report, &page);
	for (uint32_t i = 0; i < desired_unmet_count(&report->picture->desired); i++) {
		struct buf line = BUF_OVER(text);

		report_unmet(&line, report, desired_unmet_at(&report->picture->desired, i));
		print_line(&page, &line, false);
	}
	show_steps(report, true, &page);
	print_rest(&page);
}

static void show_notes(const struct report *report)
{
	char text[REPORT_LINE_MAX];

	for (uint32_t i = 0; i < desired_route_count(&report->picture->desired); i++) {
		struct buf line = BUF_OVER(text);

		if (foreign_effect_on(&report->picture->foreign, i) != FOREIGN_NOTE)
			continue;
		report_note(&line, report, i);
		(void)printf("%s\n", text);
	}
}

/* How a hold is released comes last of all. */
static void show_hold(const struct report *report)
{
	struct buf line = BUF_LOCAL(REPORT_LINE_MAX);

	if (!report->picture->guard.held)
		return;
	guard_add_words(&line, report->picture);
	(void)fflush(stdout);
	(void)fprintf(stderr, "croute: held: %s; to release: %s\n", line.data, GUARD_RELEASE);
}

static void show_lines(const struct report *report, const struct options *options)
{
	struct buf line = BUF_LOCAL(REPORT_LINE_MAX);

	show_text(report, options);
	if (options->verbose)
		show_notes(report);
	report_summary(&line, report);
	(void)printf("%s\n", line.data);
}

void print_report(const struct report *report, const struct options *options)
{
	if (options->output == OUTPUT_JSON)
		(void)report_json(report, print_piece, stdout);
	else
		show_lines(report, options);
	show_hold(report);
}

static void print_red(const char *text, bool colored)
{
	(void)fprintf(stderr, "%s%s%s\n", colored ? "\033[31m" : "", text,
		      colored ? "\033[0m" : "");
}

void print_refusals(const struct report *report, const struct options *options)
{
	const struct picture *picture = report->picture;
	uint32_t failed = picture->summary.failed;
	bool colored = options_colours(options, STDERR_FILENO);
	char text[REPORT_LINE_MAX];
	uint32_t shown = 0;

	for_each_change (change, &picture->plan) {
		struct buf line = BUF_OVER(text);

		if (change->result != CHANGE_FAILED || shown == REFUSALS_MOST)
			continue;
		report_refusal(&line, report, change);
		print_red(text, colored);
		shown++;
	}
	for (uint32_t i = 0; i < desired_unmet_count(&picture->desired); i++) {
		const struct unmet *unmet = desired_unmet_at(&picture->desired, i);
		struct buf line = BUF_OVER(text);

		if (unmet->kind != UNMET_REFUSED || shown == REFUSALS_MOST)
			continue;
		report_unmet_refusal(&line, report, unmet);
		print_red(text, colored);
		shown++;
	}
	for (uint32_t i = 0; i < report->step_count; i++) {
		struct buf line = BUF_OVER(text);

		if (report->steps[i].result != CHANGE_FAILED)
			continue;
		buf_add(&line, "croute: error: %s", report->steps[i].error);
		print_red(text, colored);
	}
	if (failed > shown)
		(void)fprintf(stderr, "croute: %u more failed\n", failed - shown);
}
