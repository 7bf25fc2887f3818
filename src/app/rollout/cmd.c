/* cmd.c - a plan between two files. */
#include "croute/app/rollout/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/rollout/show.h"
#include "croute/app/cli/exit.h"
#include "croute/app/cli/node_names.h"
#include "croute/app/print/diags.h"
#include "croute/app/print/plan.h"
#include "croute/core/report/report.h"
#include "croute/core/report/warnings.h"
#include "croute/model/state.h"

/* The devices of every route where no host is at hand; IPv6 tunnels have their own. */
#define STAND_IN 1
#define STAND_IN_DEVICE 2

/* What a plan between files takes. */
struct against {
	struct desired now;
	struct desired was;
	struct state have;
	struct foreign foreign;
	struct plan plan;
	struct guard_verdict guard;
};

static struct desired_way stand_in(const struct config *config, uint32_t node, uint8_t family)
{
	struct desired_way way = {
		.link.address = config_node_address(config_node_at(config, node), family)};

	if (!ip_is_set(&way.link.address))
		return way;
	way.link.index = STAND_IN;
	way.device = config->backend == BACKEND_VXLAN ? STAND_IN_DEVICE : 0;
	return way;
}

static int desire(struct desired *desired, const struct config *config, uint32_t node,
		  const struct names *names)
{
	struct desired_input input = {
		.config = config, .node = node, .node_name = names->list.name[0]};

	if (node != CONFIG_NOT_FOUND) {
		input.node_name = config_string_at(config, config_node_at(config, node)->name);
		input.ipv4 = stand_in(config, node, AF_INET);
		input.ipv6 = stand_in(config, node, AF_INET6);
	}
	return desired_build(desired, &input);
}

static uint32_t node_in(const struct config *config, const struct names *names, struct error *err)
{
	struct node_found found = {.index = CONFIG_NOT_FOUND};

	(void)node_identify(config, &names->list, NULL, &found, err);
	return found.index;
}

static int copy_rows(struct rows *have, const struct rows *was)
{
	int status = 0;

	for (uint32_t i = 0; i < was->count && status == 0; i++)
		status = rows_add(have, rows_at(was, i));
	return status;
}

/* The old file's rows stand in for the kernel's. */
static int plan_between(struct against *against, const struct config *was, const struct config *now,
			const struct names *names, uint32_t node)
{
	int status = desire(&against->now, now, node, names);
	uint32_t old = node_in(was, names, NULL);

	if (status == 0 && (old != CONFIG_NOT_FOUND || was->backend == BACKEND_NONE))
		status = desire(&against->was, was, old, names);
	for (int kind = 0; kind < CHANGE_KINDS && status == 0; kind++)
		status = copy_rows(&against->have.rows[kind], &against->was.want.rows[kind]);
	if (status == 0)
		status = foreign_begin(&against->foreign, 0);
	if (status == 0)
		status = plan_build(&against->plan, &against->now, &against->have,
				    &against->foreign);
	if (status == 0)
		against->guard = guard_apply(&against->plan,
					     &(struct guard_scene){.config = now,
								   .desired = &against->now,
								   .have = &against->have},
					     false);
	return status;
}

static const char *file_name(const void *files, uint16_t file)
{
	return file_set_at(files, file)->name;
}

/* A jump between backends is told by its file already; here is no kernel to know more. */
static void warn_of_plan(const struct against *against, const struct config *now)
{
	struct caution_scene scene = {.config = now,
				      .desired = &against->now,
				      .have = &against->have,
				      .plan = &against->plan};
	const char *words;

	if (now->backend != BACKEND_VXLAN)
		return;
	for (unsigned i = 0; (words = caution_at(&scene, i)) != NULL; i++)
		(void)fprintf(stderr, "croute: warning: %s\n", words);
}

static void warn_of_jump(const struct config *was, const struct config *now)
{
	const char *words = caution_between(was, now);

	if (words != NULL)
		(void)fprintf(stderr, "croute: warning: %s\n", words);
}

static int show_between(const struct against *against, const struct loaded *now, const char *node,
			const struct options *options)
{
	struct report report = {
		.config = &now->config,
		.desired = &against->now,
		.have = &against->have,
		.foreign = &against->foreign,
		.plan = &against->plan,
		.guard = against->guard,
		.node = node,
		.file_name = file_name,
		.files = &now->files,
		.parts = options->verbose,
	};
	struct plan_summary s = plan_summarize(&against->plan, &against->now);

	show_report(&report, options);
	warn_of_plan(against, &now->config);
	if (s.failed > 0)
		return EXIT_FAILED;
	if (s.held > 0)
		return EXIT_HELD;
	return options->exit_code && s.add + s.change + s.remove > 0 ? EXIT_PENDING : EXIT_DONE;
}

static void against_init(struct against *against)
{
	desired_init(&against->now);
	desired_init(&against->was);
	state_init(&against->have, 0);
	foreign_init(&against->foreign);
	plan_init(&against->plan);
}

static void against_release(struct against *against)
{
	desired_release(&against->now);
	desired_release(&against->was);
	state_release(&against->have);
	foreign_release(&against->foreign);
	plan_release(&against->plan);
}

static int run_one(const struct loaded *was, const struct loaded *now,
		   const struct options *options)
{
	struct against against;
	struct names names;
	struct error err = {0};
	uint32_t node;
	int code = EXIT_FAILED;

	names_find(options, &names);
	node = node_in(&now->config, &names, &err);
	if (node == CONFIG_NOT_FOUND && now->config.backend != BACKEND_NONE) {
		load_print_failure(now->files.path, &err, options);
		return EXIT_INVALID;
	}
	against_init(&against);
	if (plan_between(&against, &was->config, &now->config, &names, node) == 0)
		code = show_between(&against, now, names.list.name[0], options);
	else
		load_print_error("no memory", options);
	against_release(&against);
	return code;
}

int against_run(const struct loaded *now, const struct options *options)
{
	struct loaded was;
	struct error err = {0};
	int code = EXIT_INVALID;

	if (load_with_progress(options->against, NULL, options->progress, &was, &err) < 0) {
		load_print_failure(options->against, &err, options);
		return EXIT_INVALID;
	}
	load_print(&was, options);
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
