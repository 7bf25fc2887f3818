/* judge.c - what the kernel answered against what the file wants. */
/* SPDX-License-Identifier: MIT */
#include "app/lookup/lookup.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "croute/core/plan/foreign.h"

static bool same_key(const struct route *a, const struct route *b)
{
	return memcmp(a, b, ROUTE_KEY_SIZE) == 0;
}

static enum lookup_verdict blame(struct lookup *lookup, const struct route *culprit,
				 enum lookup_verdict verdict)
{
	lookup->culprit = culprit;
	return verdict;
}

/* A route of croute's that the file no longer asks for, or `otherwise`. While its family has no
 * interface it is not among the rows of the pass: then that is unknown. */
static enum lookup_verdict judge_leftover(struct lookup *lookup, enum lookup_verdict otherwise)
{
	const struct plan *plan = &lookup->picture->plan;
	const struct route *match = &lookup->kernel.own.match;

	if (match->family == 0 || match->protocol != lookup->picture->protocol)
		return otherwise;
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		const struct change *change = plan_change_at(plan, i);

		if (change->kind == CHANGE_ROUTE && change->action == CHANGE_DELETE &&
		    same_key(picture_was(lookup->picture, change), match))
			return blame(lookup, match,
				     change->result == CHANGE_HELD ? LOOKUP_HELD
								   : LOOKUP_LEFT_OVER);
	}
	return otherwise;
}

/* Nodes may lie in podNetwork, where it is wide. */
static enum lookup_verdict judge_unowned(struct lookup *lookup)
{
	struct prefix prefix = prefix_of(&lookup->address, ip_bits(lookup->address.family));
	bool is_missing = lookup_node(lookup) == NULL &&
			  config_network_covering(lookup->picture->config, &prefix) != NULL;

	return judge_leftover(lookup, is_missing ? LOOKUP_NO_NODE : LOOKUP_UNOWNED);
}

/* Pods of this node are behind its links, without a gateway; a wider route means that there are
 * none yet, unless a rule leads past the link that they are behind. */
static enum lookup_verdict judge_own(struct lookup *lookup)
{
	const struct route *match = &lookup->kernel.own.match;
	const struct rule *rule = lookup_decider(lookup, &lookup->kernel.own);
	bool is_wider = match->dst_len < lookup->podcidr->prefix.len;

	if (match->family == 0)
		return LOOKUP_LOCAL;
	if (is_wider && lookup->kernel.door.family != 0 && rule != NULL) {
		lookup->rule = rule;
		return blame(lookup, match, LOOKUP_ELSEWHERE);
	}
	if (is_wider || (match->has & ROUTE_HAS_GATEWAY) == 0)
		return LOOKUP_LOCAL;
	return judge_leftover(lookup, blame(lookup, match, LOOKUP_ELSEWHERE));
}

static enum lookup_verdict judge_unrouted(const struct lookup *lookup)
{
	if (lookup->unmet != NULL)
		return LOOKUP_UNMET;
	if (lookup->picture->config->backend == BACKEND_NONE)
		return LOOKUP_UNOWNED;
	if (!ip_is_set(&lookup->peer))
		return LOOKUP_NO_ADDRESS;
	return lookup_underlay(lookup)->index == 0 ? LOOKUP_NO_INTERFACE : LOOKUP_NO_DEVICE;
}

/* The row that the kernel would come to in a table: longest prefix, then lowest metric. */
static const struct route *find_best(const struct lookup *lookup, const struct ip *dst,
				     uint32_t table)
{
	const struct rows *routes = &lookup->kernel.routes;
	const struct route *best = NULL;

	for (uint32_t i = 0; i < routes->count; i++) {
		const struct route *route = rows_at(routes, i);
		struct prefix prefix = route_prefix(route);

		if (route->table == table && route->tos == 0 && prefix_holds(&prefix, dst) &&
		    (best == NULL || route->dst_len > best->dst_len ||
		     (route->dst_len == best->dst_len && route->metric < best->metric)))
			best = route;
	}
	return best;
}

/* Whether the kernel would refuse the route, since a router is between this host and its gateway.
 */
static bool is_off_link(struct lookup *lookup)
{
	struct ip gateway = route_gateway(lookup->want);
	const struct route *way = find_best(lookup, &gateway, RT_TABLE_MAIN);

	if (!ip_is_set(&gateway) || (lookup->want->flags & ROUTE_ONLINK) != 0 ||
	    links_covers(&lookup->picture->links, lookup->want->oif, &gateway) ||
	    (way != NULL && way->oif == lookup->want->oif && (way->has & ROUTE_HAS_GATEWAY) == 0))
		return false;
	lookup->culprit = way;
	return true;
}

/* What a pass would do about the wanted row; AGREES: nothing. */
static enum lookup_verdict judge_row(struct lookup *lookup)
{
	const struct change *change = lookup->change;
	const struct foreign *foreign = &lookup->picture->foreign;
	uint32_t other;

