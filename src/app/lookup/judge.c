/* judge.c - what the kernel answered against what the file wants. */
#include "app/lookup/lookup.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "croute/core/plan/owner.h"

static bool same_key(const struct route *a, const struct route *b)
{
	return memcmp(a, b, ROUTE_KEY_SIZE) == 0;
}

/* Not among the rows of the pass while its family has no interface: then nobody can say. */
static const struct change *find_deletion(const struct lookup *lookup, const struct route *route)
{
	const struct report *report = lookup->report;

	for (uint32_t i = 0; i < plan_change_count(report->plan); i++) {
		const struct change *change = plan_change_at(report->plan, i);

		if (change->kind == CHANGE_ROUTE && change->action == CHANGE_DELETE &&
		    same_key(rows_at(&report->have->rows[CHANGE_ROUTE], change->have), route))
			return change;
	}
	return NULL;
}

static enum lookup_verdict blame(struct lookup *lookup, const struct route *culprit,
				 enum lookup_verdict verdict)
{
	lookup->culprit = culprit;
	return verdict;
}

/* A route of croute's that the file no longer asks for, or `otherwise`. */
static enum lookup_verdict judge_leftover(struct lookup *lookup, enum lookup_verdict otherwise)
{
	const struct route *match = &lookup->kernel.match;
	const struct change *change = NULL;

	if (match->family != 0 && owner_has_route(match, lookup->report->config->kernel.protocol))
		change = find_deletion(lookup, match);
	if (change == NULL)
		return otherwise;
	return blame(lookup, match, change->result == CHANGE_HELD ? LOOKUP_HELD : LOOKUP_LEFT_OVER);
}

/* Pods of this node are behind its links, without a gateway; a wider route means that there are
 * none yet. */
static enum lookup_verdict judge_own(struct lookup *lookup)
{
	const struct prefix *own =
		&config_podcidr_at(lookup->report->config, lookup->podcidr)->prefix;
	const struct route *match = &lookup->kernel.match;

	if (match->family == 0 || match->dst_len < own->len ||
	    (match->has & ROUTE_HAS_GATEWAY) == 0)
		return LOOKUP_LOCAL;
	return judge_leftover(lookup, blame(lookup, match, LOOKUP_ELSEWHERE));
}

static enum lookup_verdict judge_unrouted(const struct lookup *lookup)
{
	const struct selected *link = lookup->address.family == AF_INET ? &lookup->report->ipv4
									: &lookup->report->ipv6;

	if (lookup->setback != NULL)
		return LOOKUP_SET_BACK;
	if (lookup->report->config->backend == BACKEND_NONE)
		return LOOKUP_UNOWNED;
	if (!ip_is_set(&lookup->peer))
		return LOOKUP_NO_ADDRESS;
	return link->index == 0 ? LOOKUP_NO_INTERFACE : LOOKUP_NO_DEVICE;
}

/* What a pass would do about the wanted row; AGREES: nothing. */
static enum lookup_verdict judge_row(struct lookup *lookup)
{
	const struct change *change = lookup->change;
	const struct report *report = lookup->report;
	uint32_t foreign;

	if (change == NULL)
		return LOOKUP_AGREES;
	if (change->result == CHANGE_CONFLICT) {
		foreign = foreign_route_on(report->foreign, lookup->row);
		return blame(lookup,
			     foreign < report->foreign->routes.count
				     ? rows_at(&report->foreign->routes, foreign)
				     : NULL,
			     LOOKUP_CONFLICT);
	}
	if (change->action == CHANGE_REPLACE)
		return blame(lookup, rows_at(&report->have->rows[CHANGE_ROUTE], change->have),
			     LOOKUP_DIFFERS);
	return change->action == CHANGE_ADD ? LOOKUP_MISSING : LOOKUP_AGREES;
}

static const struct rule *find_rule(const struct lookup *lookup, uint32_t table)
{
	const struct rows *rules = &lookup->kernel.rules;

	for (uint32_t i = 0; i < rules->count; i++) {
		const struct rule *rule = rows_at(rules, i);
		bool leads = rule->action == RULE_LOOKUP
				     ? rule->table == table
				     : table == RT_TABLE_UNSPEC && rule->action >= RULE_BLACKHOLE;

		if (leads && lookup_rule_matters(lookup, rule))
			return rule;
	}
	return NULL;
}

static bool is_better(const struct route *route, const struct route *than)
{
	return route->dst_len > than->dst_len ||
	       (route->dst_len == than->dst_len && route->metric < than->metric);
}

/* The row that the kernel would come to in a table: longest prefix, then lowest metric. */
static const struct route *find_best(const struct lookup *lookup, uint32_t table)
{
	const struct rows *routes = &lookup->kernel.routes;
	const struct route *best = NULL;

	for (uint32_t i = 0; i < routes->count; i++) {
		const struct route *route = rows_at(routes, i);

		if (route->table == table && route->tos == 0 &&
		    (best == NULL || is_better(route, best)))
			best = route;
	}
	return best;
}

