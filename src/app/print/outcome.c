/* outcome.c - a pass of a command that only looks, and the outcome of any pass. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/print/print.h"

#include <errno.h>
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/core/plan/plan.h"

#define EXPLANATION_MAX 16384

static const char *file_name(const void *files, uint16_t file)
{
	return file_set_at(files, file)->name;
}

struct report outcome_report(const struct pass *pass, const struct loaded *loaded)
{
	return (struct report){
		.picture = &pass->picture,
		.steps = pass->steps,
		.step_count = pass->step_count,
		.node = pass_node_name(pass),
		.file_name = file_name,
		.files = loaded != NULL ? &loaded->files : NULL,
		.applied = !pass->request.dry_run,
	};
}

static bool any_step(const struct pass *pass, enum change_result result)
{
	for (uint32_t i = 0; i < pass->step_count; i++) {
		if (pass->steps[i].result == result)
			return true;
	}
	return false;
}

bool outcome_is_pending(const struct pass *pass)
{
	const struct plan_summary *s = &pass->picture.summary;

	return s->add + s->change + s->remove + s->parts > 0 || any_step(pass, CHANGE_PLANNED);
}

int outcome_exit(const struct pass *pass, const struct options *options)
{
	const struct plan_summary *s = &pass->picture.summary;

	if (pass_fell_short(pass) || s->conflict > 0 || s->shadowed > 0)
		return EXIT_FAILED;
	if (s->held > 0)
		return EXIT_HELD;
	return options->dry_run && options->exit_code && outcome_is_pending(pass) ? EXIT_PENDING
										  : EXIT_DONE;
}

static void complain_of_interface(const struct pass *pass, uint8_t family,
				  const struct options *options)
{
	struct buf text = BUF_LOCAL(EXPLANATION_MAX);

	if (!pass_explain_interface(pass, family, &text))
		return;
	buf_add(&text, "; %s pod routes stay as they are", family == AF_INET ? "IPv4" : "IPv6");
	print_problem(text.data, options);
}

void outcome_complain(const struct pass *pass, const struct report *report,
		      const struct options *options)
{
	const struct picture *picture = report->picture;

	for (unsigned i = 0; picture->config != NULL && warnings_at(picture, i) != NULL; i++)
		(void)fprintf(stderr, "croute: warning: %s\n", warnings_at(picture, i));
	for (uint32_t i = 0; i < FAMILIES; i++)
		complain_of_interface(pass, FAMILY_AT(i), options);
	if ((picture->notes & NOTE_DENIED) != 0)
		print_problem("the kernel refused for lack of privilege: changing routes needs "
			      "CAP_NET_ADMIN; run as root, or with --dry-run to see the plan",
			      options);
	else
		print_refusals(report, options);
}

static int with_pass(const struct loaded *loaded, const struct options *options,
		     outcome_look_fn *look)
{
	struct error err = {0};
	struct pass *pass = pass_open(&err);
	int code = EXIT_FAILED;

	if (pass != NULL)
		code = look(pass, loaded, options);
	else
		print_problem(err.text, options);
	pass_close(pass);
	return code;
}

int outcome_with_pass(const struct options *options, outcome_look_fn *look)
{
	struct loaded loaded;
	int code = print_load(options, &loaded);

	if (code != EXIT_DONE)
		return code;
	code = with_pass(&loaded, options, look);
	load_release(&loaded);
	return code;
}

int outcome_give_up(int status, const struct error *err, const struct loaded *loaded,
		    const struct options *options)
{
	if (status == -ESRCH)
		return print_failure(loaded->files.path, err, options);
	print_problem(err->text, options);
	return EXIT_FAILED;
}
