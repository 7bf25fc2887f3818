/* plan.c - want minus have: one merge of two sorted arrays, by runs of equal keys. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/plan.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/plan/foreign.h"

/* One kind being merged. */
struct merge {
	struct plan *plan;
	enum change_kind kind;
	const struct rows *want;
	const struct rows *have;
	const struct picture *picture;
};

/* The rows of one key: at most one object is wanted, any number are present. */
struct run {
	uint32_t want;	/* CHANGE_NO_ROW: none */
	uint32_t wants; /* rows of it: next hops of a route */
	uint32_t have;
	uint32_t count; /* of have */
};

uint32_t plan_change_count(const struct plan *plan)
{
	return (uint32_t)(plan->changes.used / sizeof(struct change));
}

struct change *plan_change_at(const struct plan *plan, uint32_t i)
{
	return (struct change *)(void *)plan->changes.base + i;
}

static const struct route *route_at(const struct rows *rows, uint32_t i)
{
	return rows_at(rows, i);
}

static int add_change(const struct merge *merge, enum change_action action, uint32_t want,
		      uint32_t have)
{
	struct change *change = arena_push(&merge->plan->changes, sizeof(*change));

	if (change == NULL)
		return -ENOSPC;
	change->kind = (uint8_t)merge->kind;
	change->action = (uint8_t)action;
	change->want = want;
	change->have = have;
	return 0;
}

static struct change *last_change(const struct plan *plan)
{
	return plan_change_at(plan, plan_change_count(plan) - 1);
}

static bool is_right(const struct merge *merge, uint32_t want, uint32_t have)
{
	return memcmp(rows_at(merge->want, want), rows_at(merge->have, have), merge->have->size) ==
	       0;
}

/* Remove the rows of a run but one. */
static int trim(const struct merge *merge, struct run run, uint32_t keep)
{
	int status = 0;

	for (uint32_t i = 0; i < run.count && status == 0; i++) {
		if (run.have + i != keep)
			status = add_change(merge, CHANGE_TRIM, CHANGE_NO_ROW, run.have + i);
	}
	return status;
}

/* The row of the run that equals the wanted one, else the first of them. */
static uint32_t row_to_keep(const struct merge *merge, struct run run)
{
	for (uint32_t i = 0; i < run.count; i++) {
		if (is_right(merge, run.want, run.have + i))
			return run.have + i;
	}
	return run.have;
}

static bool has_hops(const struct merge *merge, struct run run)
{
	bool any = run.wants > 1;

	for (uint32_t i = 0; merge->kind == CHANGE_ROUTE && !any && i < run.count; i++)
		any = route_at(merge->have, run.have + i)->hops > 1;
	return any;
}

/* Whether the row leads like a next hop of the wanted route, of however many. */
static bool is_wanted_hop(const struct merge *merge, struct run run, uint32_t have)
{
	struct route row = *route_at(merge->have, have);

	row.hops = route_at(merge->want, run.want)->hops;
	for (uint32_t i = 0; i < run.wants; i++) {
		if (memcmp(route_at(merge->want, run.want + i), &row, sizeof(row)) == 0)
			return true;
	}
	return false;
}

/* Rows of a run seen so far, by the number of next hops of their route. */
struct routes_in {
	uint8_t rows[ROUTE_HOPS_MOST + 1];
};

/* Whether the next row of a run stands for a route: of several next hops one does. */
static bool begins_route(struct routes_in *in, const struct route *route)
{
	if (route->hops < 2 || route->hops > ROUTE_HOPS_MOST)
		return true;
	in->rows[route->hops] = (uint8_t)((in->rows[route->hops] + 1) % route->hops);
	return in->rows[route->hops] == 1;
}

/* A next hop that is an address of the pods' own node is nobody else's: its card was lost. */
static bool leads_to_node(const struct merge *merge, const struct route *row)
{
	struct prefix prefix = route_prefix(row);
	struct ip gateway = route_gateway(row);
	const struct config *config = merge->picture->config;
	uint32_t i = config != NULL ? config_podcidr_covering(config, &prefix) : CONFIG_NOT_FOUND;

	return i != CONFIG_NOT_FOUND &&
	       config_has(config, config_podcidr_at(config, i)->node, &gateway);
}

/* One by one, as another program may have joined any of them; what is wanted, and one at least,
 * stays. */
