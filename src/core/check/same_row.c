/* same_row.c - routes of one key, sorted next to one another. */
/* SPDX-License-Identifier: MIT */
#include "core/check/same_row.h"

#include <fnmatch.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define KERNEL_METRIC_IPV6 1024 /* IP6_RT_PRIO_USER, where none is given */

/* A route on the nodes of one word of its list; a route of both families appears twice. */
struct claim {
	struct prefix to;
	uint32_t table;
	uint32_t metric;
	uint32_t route;
	const char *name; /* a name or pattern; NULL: every node */
	bool is_pattern;
};

/* Claims of one key: to, table and metric. */
struct run {
	const struct claim *claims;
	size_t count;
	bool has_wide; /* one at least is for every node or a pattern */
};

static int compare_keys(const struct claim *a, const struct claim *b)
{
	int order = prefix_compare(&a->to, &b->to);

	if (order == 0)
		order = (a->table > b->table) - (a->table < b->table);
	return order != 0 ? order : (a->metric > b->metric) - (a->metric < b->metric);
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a;
	const struct claim *y = b;
	int order = compare_keys(x, y);

	if (order == 0)
		order = strcmp(x->name != NULL ? x->name : "", y->name != NULL ? y->name : "");
	return order != 0 ? order : (x->route > y->route) - (x->route < y->route);
}

static bool add_claim(struct places *places, uint32_t i, uint8_t family, const char *name)
{
	const struct config_route *route = config_route_at(places->config, i);
	struct claim *claim = arena_push(&places->claims, sizeof(*claim));

	if (claim == NULL) {
		diag_error(places->diags, route->origin, "%s", PLACES_NO_ROOM);
		return false;
	}
	claim->to = route->to;
	claim->to.ip.family = family;
	claim->table = route->table;
	claim->metric = route->metric;
	if (family == AF_INET6 && claim->metric == 0)
		claim->metric = KERNEL_METRIC_IPV6;
	claim->route = i;
	claim->name = name;
	claim->is_pattern = name != NULL && strpbrk(name, "*?[\\") != NULL;
	return true;
}

static bool add_family(struct places *places, uint32_t i, uint8_t family)
{
	const struct config *config = places->config;
	struct config_list nodes = config_route_at(config, i)->nodes;

	if (nodes.count == 0)
		return add_claim(places, i, family, NULL);
	for (uint32_t j = 0; j < nodes.count; j++) {
		uint32_t word = config_word_at(config, nodes, j)->text;

		if (!add_claim(places, i, family, config_string_at(config, word)))
			return false;
	}
	return true;
}

static bool add_claims(struct places *places)
{
	for (uint32_t i = 0; i < config_route_count(places->config); i++) {
		const struct config_route *route = config_route_at(places->config, i);

		if (!ip_is_set(&route->to.ip))
			continue;
		if (!add_family(places, i, route->to.ip.family))
			return false;
		if (route->both_families && !add_family(places, i, AF_INET6))
			return false;
	}
	return true;
}

static void tell_twins(const struct places *places, uint32_t a, uint32_t b)
{
	const struct config *config = places->config;
	const struct config_route *first = config_route_at(config, a < b ? a : b);
	const struct config_route *second = config_route_at(config, a < b ? b : a);
	char to[PREFIX_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	diag_error(places->diags, second->origin,
		   "a second route to %s of the same table and metric; the other is in %s",
		   prefix_format(&second->to, to),
		   places_text(places, first->origin, second->origin, place));
}

static bool holds_on(const struct claim *claim, const char *name)
{
	if (claim->name == NULL || strcmp(claim->name, name) == 0)
		return true;
	return claim->is_pattern && fnmatch(claim->name, name, 0) == 0;
}

static bool meet_on(const struct places *places, const struct run *run, const char *name)
{
	const struct claim *first = NULL;

	for (size_t i = 0; i < run->count; i++) {
		const struct claim *claim = &run->claims[i];

		if (!holds_on(claim, name))
			continue;
		if (first != NULL && first->route != claim->route) {
			tell_twins(places, first->route, claim->route);
			return true;
		}
		first = claim;
	}
	return false;
}

/* Lists of names meet where one name stands in both: next to one another in the run. */
static bool meet_by_name(const struct places *places, const struct run *run)
{
	for (size_t i = 1; i < run->count; i++) {
		const struct claim *a = &run->claims[i - 1];
		const struct claim *b = &run->claims[i];
		bool same = a->name == NULL || b->name == NULL ? a->name == b->name
							       : strcmp(a->name, b->name) == 0;

		if (same && a->route != b->route) {
			tell_twins(places, a->route, b->route);
			return true;
		}
	}
	return false;
}

/* One message a run: the first two that meet. */
static void check_run(const struct places *places, const struct run *run)
{
	const struct config *config = places->config;

	if (run->count == 1 || meet_by_name(places, run) || !run->has_wide)
		return;
	for (size_t i = 0; i < run->count; i++) {
		const struct claim *claim = &run->claims[i];

		if (meet_on(places, run, claim->name != NULL ? claim->name : ""))
			return;
	}
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		uint32_t name = config_node_at(config, i)->name;

		if (meet_on(places, run, config_string_at(config, name)))
			return;
	}
}

void check_same_row(struct places *places)
{
	struct claim *claims;
	struct run run;
	size_t count;

	arena_set_limit(&places->claims, 2 * CONFIG_WORDS_MOST * sizeof(*claims));
	if (config_route_count(places->config) < 2 || !add_claims(places))
		return;
	claims = (struct claim *)(void *)places->claims.base;
	count = places->claims.used / sizeof(*claims);
	if (count > 0)
		qsort(claims, count, sizeof(*claims), compare_claims);
	for (size_t i = 0; i < count; i += run.count) {
		run = (struct run){.claims = &claims[i]};
		do {
			const struct claim *claim = &claims[i + run.count];

			run.has_wide |= claim->name == NULL || claim->is_pattern;
			run.count++;
		} while (i + run.count < count &&
			 compare_keys(&claims[i], &claims[i + run.count]) == 0);
		check_run(places, &run);
	}
	arena_release(&places->claims);
}