static enum lookup_verdict judge_winner(struct lookup *lookup, const struct route *winner)
{
	if (winner->dst_len > lookup->want->dst_len)
		return blame(lookup, winner, LOOKUP_MORE_SPECIFIC);
	if (winner->dst_len == lookup->want->dst_len)
		return blame(lookup, winner, LOOKUP_SHADOWED);
	return blame(lookup, winner, LOOKUP_PASSED_OVER);
}

/* A refusal does not say which row or rule it comes from. */
static enum lookup_verdict judge_refusal(struct lookup *lookup)
{
	const struct route *best = find_best(lookup, lookup->want->table);

	lookup->rule = find_rule(lookup, RT_TABLE_UNSPEC);
	if (lookup->rule != NULL)
		return LOOKUP_POLICY_RULE;
	if (best == NULL || same_key(best, lookup->want))
		return LOOKUP_PASSED_OVER;
	return judge_winner(lookup, best);
}

static enum lookup_verdict judge_match(struct lookup *lookup)
{
	const struct route *match = &lookup->kernel.match;

	/* An older kernel does not tell the row, but the way. */
	if (match->family == 0)
		return route_same_way(&lookup->kernel.path, lookup->want) ? LOOKUP_AGREES
									  : judge_refusal(lookup);
	if (match->type != RTN_UNICAST && match->table == RT_TABLE_LOCAL)
		return blame(lookup, match, LOOKUP_HERE);
	if (route_same_way(match, lookup->want))
		return LOOKUP_AGREES;
	if (match->table == lookup->want->table)
		return judge_winner(lookup, match);
	lookup->rule = find_rule(lookup, match->table);
	if (lookup->rule == NULL && find_best(lookup, lookup->want->table) != NULL &&
	    match->table == RT_TABLE_DEFAULT)
		return blame(lookup, match, LOOKUP_PASSED_OVER);
	return blame(lookup, match, LOOKUP_POLICY_RULE);
}

/* The kernel may have learnt another way to this one address: a redirect. */
static bool is_redirected(const struct lookup *lookup)
{
	const struct route *path = &lookup->kernel.path;
	const struct route *match = &lookup->kernel.match;

	return path->family != 0 && match->family != 0 && path->type == RTN_UNICAST &&
	       (path->oif != match->oif ||
		(path->has & ROUTE_HAS_GATEWAY) != (match->has & ROUTE_HAS_GATEWAY) ||
		memcmp(path->gateway, match->gateway, sizeof(path->gateway)) != 0);
}

static bool parts_are_right(const struct lookup *lookup)
{
	return lookup->neigh != NULL && lookup->fdb != NULL && lookup->want_fdb != NULL &&
	       memcmp(lookup->neigh, lookup->want_neigh, sizeof(*lookup->neigh)) == 0 &&
	       memcmp(lookup->fdb, lookup->want_fdb, sizeof(*lookup->fdb)) == 0;
}

/* An entry that is absent, stale or just being asked for is unknown, not wrong. */
static enum lookup_verdict judge_hop(const struct lookup *lookup)
{
	const struct lookup_hop *hop = &lookup->kernel.hop;
	const struct link *link = links_find_index(lookup->report->links, hop->link);

	if (!ip_is_set(&hop->ip))
		return lookup_is_tunnelled(lookup) ? LOOKUP_NO_WAY : LOOKUP_AGREES;
	if (link != NULL && (link->flags & IFF_RUNNING) == 0)
		return LOOKUP_NO_CARRIER;
	return (hop->neigh.state & NUD_FAILED) != 0 ? LOOKUP_GATEWAY_FAILED : LOOKUP_AGREES;
}

static enum lookup_verdict judge_peer(struct lookup *lookup)
{
	const struct route *match = &lookup->kernel.match;
	enum lookup_verdict verdict = judge_row(lookup);

	if (match->family != 0 && match->type != RTN_UNICAST && match->table == RT_TABLE_LOCAL)
		return blame(lookup, match, LOOKUP_HERE);
	if (verdict == LOOKUP_AGREES)
		verdict = judge_match(lookup);
	if (verdict != LOOKUP_AGREES)
		return verdict;
	if (is_redirected(lookup))
		return blame(lookup, &lookup->kernel.path, LOOKUP_REDIRECTED);
	if (lookup_is_tunnelled(lookup) && !parts_are_right(lookup))
		return LOOKUP_PEER_PART;
	return judge_hop(lookup);
}

void lookup_judge(struct lookup *lookup)
{
	lookup->culprit = NULL;
	lookup->rule = NULL;
	if (lookup->podcidr == CONFIG_NOT_FOUND)
		lookup->verdict = judge_leftover(lookup, LOOKUP_UNOWNED);
	else if (lookup_is_own(lookup))
		lookup->verdict = judge_own(lookup);
	else if (lookup->want == NULL)
		lookup->verdict = judge_unrouted(lookup);
	else
		lookup->verdict = judge_peer(lookup);
}