	if (change == NULL)
		return LOOKUP_AGREES;
	if (change->result == CHANGE_CONFLICT) {
		other = foreign_route_on(foreign, lookup->row);
		return blame(lookup,
			     other < foreign->routes.count ? rows_at(&foreign->routes, other)
							   : NULL,
			     LOOKUP_CONFLICT);
	}
	if (change->action == CHANGE_REPLACE)
		return blame(lookup, picture_was(lookup->picture, change), LOOKUP_DIFFERS);
	if (change->action != CHANGE_ADD)
		return LOOKUP_AGREES;
	return is_off_link(lookup) ? LOOKUP_OFF_LINK : LOOKUP_MISSING;
}

static enum lookup_verdict judge_winner(struct lookup *lookup, const struct route *winner)
{
	uint8_t len = lookup->want->dst_len;

	return blame(lookup, winner,
		     winner->dst_len > len    ? LOOKUP_MORE_SPECIFIC
		     : winner->dst_len == len ? LOOKUP_SHADOWED
					      : LOOKUP_PASSED_OVER);
}

/* Our row, which would be used if the kernel accepted the packet. */
static enum lookup_verdict judge_unused(const struct lookup *lookup,
					const struct lookup_answer *answer)
{
	return answer == &lookup->kernel.pods ? LOOKUP_REFUSED : LOOKUP_PASSED_OVER;
}

/* What a rule does with the packet; AGREES: it goes on to the next. */
static enum lookup_verdict follow_rule(struct lookup *lookup, const struct lookup_answer *answer,
				       const struct rule *rule)
{
	uint32_t table = lookup_rule_table(lookup, rule, &answer->flow);
	const struct route *best = find_best(lookup, &answer->flow.dst, table);

	if (rule->action == RULE_LOOKUP) {
		if (best == NULL || best->type == RTN_THROW || best->dst_len < rule->shortest)
			return LOOKUP_AGREES;
		if (same_key(best, lookup->want))
			return judge_unused(lookup, answer);
		if (table == lookup->want->table)
			return judge_winner(lookup, best);
		lookup->culprit = best;
	} else if (rule->action < RULE_BLACKHOLE) {
		return LOOKUP_AGREES;
	}
	lookup->rule = rule;
	return LOOKUP_POLICY_RULE;
}

/* A kernel without policy routing has no rules, and looks into the main table. */
static bool is_led(const struct lookup *lookup, const struct lookup_answer *answer)
{
	return lookup->kernel.rules.count == 0 ||
	       lookup_leader(lookup, answer, lookup->want->table) != NULL;
}

/* A refusal does not say which row or rule it comes from, so rules and tables are followed here. */
static enum lookup_verdict judge_refusal(struct lookup *lookup, const struct lookup_answer *answer)
{
	const struct rows *rules = &lookup->kernel.rules;
	enum lookup_verdict verdict = LOOKUP_AGREES;

	for (uint32_t i = 0; i < rules->count && verdict == LOOKUP_AGREES; i++) {
		const struct rule *rule = rows_at(rules, i);

		if (lookup_rule_fits(lookup, rule, &answer->flow) == LOOKUP_FITS)
			verdict = follow_rule(lookup, answer, rule);
	}
	if (verdict != LOOKUP_AGREES)
		return verdict;
	return is_led(lookup, answer) ? judge_unused(lookup, answer) : LOOKUP_NO_RULE;
}

static bool is_local(const struct route *match)
{
	return match->family != 0 && match->type != RTN_UNICAST &&
	       (match->table == RT_TABLE_LOCAL || match->type == RTN_LOCAL); /* as in a VRF */
}

/* Whether two ways have one next hop, whatever else they bear. */
static bool same_hop(const struct route *a, const struct route *b)
{
	return a->oif == b->oif && ((a->has ^ b->has) & ROUTE_HAS_GATEWAY) == 0 &&
	       memcmp(a->gateway, b->gateway, sizeof(a->gateway)) == 0;
}

/* Whether a row or a way leads like one of several next hops that are wanted. */
static bool leads_as_wanted(const struct lookup *lookup, const struct route *row)
{
	for (uint32_t i = 0; i < lookup->want->hops; i++) {
		if (same_hop(row, desired_route_at(&lookup->picture->desired, lookup->row + i)))
			return row->type == lookup->want->type;
	}
	return false;
}

/* Whether a packet goes the way that the file says. */
static enum lookup_verdict judge_answer(struct lookup *lookup, const struct lookup_answer *answer)
{
	const struct route *match = &answer->match;
	const struct rule *leader = lookup_leader(lookup, answer, match->table);
	const struct rule *ours = lookup_leader(lookup, answer, lookup->want->table);

