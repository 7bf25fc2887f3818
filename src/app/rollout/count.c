/* count.c - one bystander's plan, adjusted for each host by its own podCIDRs. */
/* SPDX-License-Identifier: MIT */
#include "app/rollout/count.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "croute/base/hash.h"

/*
 * Hosts differ only in their own podCIDRs and in static routes. So the plan of a bystander, who has
 * neither, is made once. For each host the plan of the few podCIDRs that matter to it is taken off
 * as a bystander makes it, and added as the host itself does.
 */
enum { WAS, NOW, SIDES };

/* For each file and family, over how many underlays a host has pod routes of it. */
#define CARDS (CONFIG_ADDRESSES_MOST + 1U)
#define VIEWS (CARDS * CARDS * CARDS * CARDS)

struct side {
	const struct config *config;
	struct config part; /* the same, with only those podCIDRs and routes that are planned */
	struct arena few;   /* struct config_podcidr: those that matter to one host, sorted */
	struct arena index; /* uint32_t: `first` and `owned` */
	uint32_t *first;    /* by node: where its podCIDRs begin in `owned`; one more at the end */
	uint32_t *owned;    /* numbers of podCIDRs, node by node */
	struct rows always; /* big-endian numbers of podCIDRs that matter to static routes */
	struct rows picked; /* those of one host as well; some more than once */
};

struct name {
	uint64_t hash;
	uint32_t node;
	uint32_t zero;
};

struct rollout {
	struct side side[SIDES];
	struct rows names; /* struct name, of the old file */
	struct between between;
	struct rollout_counts bystander[VIEWS];
	bool known[VIEWS];
};

/* A node of the new file, and the same for the old one or CONFIG_NOT_FOUND. */
struct host {
	const char *name;
	uint32_t node[SIDES];
};

static const char *name_of(const struct config *config, uint32_t node)
{
	return config_string_at(config, config_node_at(config, node)->name);
}

/* Sort the podCIDRs by node, in their order: a counting sort. */
static int index_podcidrs(struct side *side)
{
	const struct config *config = side->config;
	uint32_t nodes = config_node_count(config);
	uint32_t count = config_podcidr_count(config);

	side->index.limit = ((size_t)nodes + 1 + count) * sizeof(uint32_t);
	side->first = arena_push(&side->index, side->index.limit);
	if (side->first == NULL)
		return -ENOMEM;
	side->owned = side->first + nodes + 1;
	for (uint32_t i = 0; i < count; i++)
		side->first[config_podcidr_at(config, i)->node]++;
	for (uint32_t i = 1; i <= nodes; i++)
		side->first[i] += side->first[i - 1];
	for (uint32_t i = count; i-- > 0;)
		side->owned[--side->first[config_podcidr_at(config, i)->node]] = i;
	return 0;
}

static int side_init(struct side *side, const struct config *config)
{
	*side = (struct side){.config = config, .part = *config};
	side->few.limit = config->podcidrs.limit;
	rows_init(&side->always, sizeof(uint32_t), sizeof(uint32_t), CONFIG_PODCIDRS_MOST);
	rows_init(&side->picked, sizeof(uint32_t), sizeof(uint32_t), CONFIG_PODCIDRS_MOST);
	return index_podcidrs(side);
}

static void side_release(struct side *side)
{
	arena_release(&side->few);
	arena_release(&side->index);
	rows_release(&side->always);
	rows_release(&side->picked);
}

static int collect_names(struct rows *names, const struct config *config)
{
	int status = 0;

	for (uint32_t i = 0; i < config_node_count(config) && status == 0; i++) {
		struct name name = {.hash = hash_text(name_of(config, i)), .node = i};

		status = rows_add(names, &name);
	}
	rows_sort(names);
	return status;
}

static uint32_t find_old(const struct rollout *rollout, const char *name)
{
	uint64_t hash = hash_text(name);

	for (uint32_t i = rows_find(&rollout->names, &hash); i < rollout->names.count; i++) {
		const struct name *found = rows_at(&rollout->names, i);

		if (found->hash != hash)
			break;
		if (strcmp(name_of(rollout->side[WAS].config, found->node), name) == 0)
			return found->node;
	}
	return CONFIG_NOT_FOUND;
}

