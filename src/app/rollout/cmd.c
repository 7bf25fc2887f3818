/* cmd.c - a plan between two files: of one host, or counts of all. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/rollout/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/rollout/count.h"
#include "croute/app/cli/command.h"
#include "croute/app/pass/load.h"
#include "croute/app/print/print.h"
#include "croute/core/plan/guard.h"
#include "croute/core/report/report.h"

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

/* The files alone show a jump between backends; no kernel is needed. */
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
	s = between->now.summary = plan_summarize(&between->now);
	print_report(&report, options);
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

#define NAMED_MOST 3 /* a group of so many names its nodes */

/* Nodes of equal counts. */
struct group {
	const struct rollout_counts *counts; /* of its first node, among those of all */
	uint32_t size;
	uint32_t node[NAMED_MOST]; /* its first ones */
};

struct view {
	const struct config *config;
	const struct rollout_counts *counts; /* by node */
	uint32_t nodes;
	uint32_t changed; /* of these */
	uint64_t add, change, remove, unchanged;
};

static struct view view_of(const struct config *config, const struct arena *counts)
{
	struct view view = {.config = config,
			    .counts = (const void *)counts->base,
			    .nodes = config_node_count(config)};

	for (uint32_t i = 0; i < view.nodes; i++) {
		const struct rollout_counts *c = &view.counts[i];

		view.add += c->add;
		view.change += c->change;
		view.remove += c->remove;
		view.unchanged += c->unchanged;
		view.changed += c->add != 0 || c->change != 0 || c->remove != 0;
	}
	return view;
}

static const char *name_of(const struct view *view, uint32_t node)
{
	return config_string_at(view->config, config_node_at(view->config, node)->name);
}

static int compare_counts(const void *a, const void *b)
{
	const struct rollout_counts *x = ((const struct group *)a)->counts;
	const struct rollout_counts *y = ((const struct group *)b)->counts;
	int order = memcmp(x, y, sizeof(*x));

	return order != 0 ? order : (x > y) - (x < y);
}

/* The largest first, then in the order of the file. */
static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a;
	const struct group *y = b;
	int order = (x->size < y->size) - (x->size > y->size);

	return order != 0 ? order : (x->counts > y->counts) - (x->counts < y->counts);
}

/* Join neighbours of equal counts; how many groups are left. */
static uint32_t join(struct group *groups, uint32_t nodes)
{
	uint32_t last = 0;

	qsort(groups, nodes, sizeof(*groups), compare_counts);
	for (uint32_t i = 1; i < nodes; i++) {
		struct group *group = &groups[last];

		if (memcmp(group->counts, groups[i].counts, sizeof(*group->counts)) != 0)
			groups[++last] = groups[i];
		else if (group->size++ < NAMED_MOST)
			group->node[group->size - 1] = groups[i].node[0];
	}
	qsort(groups, last + 1, sizeof(*groups), compare_groups);
	return last + 1;
}

static void print_group(const struct view *view, const struct group *group)
{
	const struct rollout_counts *c = group->counts;

	if (group->size > NAMED_MOST)
		(void)printf("%u nodes", group->size);
	for (uint32_t i = 0; i < group->size && group->size <= NAMED_MOST; i++)
		(void)printf("%s%s", i > 0 ? ", " : "", name_of(view, group->node[i]));
	(void)printf(": %u to add, %u to change, %u to delete, %u unchanged\n", c->add, c->change,
		     c->remove, c->unchanged);
}

static int print_text(const struct view *view)
{
	struct arena space = {.limit = view->nodes * sizeof(struct group)};
	struct group *groups = arena_push(&space, space.limit);
	uint32_t count;

	if (groups == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < view->nodes; i++)
		groups[i] = (struct group){.counts = &view->counts[i], .size = 1, .node = {i}};
	count = join(groups, view->nodes);
	for (uint32_t i = 0; i < count; i++)
		print_group(view, &groups[i]);
	arena_release(&space);
	(void)printf("Plan: %ju to add, %ju to change, %ju to delete, %ju unchanged; "
		     "%u of %u node%s change%s.\n",
		     (uintmax_t)view->add, (uintmax_t)view->change, (uintmax_t)view->remove,
		     (uintmax_t)view->unchanged, view->changed, view->nodes,
		     view->nodes == 1 ? "" : "s", view->changed == 1 ? "s" : "");
	return 0;
}

static void put_summary(struct json *json, const uint64_t numbers[4])
{
	static const char *const keys[] = {"add", "change", "delete", "unchanged"};

	json_open(json, "summary", '{');
	for (int i = 0; i < 4; i++)
		json_put_number(json, keys[i], (int64_t)numbers[i]);
}

static void show_json(const struct view *view)
{
	const uint64_t totals[] = {view->add, view->change, view->remove, view->unchanged};
	struct json json = print_json();

	json_open(&json, "nodes", '[');
	for (uint32_t i = 0; i < view->nodes; i++) {
		const struct rollout_counts *c = &view->counts[i];
		const uint64_t numbers[] = {c->add, c->change, c->remove, c->unchanged};

		json_open(&json, NULL, '{');
		json_put_text(&json, "node", name_of(view, i));
		put_summary(&json, numbers);
		json_close(&json, '}');
		json_close(&json, '}');
	}
	json_close(&json, ']');
	put_summary(&json, totals);
	json_put_number(&json, "nodes", view->nodes);
	json_put_number(&json, "changed", view->changed);
	json_close(&json, '}');
	print_json_end(&json);
}

static int run_all(const struct config *was, const struct config *now,
		   const struct options *options)
{
	struct arena counts = {.limit = 0};
	int status = rollout_count(was, now, &counts);
	struct view view = {.changed = 0};

	if (status == 0)
		view = view_of(now, &counts);
	if (status == 0 && options->output == OUTPUT_JSON)
		show_json(&view);
	else if (status == 0)
		status = print_text(&view);
	arena_release(&counts);
	if (status < 0) {
		print_problem("no memory", options);
		return EXIT_FAILED;
	}
	return options->exit_code && view.changed > 0 ? EXIT_PENDING : EXIT_DONE;
}

int rollout_run(const struct loaded *now, const struct options *options)
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
			       : run_all(&was.config, &now->config, options);
	}
	load_release(&was);
	return code;
}
