/* lookup.c - an address in the file, and among the rows of a pass. */
/* SPDX-License-Identifier: MIT */
#include "app/lookup/lookup.h"

#include <linux/rtnetlink.h>
#include <string.h>

#define ROUTES_MOST 512 /* routes that hold one address, in all tables */
#define RULES_MOST 512

void lookup_init(struct lookup *lookup)
{
	*lookup = (struct lookup){.self = CONFIG_NOT_FOUND};
	rows_init(&lookup->kernel.rules, sizeof(struct rule), sizeof(uint32_t), RULES_MOST);
	rows_init(&lookup->kernel.routes, sizeof(struct route), ROUTE_KEY_SIZE, ROUTES_MOST);
}

void lookup_release(struct lookup *lookup)
{
	rows_release(&lookup->kernel.rules);
	rows_release(&lookup->kernel.routes);
}

/* A static route may lead to the same destination at another metric. */
static void find_want(struct lookup *lookup)
{
	const struct desired *desired = &lookup->picture->desired;
	struct route like = {.table = lookup->picture->config->kernel.table};
	uint32_t i;

	route_set_dst(&like, &lookup->podcidr->prefix);
	for (i = desired_find_destination(desired, &like);
	     desired_has_destination(desired, i, &like); i++) {
		if (desired_cause_at(desired, CHANGE_ROUTE, i).is_static)
			continue;
		lookup->row = i;
		lookup->want = desired_route_at(desired, i);
		lookup->change = plan_find_want(lookup->picture, i);
		return;
	}
}

static void find_unmet(struct lookup *lookup)
{
	const struct desired *desired = &lookup->picture->desired;

	for (uint32_t i = 0; i < desired_unmet_count(desired); i++) {
		const struct unmet *unmet = desired_unmet_at(desired, i);

		if (!unmet->cause.is_static && unmet->cause.index == lookup->cause.index)
			lookup->unmet = unmet;
	}
}

static const void *find_row(const struct rows *rows, const void *key)
{
	uint32_t found = rows_find(rows, key);

	return found != ROWS_NOT_FOUND ? rows_at(rows, found) : NULL;
}

/* The entries in the device that the route leads into, wanted and present. */
static void find_parts(struct lookup *lookup)
{
	const struct state *want = &lookup->picture->desired.want;
	const struct state *have = &lookup->picture->have;
	struct neigh neigh = {.link = lookup->want->oif, .ip = route_gateway(lookup->want)};
	struct fdb fdb = {.link = lookup->want->oif};

	lookup->want_neigh = find_row(&want->rows[CHANGE_NEIGH], &neigh);
	lookup->neigh = find_row(&have->rows[CHANGE_NEIGH], &neigh);
	if (lookup->want_neigh == NULL)
		return;
	fdb.mac = lookup->want_neigh->mac;
	lookup->want_fdb = find_row(&want->rows[CHANGE_FDB], &fdb);
	lookup->fdb = find_row(&have->rows[CHANGE_FDB], &fdb);
}

void lookup_place(struct lookup *lookup, const struct report *report, uint32_t self,
		  const struct ip *address)
{
	const struct config *config = report->picture->config;
	struct prefix prefix = prefix_of(address, ip_bits(address->family));
	uint32_t podcidr = config_podcidr_covering(config, &prefix);

	lookup->report = report;
	lookup->picture = report->picture;
	lookup->self = self;
	lookup->address = *address;
	lookup->carrier = address->family;
	if (podcidr == CONFIG_NOT_FOUND)
		return;
	lookup->podcidr = config_podcidr_at(config, podcidr);
	lookup->cause.index = podcidr;
	lookup->carrier = config_carrier(config, self, lookup->podcidr->node, address->family);
	if (lookup->carrier != 0)
		lookup->peer = config_node_address(config_node_at(config, lookup->podcidr->node),
						   lookup->carrier);
	find_want(lookup);
	if (lookup->want == NULL)
		find_unmet(lookup);
	if (lookup_is_tunnelled(lookup))
		find_parts(lookup);
}

const char *lookup_node(const struct lookup *lookup)
{
	const struct config *config = lookup->picture->config;
	uint32_t count = config_node_count(config);
	uint32_t i = 0;

	for (; lookup->podcidr == NULL && i < count; i++) {
		struct ip ip = config_node_address(config_node_at(config, i),
						   lookup->address.family);

		if (ip_same(&ip, &lookup->address))
			break;
	}
	if (lookup->podcidr != NULL)
		i = lookup->podcidr->node;
	return i < count ? config_string_at(config, config_node_at(config, i)->name) : NULL;
}

