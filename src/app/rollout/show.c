/* show.c - what a new file changes on all hosts: groups for people, hosts for programs. */
#include "app/rollout/show.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/rollout/count.h"
#include "croute/app/cli/command.h"
#include "croute/app/print/diags.h"
#include "croute/model/rows.h"

#define NAMED_MOST 3 /* a group of so many names its nodes */

/* A node under its counts; sorted, equal ones stand together in the order of the file. */
struct member {
	struct rollout_counts counts;
	uint32_t node; /* big-endian, so that it sorts by value */
};

/* Members of equal counts; sorted, the largest group comes first. */
struct group {
	uint32_t others; /* nodes outside of it, big-endian */
	uint32_t node;	 /* the first one's, big-endian */
	uint32_t first;	 /* among the members */
	uint32_t size;
};

struct totals {
	uint64_t add;
	uint64_t change;
	uint64_t remove;
	uint64_t unchanged;
	uint32_t nodes;
	uint32_t changed; /* nodes */
};

static const struct rollout_counts *counts_of(const struct arena *counts, uint32_t node)
{
	return (const struct rollout_counts *)(const void *)counts->base + node;
}

static struct totals sum_up(const struct config *config, const struct arena *counts)
{
	struct totals totals = {.nodes = config_node_count(config)};

	for (uint32_t i = 0; i < totals.nodes; i++) {
		const struct rollout_counts *c = counts_of(counts, i);

		totals.add += c->add;
		totals.change += c->change;
		totals.remove += c->remove;
		totals.unchanged += c->unchanged;
		totals.changed += c->add != 0 || c->change != 0 || c->remove != 0;
	}
	return totals;
}

static const char *name_of(const struct config *config, uint32_t node)
{
	return config_string_at(config, config_node_at(config, node)->name);
}

static bool is_same(const struct member *a, const struct member *b)
{
	return memcmp(&a->counts, &b->counts, sizeof(a->counts)) == 0;
}

static int collect_members(struct rows *members, const struct arena *counts, uint32_t nodes)
{
	int status = 0;

	for (uint32_t i = 0; i < nodes && status == 0; i++) {
		struct member member = {.counts = *counts_of(counts, i), .node = htonl(i)};

		status = rows_add(members, &member);
	}
	rows_sort(members);
	return status;
}

static int collect_groups(struct rows *groups, const struct rows *members)
{
	int status = 0;
	struct group group = {.size = 0};

	for (uint32_t i = 0; i < members->count && status == 0; i += group.size) {
		const struct member *member = rows_at(members, i);

		group = (struct group){.node = member->node, .first = i, .size = 1};
		while (i + group.size < members->count &&
		       is_same(member, rows_at(members, i + group.size)))
			group.size++;
		group.others = htonl(members->count - group.size);
		status = rows_add(groups, &group);
	}
	rows_sort(groups);
	return status;
}

static void print_names(const struct config *config, const struct rows *members,
			const struct group *group)
{
	for (uint32_t i = 0; i < group->size; i++) {
		const struct member *member = rows_at(members, group->first + i);

		(void)printf("%s%s", i > 0 ? ", " : "", name_of(config, ntohl(member->node)));
	}
}

static void print_group(const struct config *config, const struct rows *members,
			const struct group *group)
{
	const struct member *first = rows_at(members, group->first);
	const struct rollout_counts *c = &first->counts;

	if (group->size <= NAMED_MOST)
		print_names(config, members, group);
	else
		(void)printf("%u nodes", group->size);
	(void)printf(": %u to add, %u to change, %u to delete, %u unchanged\n", c->add, c->change,
		     c->remove, c->unchanged);
}

static void print_totals(const struct totals *totals)
{
	(void)printf("Plan: %ju to add, %ju to change, %ju to delete, %ju unchanged; "
		     "%u of %u node%s change%s.\n",
		     (uintmax_t)totals->add, (uintmax_t)totals->change, (uintmax_t)totals->remove,
		     (uintmax_t)totals->unchanged, totals->changed, totals->nodes,
		     totals->nodes == 1 ? "" : "s", totals->changed == 1 ? "s" : "");
}

static int show_text(const struct config *config, const struct arena *counts,
		     const struct totals *totals)
{
	struct rows members;
	struct rows groups;
	int status;

	rows_init(&members, sizeof(struct member), sizeof(struct member), CONFIG_NODES_MOST);
	rows_init(&groups, sizeof(struct group), sizeof(struct group), CONFIG_NODES_MOST);
	status = collect_members(&members, counts, totals->nodes);
	if (status == 0)
		status = collect_groups(&groups, &members);
	for (uint32_t i = 0; i < groups.count && status == 0; i++)
		print_group(config, &members, rows_at(&groups, i));
	if (status == 0)
		print_totals(totals);
	rows_release(&members);
	rows_release(&groups);
	return status;
}

static void put_node(struct json *json, const char *name, const struct rollout_counts *counts)
{
	json_open(json, NULL, '{');
	json_put_text(json, "node", name);
	json_open(json, "summary", '{');
	json_put_number(json, "add", counts->add);
	json_put_number(json, "change", counts->change);
	json_put_number(json, "delete", counts->remove);
	json_put_number(json, "unchanged", counts->unchanged);
	json_close(json, '}');
	json_close(json, '}');
}

static void show_json(const struct config *config, const struct arena *counts,
		      const struct totals *totals)
{
	struct json json = print_json();

	json_open(&json, "nodes", '[');
	for (uint32_t i = 0; i < totals->nodes; i++)
		put_node(&json, name_of(config, i), counts_of(counts, i));
	json_close(&json, ']');
	json_open(&json, "summary", '{');
	json_put_number(&json, "add", (int64_t)totals->add);
	json_put_number(&json, "change", (int64_t)totals->change);
	json_put_number(&json, "delete", (int64_t)totals->remove);
	json_put_number(&json, "unchanged", (int64_t)totals->unchanged);
	json_put_number(&json, "nodes", totals->nodes);
	json_put_number(&json, "changed", totals->changed);
	json_close(&json, '}');
	print_json_end(&json);
}

static int show(const struct config *was, const struct config *now, struct arena *counts,
		struct totals *totals, enum output output)
{
	int status = rollout_count(was, now, counts);

	if (status < 0)
		return status;
	*totals = sum_up(now, counts);
	if (output == OUTPUT_TEXT)
		return show_text(now, counts, totals);
	show_json(now, counts, totals);
	return 0;
}

static int refuse(const struct options *options)
{
	struct error err;

	(void)error_set(&err, ESRCH,
			"%s: it has no nodes to count for; name a host with --node or $NODE_NAME",
			options->config);
	return print_failure(options->config, &err, options);
}

int rollout_show(const struct config *was, const struct config *now, const struct options *options)
{
	struct arena counts = {.limit = 0};
	struct totals totals;
	int status;

	if (config_node_count(now) == 0)
		return refuse(options);
	status = show(was, now, &counts, &totals, options->output);
	arena_release(&counts);
	if (status < 0) {
		print_problem("no memory", options);
		return EXIT_FAILED;
	}
	return options->exit_code && totals.changed > 0 ? EXIT_PENDING : EXIT_DONE;
}