static int settle_siblings(const struct merge *merge, struct run run)
{
	uint32_t keep = run.have;
	uint32_t kept = 0;
	bool stale = false;
	int status = 0;

	for (uint32_t i = run.have + run.count; i-- > run.have;)
		keep = is_wanted_hop(merge, run, i) ? i : keep;
	for (uint32_t i = run.have; i < run.have + run.count && status == 0; i++) {
		bool wanted = is_wanted_hop(merge, run, i);

		kept += wanted;
		if (wanted || i == keep)
			continue;
		if (route_at(merge->have, i)->hops > 1 &&
		    route_at(merge->have, i)->hops == route_at(merge->have, keep)->hops &&
		    leads_to_node(merge, route_at(merge->have, i)))
			stale = true;
		else
			status = add_change(merge, CHANGE_TRIM, CHANGE_NO_ROW, i);
	}
	if (status == 0 && (stale || kept != run.wants))
		return add_change(merge, CHANGE_REPLACE, run.want, keep);
	merge->plan->unchanged++;
	return status;
}

/* Of routes with several next hops the last one. */
static uint32_t route_to_keep(const struct merge *merge, struct run run)
{
	struct routes_in in = {.rows = {0}};
	uint32_t keep = run.have;

	for (uint32_t i = run.have; i < run.have + run.count; i++) {
		const struct route *route = route_at(merge->have, i);

		if (begins_route(&in, route) && route->hops > 1)
			keep = i;
	}
	return keep;
}

static int trim_routes(const struct merge *merge, struct run run, uint32_t keep, bool several)
{
	struct routes_in in = {.rows = {0}};
	int status = 0;

	for (uint32_t i = run.have; i < run.have + run.count && status == 0; i++) {
		const struct route *route = route_at(merge->have, i);

		if (begins_route(&in, route) && (route->hops > 1) == several && i != keep)
			status = add_change(merge, CHANGE_TRIM, CHANGE_NO_ROW, i);
	}
	return status;
}

/* IPv4 keeps routes on one key apart, but their rows do not tell which next hop is of which. So all
 * but one of those with several go, whichever, when the others have gone, and the last is replaced.
 */
static int settle_routes(const struct merge *merge, struct run run)
{
	uint32_t keep = route_to_keep(merge, run);
	int status = trim_routes(merge, run, keep, false);

	if (status == 0)
		status = trim_routes(merge, run, keep, true);
	return status < 0 ? status : add_change(merge, CHANGE_REPLACE, run.want, keep);
}

static bool is_whole(const struct merge *merge, struct run run)
{
	if (run.count != run.wants)
		return false;
	for (uint32_t i = 0; i < run.count; i++) {
		if (!is_right(merge, run.want + i, run.have + i))
			return false;
	}
	return true;
}

static int settle_hops(const struct merge *merge, struct run run)
{
	if (is_whole(merge, run)) {
		merge->plan->unchanged++;
		return 0;
	}
	return route_at(merge->want, run.want)->family == AF_INET6 ? settle_siblings(merge, run)
								   : settle_routes(merge, run);
}

static bool is_there(const struct merge *merge, uint32_t want)
{
	return merge->kind == CHANGE_ROUTE && picture_is_there(merge->picture, want);
}

static int settle_wanted(const struct merge *merge, struct run run)
{
	uint32_t keep = row_to_keep(merge, run);
	int status;

	if (run.count == 0 && !is_there(merge, run.want))
		return add_change(merge, CHANGE_ADD, run.want, CHANGE_NO_ROW);
	if (run.count == 0) {
		merge->plan->unchanged++;
		return 0;
	}
	if (has_hops(merge, run))
		return settle_hops(merge, run);
	status = trim(merge, run, keep);
	if (status < 0)
		return status;
	if (!is_right(merge, run.want, keep))
		return add_change(merge, CHANGE_REPLACE, run.want, keep);
	merge->plan->unchanged += merge->kind == CHANGE_ROUTE;
	return 0;
}

static int settle_conflict(const struct merge *merge, uint32_t want)
{
	int status = add_change(merge, CHANGE_NONE, want, CHANGE_NO_ROW);

	if (status == 0)
		last_change(merge->plan)->result = CHANGE_CONFLICT;
	return status;
}

/* A shadowed route is kept right anyway; one line tells both. */
static int settle_shadowed(const struct merge *merge, struct run run)
{
	uint32_t unchanged = merge->plan->unchanged;
	int status = settle_wanted(merge, run);

	if (status == 0 && merge->plan->unchanged > unchanged)
		status = add_change(merge, CHANGE_NONE, run.want,
				    run.count > 0 ? run.have : CHANGE_NO_ROW);
	if (status == 0)
		last_change(merge->plan)->shadowed = 1;
	return status;
}

static int settle_unwanted(const struct merge *merge, struct run run)
{
	struct routes_in in = {.rows = {0}};
	int status = 0;

	for (uint32_t i = run.have; i < run.have + run.count && status == 0; i++) {
		if (merge->kind != CHANGE_ROUTE || begins_route(&in, route_at(merge->have, i)))
			status = add_change(merge, CHANGE_DELETE, CHANGE_NO_ROW, i);
	}
	return status;
}