const struct selected *lookup_underlay(const struct lookup *lookup)
{
	return &lookup->picture->family[FAMILY_INDEX(lookup->carrier)].link;
}

const struct reach_sampled *lookup_sampled(const struct lookup *lookup)
{
	const struct reach_sample *sample = lookup->sample;

	for (uint32_t i = 0; sample != NULL && i < sample->count; i++) {
		if (sample->peers[i].family == lookup->address.family)
			return &sample->peers[i];
	}
	return NULL;
}

bool lookup_is_own(const struct lookup *lookup)
{
	return lookup->podcidr != NULL && lookup->podcidr->node == lookup->self;
}

bool lookup_is_tunnelled(const struct lookup *lookup)
{
	return lookup->want != NULL && route_is_tunnelled(lookup->want);
}

bool lookup_agrees(const struct lookup *lookup)
{
	return lookup->verdict <= LOOKUP_UNOWNED;
}

static bool is_kernels_own(const struct rule *rule)
{
	return rule->action == RULE_LOOKUP &&
	       ((rule->priority == 0 && rule->table == RT_TABLE_LOCAL) ||
		(rule->priority == 32766 && rule->table == RT_TABLE_MAIN) ||
		(rule->priority == 32767 && rule->table == RT_TABLE_DEFAULT));
}

/* An inverted rule asks for what lies outside its prefixes. */
bool lookup_rule_matters(const struct lookup *lookup, const struct rule *rule)
{
	return !is_kernels_own(rule) &&
	       (rule->inverted || rule->dst.len == 0 || prefix_holds(&rule->dst, &lookup->address));
}

uint32_t lookup_rule_table(const struct lookup *lookup, const struct rule *rule,
			   const struct flow *flow)
{
	const struct link *vrf = links_vrf_of(&lookup->picture->links,
					      flow->iif != 0 ? flow->iif : flow->vrf);

	if (!rule->l3mdev)
		return rule->table;
	return vrf != NULL ? vrf->vrf_table : RT_TABLE_UNSPEC;
}

/* net/core/fib_rules.c, fib_rule_match: unmarked packets that have no link to leave by yet; this
 * host's own come in by the loopback. */
enum lookup_fit lookup_rule_fits(const struct lookup *lookup, const struct rule *rule,
				 const struct flow *flow)
{
	const struct link *in = links_find_index(&lookup->picture->links, flow->iif);
	const char *iif = flow->iif == 0 ? "lo" : in != NULL ? in->name : "";
	bool fits = (rule->src.len == 0 || prefix_holds(&rule->src, &flow->src)) &&
		    (rule->dst.len == 0 || prefix_holds(&rule->dst, &flow->dst)) &&
		    (rule->iif[0] == '\0' || strcmp(rule->iif, iif) == 0) && rule->oif[0] == '\0' &&
		    (rule->mark & rule->mask) == 0 &&
		    (!rule->l3mdev || lookup_rule_table(lookup, rule, flow) != RT_TABLE_UNSPEC);

	if (rule->odd && (fits || rule->inverted))
		return LOOKUP_MAY_FIT;
	return fits != rule->inverted ? LOOKUP_FITS : LOOKUP_FITS_NOT;
}

const struct rule *lookup_leader(const struct lookup *lookup, const struct lookup_answer *answer,
				 uint32_t table)
{
	const struct rows *rules = &lookup->kernel.rules;

	for (uint32_t i = 0; i < rules->count; i++) {
		const struct rule *rule = rows_at(rules, i);

		if (table == answer->match.table && answer->match.dst_len < rule->shortest)
			continue;
		if (rule->action == RULE_LOOKUP &&
		    lookup_rule_table(lookup, rule, &answer->flow) == table &&
		    lookup_rule_fits(lookup, rule, &answer->flow) != LOOKUP_FITS_NOT)
			return rule;
	}
	return NULL;
}

const struct rule *lookup_decider(const struct lookup *lookup, const struct lookup_answer *answer)
{
	const struct rule *rule = NULL;

	if (answer->match.family != 0)
		rule = lookup_leader(lookup, answer, answer->match.table);
	return rule != NULL && !is_kernels_own(rule) ? rule : NULL;
}
