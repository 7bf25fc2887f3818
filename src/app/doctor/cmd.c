/* cmd.c - `croute doctor`: checks the host. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/doctor/look.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/print/print.h"

#define CHECK_MAX (2 * DOCTOR_TEXT_MAX + 512) /* bytes of a check as lines */

static const char *const colors[DOCTOR_RESULTS] = {
	[DOCTOR_OK] = "\033[32m",
	[DOCTOR_UNKNOWN] = "\033[36m",
	[DOCTOR_WARNING] = "\033[33m",
	[DOCTOR_FAILURE] = "\033[1;31m",
};

static void show_check(const struct doctor_check *check, bool colored)
{
	struct buf line = BUF_LOCAL(CHECK_MAX);

	doctor_add_check(&line, check);
	if (!colored)
		(void)printf("%s\n", line.data);
	else /* the word alone */
		(void)printf("%s%.4s\033[0m%s\n", colors[check->result], line.data, line.data + 4);
}

static void show_text(const struct doctor_report *report, const struct options *options)
{
	bool colored = options_colours(options, STDOUT_FILENO);
	struct buf line = BUF_LOCAL(160);

	for (uint32_t i = 0; i < report->count; i++)
		show_check(&report->checks[i], colored);
	doctor_add_summary(&line, report);
	(void)printf("%s\n", line.data);
}

static void show_json(const struct doctor_report *report)
{
	struct json json = print_json();

	doctor_put_json(&json, report);
	print_json_end(&json);
}

static void free_look(struct doctor_look **look)
{
	free(*look);
}

static int run(const struct options *options)
{
	__attribute__((cleanup(free_look))) struct doctor_look *look = calloc(1, sizeof(*look));

	if (look == NULL) {
		print_problem("no memory left", options);
		return EXIT_FAILED;
	}
	doctor_look(options, look);
	doctor_run(&look->facts, &look->report);
	doctor_look_release(look);
	if (options->output == OUTPUT_JSON)
		show_json(&look->report);
	else
		show_text(&look->report, options);
	return look->report.results[DOCTOR_FAILURE] > 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "check this host: what is wrong, and how to fix it",
	.detail = "Exit 0, or 1 when a check fails; warnings do not count.\n"
		  "Needs no privilege; what it cannot read is unknown, not ok.\n"
		  "With --adopt before a takeover: what flannel left, and what of it\n"
		  "does not fit the file.",
	.example = "croute doctor --peers",
	.accepts = OPTION_BIT(OPTION_PEERS) | OPTION_BIT(OPTION_ADOPT),
	.run = run,
};
