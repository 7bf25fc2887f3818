/* reconcile.c - `croute reconcile`: one pass. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/cli/progress.h"
#include "croute/app/confirm/confirm.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/app/rollout/cmd.h"
#include "croute/app/snapshot/file.h"
#include "croute/edge/host/lock.h"

#define LOCK_WAIT_MS 5000
#define LOCK_SILENT_MS 1000 /* after this long a person is told */

/* A name that the file does not know is worth a word even where the address tells who this is. */
static void warn_of_name(const struct pass *pass, const struct options *options)
{
	if (pass->picture.node.by_address && options->node != NULL)
		(void)fprintf(stderr,
			      "croute: warning: no node is named \"%s\"; this host is \"%s\" by "
			      "its address\n",
			      options->node, pass_node_name(pass));
}

/* Where the time went, in milliseconds. */
static void show_stages(const struct pass *pass, const struct loaded *loaded)
{
	const int64_t *us = pass->stage_us;

	(void)fprintf(
		stderr,
		"stages: read %.1f ms, links %.1f ms, desired %.1f ms, have %.1f ms, plan %.1f ms, "
		"apply %.1f ms\n",
		(double)loaded->took_us / 1000, (double)us[PASS_STAGE_LINKS] / 1000,
		(double)us[PASS_STAGE_DESIRED] / 1000, (double)us[PASS_STAGE_HAVE] / 1000,
		(double)us[PASS_STAGE_PLAN] / 1000, (double)us[PASS_STAGE_APPLY] / 1000);
}

/* What is left to do, if anything. */
static void tell_of_confirm(const struct confirm *confirm, const struct options *options)
{
	if (confirm == NULL || options->output == OUTPUT_JSON)
		return;
	if (confirm->until[0] == '\0')
		(void)printf("Nothing was changed, so there is nothing to confirm.\n");
	else
		(void)printf("Confirm within %s: croute confirm; else all of it is undone.\n",
			     options->confirm);
}

static int report_pass(const struct pass *pass, const struct loaded *loaded,
		       const struct confirm *confirm, const struct options *options)
{
	struct report report = outcome_report(pass, loaded);

	report.parts = options->verbose;
	report.until = confirm != NULL && confirm->until[0] != '\0' ? confirm->until : NULL;

	warn_of_name(pass, options);
	print_report(&report, options);
	tell_of_confirm(confirm, options);
	if (options->verbose)
		show_stages(pass, loaded);
	outcome_complain(pass, &report, options);
	return outcome_exit(pass, options);
}

/* A pass between the beginning and the end of the time to confirm it. */
static int pass_to_confirm(struct confirm *confirm, struct pass *pass,
			   const struct pass_request *request, struct error *err)
{
	int status = pass_run(pass, request, err);

	if (status == 0 && (pass->picture.notes & NOTE_DENIED) == 0) {
		if (confirm_start(confirm))
			return 0;
		return error_set(err, EPIPE,
				 "the process that would undo the pass was killed: what was "
				 "applied stays");
	}
	if (!confirm_give_up(confirm))
		print_problem("undoing what was applied failed, too; see croute confirm",
			      confirm->options);
	return status;
}

/* The pass, one way or another; CONFIRM_WAIT in the process that has seen to the rest. */
static int make_pass(struct pass *pass, const struct pass_request *request, struct confirm *confirm,
		     struct error *err)
{
	int way;

	if (confirm == NULL)
		return pass_run(pass, request, err);
	way = confirm_begin(confirm, pass, request, err);
	return way == CONFIRM_PASS ? pass_to_confirm(confirm, pass, request, err) : way;
}

static int run_pass(struct pass *pass, const struct loaded *loaded, struct confirm *confirm,
		    const struct options *options)
{
	struct names names;
	struct pass_request request = {.config = &loaded->config,
				       .names = &names.list,
				       .dry_run = options->dry_run,
				       .allow_delete = options->allow_delete,
				       .look_around = true};
	struct error err = {0};
	int status;

	names_find(options, &names);
	status = make_pass(pass, &request, confirm, &err);
	if (status == CONFIRM_WAIT)
		return confirm_wait(confirm, pass);
	if (status == -ESRCH)
		return print_failure(loaded->files.path, &err, options);
	if (status < 0) {
		print_problem(err.text, options);
		return EXIT_FAILED;
	}
	return report_pass(pass, loaded, confirm, options);
}