static uint32_t find_podcidr(const struct config *config, const struct prefix *prefix)
{
	uint32_t i = config_podcidr_covering(config, prefix);

	if (i == CONFIG_NOT_FOUND || !prefix_same(&config_podcidr_at(config, i)->prefix, prefix))
		return CONFIG_NOT_FOUND;
	return i;
}

static int pick_pair(struct rollout *rollout, const struct prefix *prefix)
{
	int status = 0;

	for (int i = 0; i < SIDES && status == 0; i++) {
		uint32_t number = find_podcidr(rollout->side[i].config, prefix);
		uint32_t row = htonl(number);

		if (number != CONFIG_NOT_FOUND)
			status = rows_add(&rollout->side[i].picked, &row);
	}
	return status;
}

/* A destination in either file, and the podCIDR that its node's forwarding entry is counted with:
 * the node's first one of the family, or, where one family carries both, of all. */
static int pick(struct rollout *rollout, const struct prefix *prefix)
{
	const struct side *now = &rollout->side[NOW];
	uint32_t i = find_podcidr(now->config, prefix);
	const struct config_podcidr *first;
	uint32_t at;
	int status = pick_pair(rollout, prefix);

	if (status < 0 || i == CONFIG_NOT_FOUND)
		return status;
	at = now->first[config_podcidr_at(now->config, i)->node];
	first = config_podcidr_at(now->config, now->owned[at]);
	status = pick_pair(rollout, &first->prefix);
	if (status < 0)
		return status;
	do
		first = config_podcidr_at(now->config, now->owned[at++]);
	while (first->prefix.ip.family != prefix->ip.family);
	return pick_pair(rollout, &first->prefix);
}

static int pick_owned(struct rollout *rollout, const struct side *side, uint32_t node)
{
	int status = 0;

	if (node == CONFIG_NOT_FOUND)
		return 0;
	for (uint32_t i = side->first[node]; i < side->first[node + 1] && status == 0; i++)
		status = pick(rollout, &config_podcidr_at(side->config, side->owned[i])->prefix);
	return status;
}

/* A static route inside a podCIDR is refused by all hosts but its owner, and one may stand where
 * the other file has a pod route. */
static int pick_around(struct rollout *rollout, const struct config_route *route)
{
	int status = 0;

	for (int i = 0; i < SIDES && status == 0; i++) {
		const struct config *config = rollout->side[i].config;
		uint32_t around = config_podcidr_covering(config, &route->to);

		if (around != CONFIG_NOT_FOUND)
			status = pick(rollout, &config_podcidr_at(config, around)->prefix);
	}
	return status;
}

static int pick_always(struct rollout *rollout)
{
	int status = 0;

	for (int i = 0; i < SIDES; i++) {
		const struct config *config = rollout->side[i].config;

		for (uint32_t j = 0; j < config_route_count(config) && status == 0; j++)
			status = pick_around(rollout, config_route_at(config, j));
	}
	for (int i = 0; i < SIDES; i++) {
		struct side *side = &rollout->side[i];
		struct rows empty = side->always;

		side->always = side->picked;
		side->picked = empty;
	}
	return status;
}

/* Let `part` show the podCIDRs that were picked, each once. */
static int show_few(struct side *side)
{
	uint32_t last = CONFIG_NOT_FOUND;

	for (uint32_t i = 0; i < side->always.count; i++) {
		if (rows_add(&side->picked, rows_at(&side->always, i)) < 0)
			return -ENOMEM;
	}
	rows_sort(&side->picked);
	arena_reset(&side->few);
	for (uint32_t i = 0; i < side->picked.count; i++) {
		uint32_t number = ntohl(*(const uint32_t *)rows_at(&side->picked, i));
		struct config_podcidr *podcidr;

		if (number == last)
			continue;
		podcidr = arena_push(&side->few, sizeof(*podcidr));
		if (podcidr == NULL)
			return -ENOMEM;
		*podcidr = *config_podcidr_at(side->config, number);
		last = number;
	}
	side->part.podcidrs = side->few;
	return 0;
}

static int show_few_of(struct rollout *rollout, const struct host *host)
{
	int status = 0;

	for (int i = 0; i < SIDES; i++)
		rows_reset(&rollout->side[i].picked);
	for (int i = 0; i < SIDES && status == 0; i++)
		status = pick_owned(rollout, &rollout->side[i], host->node[i]);
	for (int i = 0; i < SIDES && status == 0; i++)
		status = show_few(&rollout->side[i]);
	return status;
}

