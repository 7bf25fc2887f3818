/* chain.c - walking through the chains of a packet filter. */
#include "app/doctor/chain.h"

#include <string.h>

#include "app/doctor/doctor.h"

#define RULES_MOST 100000
#define DEPTH_MOST 16
#define STEPS_MOST 1000000 /* chains may jump into each other a great many times */

/* One walk from a base chain. */
struct walk {
	const struct doctor_table *table;
	uint32_t steps;
	uint32_t depth;
	bool may_pass; /* a rule with a condition would have let it pass */
};

static void flow_add_pod(struct doctor_flow *flow, const struct prefix *prefix)
{
	if (flow->pod_count < DOCTOR_PODS_MOST)
		flow->pods[flow->pod_count++] = *prefix;
}

static void flow_add_link(struct doctor_flow *flow, const char *name)
{
	if (name[0] != '\0' && flow->link_count < DOCTOR_HOOKS_MOST)
		flow->links[flow->link_count++] = name;
}

/* Without podNetwork, this node's own podCIDRs stand for all. */
static void find_pods(const struct doctor_facts *facts, struct doctor_flow *out)
{
	const struct config *config = facts->config;

	for (uint32_t i = 0; i < config->pod_network.count; i++)
		flow_add_pod(out, &config_prefix_at(config, config->pod_network, i)->prefix);
	if (out->pod_count > 0 || facts->self == CONFIG_NOT_FOUND)
		return;
	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (podcidr->node == facts->self)
			flow_add_pod(out, &podcidr->prefix);
	}
}

void doctor_find_flow(const struct doctor_facts *facts, struct doctor_flow *out)
{
	const struct link *link;

	*out = (struct doctor_flow){.pod_count = 0};
	if (facts->config == NULL)
		return;
	find_pods(facts, out);
	for (unsigned i = 0; i < 2; i++) {
		const struct doctor_family *family = doctor_family_at(facts, i);

		flow_add_link(out, family->device);
		if (family->link.index != 0)
			flow_add_link(out, family->link.name);
	}
	for (uint32_t i = 0; (link = doctor_pod_link(facts, i)) != NULL; i++)
		flow_add_link(out, link->name);
}

enum doctor_match doctor_flow_match_prefix(const struct doctor_flow *flow,
					   const struct prefix *prefix)
{
	bool any = false;
	bool all = true;

	for (uint32_t i = 0; i < flow->pod_count; i++) {
		if (flow->pods[i].ip.family != prefix->ip.family)
			continue;
		any = any || prefix_overlaps(prefix, &flow->pods[i]);
		all = all && prefix_covers(prefix, &flow->pods[i]);
	}
	if (!any)
		return DOCTOR_NEVER;
	return all ? DOCTOR_ALWAYS : DOCTOR_SOMETIMES;
}

enum doctor_match doctor_flow_match_link(const struct doctor_flow *flow, struct text name)
{
	bool open = name.len > 0 && (name.at[name.len - 1] == '+' || name.at[name.len - 1] == '*');
	size_t len = open ? name.len - 1 : name.len;

	if (len == 0)
		return open ? DOCTOR_ALWAYS : DOCTOR_NEVER;
	for (uint32_t i = 0; i < flow->link_count; i++) {
		if (strncmp(flow->links[i], name.at, len) == 0 &&
		    (open || flow->links[i][len] == '\0'))
			return DOCTOR_SOMETIMES;
	}
	return DOCTOR_NEVER;
}

enum doctor_match doctor_match_not(enum doctor_match match)
{
	if (match == DOCTOR_SOMETIMES)
		return DOCTOR_SOMETIMES;
	return match == DOCTOR_NEVER ? DOCTOR_ALWAYS : DOCTOR_NEVER;
}

void doctor_table_add(struct doctor_table *table, const struct doctor_rule *rule)
{
	struct doctor_rule *row;

	table->rules.limit = (size_t)RULES_MOST * sizeof(*rule);
	row = arena_push(&table->rules, sizeof(*rule));
	if (row == NULL) {
		table->cut = true;
		return;
	}
	*row = *rule;
	table->count++;
}

static enum doctor_verdict walk_chain(struct walk *walk, const char *chain);

/* What a rule that concerns the packet does with it. */
static enum doctor_verdict walk_rule(struct walk *walk, const struct doctor_rule *rule)
{
	enum doctor_verdict verdict = (enum doctor_verdict)rule->verdict;

	if (rule->target[0] != '\0')
		verdict = walk_chain(walk, rule->target);
	if (rule->match == DOCTOR_ALWAYS)
		return verdict;
	/* Some packets pass here. Those that are dropped here are dropped on purpose. */
	walk->may_pass = walk->may_pass || verdict == DOCTOR_PASSES;
	return DOCTOR_NO_VERDICT;
}

static enum doctor_verdict walk_chain(struct walk *walk, const char *chain)
{
	const struct doctor_rule *rules = (const struct doctor_rule *)walk->table->rules.base;
	enum doctor_verdict verdict = DOCTOR_NO_VERDICT;

	if (walk->depth == DEPTH_MOST)
		return DOCTOR_NO_VERDICT;
	walk->depth++;
	for (uint32_t i = 0; i < walk->table->count && verdict == DOCTOR_NO_VERDICT; i++) {
		const struct doctor_rule *rule = &rules[i];

		if (walk->steps++ > STEPS_MOST)
			break;
		if (rule->match == DOCTOR_NEVER || strcmp(rule->chain, chain) != 0)
			continue;
		if (rule->leaves && rule->match == DOCTOR_ALWAYS)
			break;
		verdict = walk_rule(walk, rule);
	}
	walk->depth--;
	return verdict;
}

enum doctor_verdict doctor_table_judge(const struct doctor_table *table, const char *chain,
				       enum doctor_verdict policy)
{
	struct walk walk = {.table = table, .may_pass = table->cut};
	enum doctor_verdict verdict = walk_chain(&walk, chain);

	if (verdict == DOCTOR_NO_VERDICT)
		verdict = policy;
	if (verdict == DOCTOR_DROPS && (walk.may_pass || walk.steps > STEPS_MOST))
		return DOCTOR_PERHAPS;
	return verdict;
}