static int with_pass(const struct loaded *loaded, const struct snapshot *snapshot,
		     struct confirm *confirm, const struct options *options)
{
	struct error err = {0};
	struct pass *pass = pass_open(&err);
	int code = EXIT_FAILED;

	if (pass != NULL) {
		pass->source.snapshot = snapshot;
		pass->progress = options->progress;
		code = run_pass(pass, loaded, confirm, options);
	} else {
		print_problem(err.text, options);
	}
	pass_close(pass);
	return code;
}

/* Off-host: the plan that the host would make, from what it had. */
static int from_snapshot(const struct loaded *loaded, const struct options *options)
{
	struct snapshot snapshot;
	struct error err = {0};
	int code = EXIT_INVALID;

	snapshot_init(&snapshot);
	if (snapshot_file_read(options->kernel_state, &snapshot, &err) == 0)
		code = with_pass(loaded, &snapshot, NULL, options);
	else
		code = print_failure(options->kernel_state, &err, options);
	snapshot_release(&snapshot);
	return code;
}

static int take_lock(struct lock *lock, const struct options *options, struct error *err)
{
	int status = lock_take(LOCK_SILENT_MS, lock, err);

	if (status == 0)
		return 0;
	progress_say(options->progress, "waiting for another croute to finish");
	status = lock_take(LOCK_WAIT_MS - LOCK_SILENT_MS, lock, err);
	progress_end(options->progress);
	return status;
}

static int with_lock(const struct loaded *loaded, const struct options *options)
{
	struct lock lock;
	struct confirm confirm = {.options = options, .lock = &lock};
	struct error err = {0};
	int code;

	if (options->dry_run)
		return with_pass(loaded, NULL, NULL, options);
	if (take_lock(&lock, options, &err) < 0) {
		print_problem(err.text, options);
		return EXIT_FAILED;
	}
	if (options->confirm == NULL)
		code = with_pass(loaded, NULL, NULL, options);
	else
		code = with_pass(loaded, NULL, &confirm, options);
	confirm_release(&confirm);
	lock_release(&lock);
	return code;
}

/* Options that do not go together; NULL: all is well. */
static const char *refuse_options(const struct options *options)
{
	bool elsewhere = options->against != NULL || options->kernel_state != NULL;

	if (options->confirm != NULL && (options->dry_run || elsewhere))
		return "--confirm excludes --dry-run, --against and --kernel-state: they change "
		       "nothing";
	if (elsewhere && !options->dry_run)
		return "--against and --kernel-state need --dry-run: there is no kernel to change";
	if (options->exit_code && !options->dry_run)
		return "--exit-code needs --dry-run: after a pass nothing is pending";
	return options->against != NULL && options->kernel_state != NULL
		       ? "--against and --kernel-state exclude each other"
		       : NULL;
}

static int run(const struct options *options)
{
	const char *refused = refuse_options(options);
	struct loaded loaded;
	int code;

	if (refused != NULL) {
		print_problem(refused, options);
		(void)fputs("see croute help reconcile\n", stderr);
		return EXIT_USAGE;
	}
	code = print_load(options, &loaded);
	if (code != EXIT_DONE)
		return code;
	if (options->against != NULL)
		code = rollout_run(&loaded, options);
	else if (options->kernel_state != NULL)
		code = from_snapshot(&loaded, options);
	else
		code = with_lock(&loaded, options);
	load_release(&loaded);
	return code;
}

const struct command command_reconcile = {
	.name = "reconcile",
	.summary = "make the kernel's routes equal to the file, once",
	.detail = "A route that another program owns is never touched.",
	.example = "croute reconcile --dry-run --exit-code",
	.accepts = OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_EXIT_CODE) |
		   OPTION_BIT(OPTION_ALLOW_DELETE) | OPTION_BIT(OPTION_AGAINST) |
		   OPTION_BIT(OPTION_KERNEL_STATE) | OPTION_BIT(OPTION_CONFIRM),
	.run = run,
};