static void show_all(struct rollout *rollout)
{
	for (int i = 0; i < SIDES; i++)
		rollout->side[i].part.podcidrs = rollout->side[i].config->podcidrs;
}

/* Plan what `part` shows. A bystander sees the families that the host does. */
static int plan(struct rollout *rollout, const struct host *host, bool is_bystander,
		struct rollout_counts *out)
{
	bool is_known = host->node[WAS] != CONFIG_NOT_FOUND ||
			rollout->side[WAS].config->backend == BACKEND_NONE;
	struct desired_input input[SIDES];
	struct plan_summary s;
	int status;

	for (int i = 0; i < SIDES; i++) {
		struct side *side = &rollout->side[i];

		side->part.routes = (struct arena){0};
		if (!is_bystander)
			side->part.routes = side->config->routes;
		input[i] = between_input(&side->part, host->node[i], host->name);
		if (is_bystander)
			input[i].node = CONFIG_NOT_FOUND;
	}
	status = between_plan(&rollout->between, is_known ? &input[WAS] : NULL, &input[NOW]);
	s = plan_summarize(&rollout->between.now);
	*out = (struct rollout_counts){s.add, s.change, s.remove, s.unchanged};
	return status;
}

static unsigned int view_of(const struct rollout *rollout, const struct host *host)
{
	unsigned int view = 0;

	for (int i = 0; i < SIDES; i++) {
		struct desired_input input = between_input(rollout->side[i].config, host->node[i],
							   host->name);

		for (uint32_t f = 0; f < FAMILIES; f++) {
			const struct family *family = &input.family[f];
			bool one = family->card_count == 0 && family->link.index != 0;

			view = view * CARDS + (one ? 1 : family->card_count);
		}
	}
	return view;
}

static int plan_bystander(struct rollout *rollout, const struct host *host,
			  struct rollout_counts *out)
{
	unsigned int view = view_of(rollout, host);
	int status = 0;

	if (!rollout->known[view]) {
		show_all(rollout);
		status = plan(rollout, host, true, &rollout->bystander[view]);
	}
	rollout->known[view] = true;
	*out = rollout->bystander[view];
	return status;
}

static int count_host(struct rollout *rollout, const struct host *host, struct rollout_counts *out)
{
	struct rollout_counts off, on;
	int status = plan_bystander(rollout, host, out);

	if (status == 0)
		status = show_few_of(rollout, host);
	if (status == 0)
		status = plan(rollout, host, true, &off);
	if (status == 0)
		status = plan(rollout, host, false, &on);
	if (status != 0)
		return status;
	out->add += on.add - off.add;
	out->change += on.change - off.change;
	out->remove += on.remove - off.remove;
	out->unchanged += on.unchanged - off.unchanged;
	return 0;
}

static int count_hosts(struct rollout *rollout, struct rollout_counts *counts)
{
	const struct config *now = rollout->side[NOW].config;
	int status = 0;

	for (uint32_t i = 0; i < config_node_count(now) && status == 0; i++) {
		struct host host = {.name = name_of(now, i), .node[NOW] = i};

		host.node[WAS] = find_old(rollout, host.name);
		status = count_host(rollout, &host, &counts[i]);
	}
	return status;
}

int rollout_count(const struct config *was, const struct config *now, struct arena *out)
{
	struct rollout rollout = {.known = {false}};
	struct rollout_counts *counts;
	int status;

	out->limit = config_node_count(now) * sizeof(*counts);
	counts = arena_push(out, out->limit);
	rows_init(&rollout.names, sizeof(struct name), sizeof(uint64_t), CONFIG_NODES_MOST);
	between_init(&rollout.between);
	status = counts != NULL ? side_init(&rollout.side[WAS], was) : -ENOMEM;
	if (status == 0)
		status = side_init(&rollout.side[NOW], now);
	if (status == 0)
		status = collect_names(&rollout.names, was);
	if (status == 0)
		status = pick_always(&rollout);
	if (status == 0)
		status = count_hosts(&rollout, counts);
	between_release(&rollout.between);
	rows_release(&rollout.names);
	for (int i = 0; i < SIDES; i++)
		side_release(&rollout.side[i]);
	return status < 0 ? -ENOMEM : 0;
}