static int settle(const struct merge *merge, struct run run)
{
	enum foreign_effect effect = FOREIGN_NONE;

	if (run.want == CHANGE_NO_ROW)
		return settle_unwanted(merge, run);
	merge->plan->wanted += merge->kind == CHANGE_ROUTE;
	for (uint32_t i = 0; merge->kind == CHANGE_ROUTE && i < run.wants; i++) {
		enum foreign_effect on_row = foreign_effect_on(&merge->picture->foreign,
							       run.want + i);

		effect = on_row > effect ? on_row : effect;
	}
	if (effect == FOREIGN_CONFLICT)
		return settle_conflict(merge, run.want);
	if (effect == FOREIGN_SHADOWS)
		return settle_shadowed(merge, run);
	return settle_wanted(merge, run);
}

/* The next key of both arrays, the smaller one first. */
static struct run next_run(const struct merge *merge, uint32_t i, uint32_t j)
{
	const struct rows *have = merge->have;
	struct run run = {.want = CHANGE_NO_ROW, .have = j};
	int order = i == merge->want->count ? 1
		    : j == have->count	    ? -1
					    : rows_compare_keys(merge->want, i, have, j);

	if (order <= 0) {
		run.want = i;
		run.wants = 1;
	}
	if (order <= 0 && merge->kind == CHANGE_ROUTE && route_at(merge->want, i)->hops > 1)
		run.wants = route_at(merge->want, i)->hops;
	if (order < 0)
		return run;
	do
		run.count++;
	while (j + run.count < have->count && rows_compare_keys(have, j, have, j + run.count) == 0);
	return run;
}

/* How many from there on need nothing: nearly all, as a rule. */
static uint32_t count_there(const struct merge *merge, uint32_t i, uint32_t j)
{
	uint32_t at = i;

	while (at < merge->want->count && is_there(merge, at) &&
	       foreign_effect_on(&merge->picture->foreign, at) < FOREIGN_SHADOWS &&
	       (j == merge->have->count || rows_compare_keys(merge->want, at, merge->have, j) < 0))
		at++;
	return at - i;
}

static int merge_kind(const struct merge *merge)
{
	uint32_t i = 0;
	uint32_t j = 0;
	int status = 0;

	while (status == 0) {
		uint32_t there = count_there(merge, i, j);
		struct run run;

		i += there;
		merge->plan->unchanged += there;
		merge->plan->wanted += there;
		if (i == merge->want->count && j == merge->have->count)
			return 0;
		run = next_run(merge, i, j);
		i += run.wants;
		j += run.count;
		status = settle(merge, run);
	}
	return status;
}

/* Note which kinds of parts of each podCIDR change, so that a peer is told and counted once. */
static int mark_parts(struct plan *plan, const struct desired *desired)
{
	uint32_t podcidrs = desired->podcidrs;

	if (podcidrs == 0 || desired->want.rows[CHANGE_NEIGH].count == 0)
		return 0;
	if (arena_push(&plan->parts, podcidrs) == NULL)
		return -ENOSPC;
	for_each_change (change, plan) {
		struct desired_cause cause;

		if (change->want == CHANGE_NO_ROW)
			continue;
		cause = desired_cause_at(desired, change->kind, change->want);
		if (!cause.is_static)
			plan->parts.base[cause.index] |= (uint8_t)PLAN_PART(change->kind);
	}
	return 0;
}

int plan_build(struct picture *picture)
{
	int status = 0;

	picture_reset_plan(picture);
	for (int kind = 0; kind < CHANGE_KINDS && status == 0; kind++) {
		struct merge merge = {.plan = &picture->plan,
				      .kind = (enum change_kind)kind,
				      .want = &picture->desired.want.rows[kind],
				      .have = &picture->have.rows[kind],
				      .picture = picture};

		status = merge_kind(&merge);
	}
	return status < 0 ? status : mark_parts(&picture->plan, &picture->desired);
}

bool plan_leads(const struct picture *picture, const struct change *change)
{
	const struct plan *plan = &picture->plan;
	struct desired_cause cause;

	if (change->kind == CHANGE_ROUTE)
		return true;
	if (change->want == CHANGE_NO_ROW || plan->parts.used == 0)
		return false;
	cause = desired_cause_at(&picture->desired, change->kind, change->want);
	return plan->parts.base[cause.index] >> (change->kind + 1) == 0;
}

/* How the i-th change compares with the wanted route `key`; those of other kinds come before. */
static int compare_with(const struct picture *picture, uint32_t i, const struct route *key)
{
	const struct change *change = plan_change_at(&picture->plan, i);

	if (change->kind != CHANGE_ROUTE)
		return -1;
	return memcmp(picture_row(picture, change), key, ROUTE_KEY_SIZE);
}

