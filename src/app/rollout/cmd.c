/* cmd.c - a plan between two files. */
#include "croute/app/rollout/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/rollout/between.h"
#include "app/rollout/show.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/node_names.h"
#include "croute/app/print/diags.h"
#include "croute/app/print/plan.h"
#include "croute/core/plan/guard.h"
#include "croute/core/report/report.h"
#include "croute/core/report/warnings.h"

static uint32_t node_in(const struct config *config, const struct names *names, struct error *err)
{
	struct node_found found = {.index = CONFIG_NOT_FOUND};

	(void)self_identify(config, &names->list, NULL, &found, err);
	return found.index;
}

static int plan_between(struct between *between, const struct config *was, const struct config *now,
			const struct names *names, uint32_t node)
{
	uint32_t old = node_in(was, names, NULL);
	bool is_known = old != CONFIG_NOT_FOUND || was->backend == BACKEND_NONE;
	struct desired_input before = between_input(was, old, names->list.name[0]);
	struct desired_input after = between_input(now, node, names->list.name[0]);

	before.names = &names->list;
	after.names = &names->list;
	return between_plan(between, is_known ? &before : NULL, &after);
}

static const char *file_name(const void *files, uint16_t file)
{
	return file_set_at(files, file)->name;
}

/* A jump between backends is told by its file already; here is no kernel to know more. */
static void warn_of_plan(const struct picture *picture)
{
	const char *words;

	if (picture->config->backend != BACKEND_VXLAN)
		return;
	for (unsigned i = 0; (words = warnings_at(picture, i)) != NULL; i++)
		(void)fprintf(stderr, "croute: warning: %s\n", words);
}

static void warn_of_jump(const struct config *was, const struct config *now)
{
	const char *words = warnings_between(was, now);

	if (words != NULL)
		(void)fprintf(stderr, "croute: warning: %s\n", words);
}

static int show_between(struct between *between, const struct loaded *now, const char *node,
			const struct options *options)
{
	struct report report = {
		.picture = &between->now,
		.node = node,
		.file_name = file_name,
		.files = &now->files,
		.parts = options->verbose,
	};
	struct plan_summary s;

	guard_apply(&between->now, false);
	s = plan_summarize(&between->now);
	show_report(&report, options);
	warn_of_plan(&between->now);
	if (s.failed > 0)
		return EXIT_FAILED;
	if (s.held > 0)
		return EXIT_HELD;
	return options->exit_code && s.add + s.change + s.remove > 0 ? EXIT_PENDING : EXIT_DONE;
}

static int run_one(const struct loaded *was, const struct loaded *now,
		   const struct options *options)
{
	struct between between;
	struct names names;
	struct error err = {0};
	uint32_t node;
	int code = EXIT_FAILED;

	names_find(options, &names);
	node = node_in(&now->config, &names, &err);
	if (node == CONFIG_NOT_FOUND && now->config.backend != BACKEND_NONE)
		return print_failure(now->files.path, &err, options);
	between_init(&between);
	if (plan_between(&between, &was->config, &now->config, &names, node) == 0)
		code = show_between(&between, now, names.list.name[0], options);
	else
		print_problem("no memory", options);
	between_release(&between);
	return code;
}

int against_run(const struct loaded *now, const struct options *options)
{
	struct loaded was;
	struct error err = {0};
	int code = EXIT_INVALID;

	if (load_once(options->against, NULL, options->progress, &was, &err) < 0)
		return print_failure(options->against, &err, options);
	print_diags(&was, options);
	load_let_go(&was);
	if (was.diags.errors == 0) {
		warn_of_jump(&was.config, &now->config);
		code = options->node != NULL || config_node_count(&now->config) == 0
			       ? run_one(&was, now, options)
			       : rollout_show(&was.config, &now->config, options);
	}
	load_release(&was);
	return code;
}