	lookup->answer = answer;
	if (match->family == 0)
		return judge_refusal(lookup, answer);
	if (is_local(match))
		return blame(lookup, match, LOOKUP_HERE);
	if (route_same_way(match, lookup->want) || leads_as_wanted(lookup, match))
		return LOOKUP_AGREES;
	if (match->table == lookup->want->table)
		return judge_winner(lookup, match);
	if (!is_led(lookup, answer))
		return LOOKUP_NO_RULE;
	if (ours != NULL && leader != NULL && ours < leader) /* ours was asked before */
		return blame(lookup, match, LOOKUP_PASSED_OVER);
	lookup->rule = leader;
	return blame(lookup, match, LOOKUP_POLICY_RULE);
}

/* The kernel may have learnt another way to this one address: a redirect. */
static bool is_redirected(const struct lookup *lookup)
{
	const struct route *path = &lookup->kernel.own.path;
	const struct route *match = &lookup->kernel.own.match;

	return path->family != 0 && match->family != 0 && path->type == RTN_UNICAST &&
	       !same_hop(path, match) && !leads_as_wanted(lookup, path);
}

static bool parts_are_right(const struct lookup *lookup)
{
	return lookup->neigh != NULL && lookup->fdb != NULL && lookup->want_fdb != NULL &&
	       memcmp(lookup->neigh, lookup->want_neigh, sizeof(*lookup->neigh)) == 0 &&
	       memcmp(lookup->fdb, lookup->want_fdb, sizeof(*lookup->fdb)) == 0;
}

/* An entry that is absent, stale or incomplete is unknown, not wrong. */
static enum lookup_verdict judge_hop(const struct lookup *lookup)
{
	const struct neigh *hop = &lookup->kernel.hop;
	const struct link *link = links_find_index(&lookup->picture->links, hop->link);

	if (!ip_is_set(&hop->ip))
		return lookup_is_tunnelled(lookup) ? LOOKUP_NO_WAY : LOOKUP_AGREES;
	if (link != NULL && (link->flags & IFF_RUNNING) == 0)
		return LOOKUP_NO_CARRIER;
	return (hop->state & NUD_FAILED) != 0 ? LOOKUP_GATEWAY_FAILED : LOOKUP_AGREES;
}

/* An address on a link that carries nothing, as the loopback, leaves by whatever routes say. */
static bool carries_packets(const struct lookup *lookup, uint32_t index)
{
	const struct link *link = links_find_index(&lookup->picture->links, index);

	return link != NULL && (link->flags & IFF_LOOPBACK) == 0 &&
	       strcmp(link->kind, "dummy") != 0;
}

/* The tunnel's outer packet: the kernel looks it up again, by address and port, and the tunnel's
 * binding to a link counts for nothing (drivers/net/vxlan, vxlan_xmit_one). */
static enum lookup_verdict judge_outer(struct lookup *lookup)
{
	const struct lookup_answer *outer = &lookup->kernel.outer;
	uint32_t link = lookup_underlay(lookup)->index;

	if (!ip_is_set(&outer->flow.dst))
		return LOOKUP_AGREES;
	lookup->answer = outer;
	if (lookup->carrier == lookup->address.family)
		lookup->rule = lookup_decider(lookup, outer);
	if (outer->path.family == 0 || outer->path.type != RTN_UNICAST) {
		(void)judge_refusal(lookup, outer);
		return LOOKUP_NO_WAY;
	}
	if (!lookup_underlay(lookup)->unnumbered && outer->path.oif != link &&
	    carries_packets(lookup, link))
		return blame(lookup, outer->match.family != 0 ? &outer->match : &outer->path,
			     LOOKUP_OTHER_LINK);
	lookup->rule = NULL;
	return LOOKUP_AGREES;
}

static enum lookup_verdict judge_peer(struct lookup *lookup)
{
	const struct lookup_kernel *kernel = &lookup->kernel;
	enum lookup_verdict verdict = judge_row(lookup);

	if (is_local(&kernel->own.match))
		return blame(lookup, &kernel->own.match, LOOKUP_HERE);
	if (verdict == LOOKUP_AGREES)
		verdict = judge_answer(lookup, &kernel->own);
	if (verdict == LOOKUP_AGREES && ip_is_set(&kernel->pods.flow.dst))
		verdict = judge_answer(lookup, &kernel->pods);
	if (verdict != LOOKUP_AGREES)
		return verdict;
	lookup->answer = NULL;
	if (is_redirected(lookup))
		return blame(lookup, &kernel->own.path, LOOKUP_REDIRECTED);
	if (lookup_is_tunnelled(lookup) && !parts_are_right(lookup))
		return LOOKUP_PEER_PART;
	verdict = judge_outer(lookup);
	return verdict == LOOKUP_AGREES ? judge_hop(lookup) : verdict;
}

void lookup_judge(struct lookup *lookup)
{
	lookup->answer = NULL;
	lookup->culprit = NULL;
	lookup->rule = NULL;
	lookup->verdict = lookup->podcidr == NULL ? judge_unowned(lookup)
			  : lookup_is_own(lookup) ? judge_own(lookup)
			  : lookup->want == NULL  ? judge_unrouted(lookup)
						  : judge_peer(lookup);
}