const struct change *plan_find_want(const struct picture *picture, uint32_t want)
{
	const struct route *key = desired_route_at(&picture->desired, want);
	uint32_t count = plan_change_count(&picture->plan);
	uint32_t low = 0;
	uint32_t high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare_with(picture, middle, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && compare_with(picture, low, key) == 0; low++) {
		if (plan_change_at(&picture->plan, low)->want != CHANGE_NO_ROW)
			return plan_change_at(&picture->plan, low);
	}
	return NULL;
}

void plan_set_failed(struct plan *plan, uint32_t i, int code, const char *words)
{
	struct change *change = plan_change_at(plan, i);
	struct failure *failure = arena_push(&plan->failures, sizeof(*failure));

	change->result = CHANGE_FAILED;
	change->detail = (uint32_t)(plan->failures.used / sizeof(*failure)) - 1;
	if (failure == NULL)
		return;
	failure->code = code;
	(void)snprintf(failure->words, sizeof(failure->words), "%s", words);
}

void plan_block_replacement(const struct plan *plan, struct change *trim)
{
	const struct change *end = plan_change_at(plan, plan_change_count(plan));

	do
		trim++;
	while (trim < end && trim->action == CHANGE_TRIM);
	if (trim < end && trim->action == CHANGE_REPLACE)
		trim->result = CHANGE_BLOCKED;
}

const struct failure *plan_failure_of(const struct plan *plan, const struct change *change)
{
	if (change->result != CHANGE_FAILED)
		return NULL;
	return (const struct failure *)(const void *)plan->failures.base + change->detail;
}

static void count_action(struct plan_summary *summary, const struct change *change)
{
	bool part = change->kind != CHANGE_ROUTE;

	summary->shadowed += change->shadowed;
	summary->add += change->action == CHANGE_ADD && !part;
	summary->change += change->action == CHANGE_REPLACE ||
			   (change->action == CHANGE_ADD && part);
	summary->remove += change->action == CHANGE_DELETE || change->action == CHANGE_TRIM;
	summary->unchanged -= part; /* its route is there, but the peer is not whole */
}

static void count_change(struct plan_summary *summary, const struct change *change)
{
	switch ((enum change_result)change->result) {
	case CHANGE_FAILED:
		summary->failed++;
		return;
	case CHANGE_HELD:
		summary->held++;
		return;
	case CHANGE_CONFLICT:
		summary->conflict++;
		return;
	case CHANGE_SPARED:
	case CHANGE_BLOCKED:
		return;
	case CHANGE_DELAYED:
	case CHANGE_PUT_OFF:
		summary->pending++;
		return;
	case CHANGE_PLANNED:
	case CHANGE_APPLIED:
	case CHANGE_AGAIN:
	case CHANGE_RESULTS:
		count_action(summary, change);
		return;
	}
}

struct plan_summary plan_summarize(const struct picture *picture)
{
	struct plan_summary summary = {.unchanged = picture->plan.unchanged};

	for_each_change (change, &picture->plan) {
		if (plan_leads(picture, change) || change->result == CHANGE_FAILED)
			count_change(&summary, change);
		else
			summary.parts += change->result != CHANGE_HELD &&
					 change->result != CHANGE_BLOCKED;
	}
	for (uint32_t i = 0; i < desired_unmet_count(&picture->desired); i++) {
		enum unmet_kind kind = desired_unmet_at(&picture->desired, i)->kind;

		summary.failed += kind == UNMET_REFUSED;
		summary.pending += kind == UNMET_PENDING;
	}
	return summary;
}

/* A row of too many next hops names no device: it may lead over any. */
static bool leads_over(const struct route *route, uint32_t link)
{
	return route->oif == link || (route->oif == 0 && route->type == RTN_UNICAST);
}

static uint32_t count_over(struct route_hops hops, uint32_t link)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < hops.count; i++)
		count += leads_over(hops.at[i], link);
	return count;
}

bool plan_leaves_link(const struct picture *picture, uint32_t link, enum change_result done)
{
	const struct rows *routes = &picture->have.rows[CHANGE_ROUTE];
	int64_t count = 0;

	for (uint32_t i = 0; i < routes->count; i++)
		count += leads_over(rows_at(routes, i), link);
	for (uint32_t i = 0; i < desired_route_count(&picture->desired); i++)
		count += picture_is_there(picture, i) &&
			 leads_over(desired_route_at(&picture->desired, i), link);
	for_each_change (change, &picture->plan) {
		if (change->kind != CHANGE_ROUTE || change->action == CHANGE_NONE ||
		    change->result != done)
			continue;
		if (change->have != CHANGE_NO_ROW)
			count -= count_over(picture_was_hops(picture, change), link);
		if (change->want != CHANGE_NO_ROW)
			count += count_over(picture_hops(picture, change), link);
	}
	return count > 0;
}
