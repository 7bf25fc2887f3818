/* lookup.c - an address in the file, and among the rows of a pass. */
#include "app/lookup/lookup.h"

#include <linux/rtnetlink.h>
#include <string.h>

void lookup_init(struct lookup *lookup)
{
	*lookup = (struct lookup){.podcidr = CONFIG_NOT_FOUND, .row = CHANGE_NO_ROW};
	rows_init(&lookup->kernel.rules, sizeof(struct rule), sizeof(uint32_t), LOOKUP_RULES_MOST);
	rows_init(&lookup->kernel.routes, sizeof(struct route), ROUTE_KEY_SIZE, LOOKUP_ROUTES_MOST);
}

void lookup_release(struct lookup *lookup)
{
	rows_release(&lookup->kernel.rules);
	rows_release(&lookup->kernel.routes);
}

static const struct config_podcidr *podcidr_of(const struct lookup *lookup)
{
	return config_podcidr_at(lookup->report->picture->config, lookup->podcidr);
}

/* A static route may lead to the same destination at another metric. */
static void find_want(struct lookup *lookup)
{
	const struct desired *desired = &lookup->report->picture->desired;
	struct route like = {.table = lookup->report->picture->config->kernel.table};
	uint32_t i;

	route_set_dst(&like, &podcidr_of(lookup)->prefix);
	for (i = desired_find_destination(desired, &like);
	     desired_has_destination(desired, i, &like); i++) {
		if (desired_cause_at(desired, CHANGE_ROUTE, i).is_static)
			continue;
		lookup->row = i;
		lookup->want = desired_route_at(desired, i);
		return;
	}
}

static void find_change(struct lookup *lookup)
{
	const struct plan *plan = &lookup->report->picture->plan;

	for_each_change (change, plan) {
		if (change->kind == CHANGE_ROUTE && change->want == lookup->row)
			lookup->change = change;
	}
}

static void find_unmet(struct lookup *lookup)
{
	const struct desired *desired = &lookup->report->picture->desired;

	for (uint32_t i = 0; i < desired_unmet_count(desired); i++) {
		const struct unmet *unmet = desired_unmet_at(desired, i);

		if (!unmet->cause.is_static && unmet->cause.index == lookup->podcidr)
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
	const struct state *want = &lookup->report->picture->desired.want;
	const struct state *have = &lookup->report->picture->have;
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
	struct prefix prefix = prefix_of(address, ip_bits(address->family));

	lookup->report = report;
	lookup->self = self;
	lookup->address = *address;
	lookup->podcidr = config_podcidr_covering(report->picture->config, &prefix);
	if (lookup->podcidr == CONFIG_NOT_FOUND)
		return;
	lookup->peer = config_node_address(
		config_node_at(report->picture->config, podcidr_of(lookup)->node), address->family);
	find_want(lookup);
	if (lookup->want == NULL) {
		find_unmet(lookup);
		return;
	}
	find_change(lookup);
	if (lookup_is_tunnelled(lookup))
		find_parts(lookup);
}

static bool is_address_of(const struct config_node *node, const struct ip *ip)
{
	struct ip address = config_node_address(node, ip->family);

	return ip_same(&address, ip);
}

const char *lookup_node(const struct lookup *lookup)
{
	const struct config *config = lookup->report->picture->config;

	if (lookup->podcidr != CONFIG_NOT_FOUND)
		return config_string_at(config,
					config_node_at(config, podcidr_of(lookup)->node)->name);
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		const struct config_node *node = config_node_at(config, i);

		if (is_address_of(node, &lookup->address))
			return config_string_at(config, node->name);
	}
	return NULL;
}

const struct route *lookup_present(const struct lookup *lookup)
{
	const struct change *change = lookup->change;

	if (lookup->want == NULL)
		return NULL;
	if (change != NULL && change->result == CHANGE_CONFLICT)
		return lookup->culprit;
	if (change == NULL || change->action == CHANGE_NONE)
		return lookup->want;
	return change->have != CHANGE_NO_ROW
		       ? rows_at(&lookup->report->picture->have.rows[CHANGE_ROUTE], change->have)
		       : NULL;
}

bool lookup_is_own(const struct lookup *lookup)
{
	return lookup->podcidr != CONFIG_NOT_FOUND && podcidr_of(lookup)->node == lookup->self;
}

bool lookup_is_tunnelled(const struct lookup *lookup)
{
	return lookup->want != NULL && route_is_tunnelled(lookup->want);
}

bool lookup_agrees(const struct lookup *lookup)
{
	return lookup->verdict <= LOOKUP_UNOWNED;
}

/* An inverted rule asks for what lies outside its prefixes. */
static bool may_fit(const struct lookup *lookup, const struct rule *rule)
{
	return rule->inverted || rule->dst.len == 0 || prefix_holds(&rule->dst, &lookup->address);
}

static bool is_kernels_own(const struct rule *rule)
{
	return rule->action == RULE_LOOKUP &&
	       ((rule->priority == 0 && rule->table == RT_TABLE_LOCAL) ||
		(rule->priority == 32766 && rule->table == RT_TABLE_MAIN) ||
		(rule->priority == 32767 && rule->table == RT_TABLE_DEFAULT));
}

bool lookup_rule_matters(const struct lookup *lookup, const struct rule *rule)
{
	return may_fit(lookup, rule) && !is_kernels_own(rule);
}

uint32_t lookup_rule_table(const struct lookup *lookup, const struct rule *rule,
			   const struct flow *flow)
{
	const struct links *links = &lookup->report->picture->links;
	const struct link *link = links_find_index(links, flow->iif);

	if (!rule->l3mdev)
		return rule->table;
	if (link != NULL && link->master != 0)
		link = links_find_index(links, link->master);
	return link != NULL ? link->vrf_table : RT_TABLE_UNSPEC;
}

/* What the kernel takes for the link that a packet comes in by: its own come by the loopback. */
static const char *iif_of(const struct lookup *lookup, const struct flow *flow)
{
	const struct link *link = links_find_index(&lookup->report->picture->links, flow->iif);

	if (flow->iif == 0)
		return "lo";
	return link != NULL ? link->name : "";
}

/* net/core/fib_rules.c, fib_rule_match: unmarked packets that have no link to leave by yet. */
enum lookup_fit lookup_rule_fits(const struct lookup *lookup, const struct rule *rule,
				 const struct flow *flow)
{
	bool fits = (rule->src.len == 0 || prefix_holds(&rule->src, &flow->src)) &&
		    (rule->dst.len == 0 || prefix_holds(&rule->dst, &flow->dst)) &&
		    (rule->iif[0] == '\0' || strcmp(rule->iif, iif_of(lookup, flow)) == 0) &&
		    rule->oif[0] == '\0' && (rule->mark & rule->mask) == 0 &&
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
