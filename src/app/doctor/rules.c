/* rules.c - policy rules that lead pods' packets past croute's routes. */
#include "app/doctor/rules.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "app/doctor/doctor.h"
#include "croute/core/report/names.h"

static unsigned number_of(uint8_t family)
{
	return family == AF_INET ? 0 : 1;
}

/* Whether a prefix touches what pods of this host have. */
static bool is_near_own(const struct doctor_facts *facts, const struct prefix *prefix)
{
	const struct config *config = facts->config;

	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (podcidr->node == facts->self && prefix_overlaps(&podcidr->prefix, prefix))
			return true;
	}
	return false;
}

/* Whether it touches what any pod has. */
static bool is_near_pods(const struct doctor_facts *facts, const struct prefix *prefix)
{
	const struct config *config = facts->config;

	for (uint32_t i = 0; i < config->pod_network.count; i++) {
		if (prefix_overlaps(&config_prefix_at(config, config->pod_network, i)->prefix,
				    prefix))
			return true;
	}
	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		if (prefix_overlaps(&config_podcidr_at(config, i)->prefix, prefix))
			return true;
	}
	return false;
}

static bool is_pod_link(const struct doctor_facts *facts, const char *name)
{
	const struct link *link;

	for (uint32_t i = 0; (link = doctor_pod_link(facts, i)) != NULL; i++) {
		if (strcmp(link->name, name) == 0)
			return true;
	}
	return false;
}

/* Whether unmarked packets from pods of this host to pods of others may fit. Packets that are
 * forwarded have no link to leave by yet. */
static bool may_fit(const struct doctor_facts *facts, const struct rule *rule)
{
	if (rule->oif[0] != '\0' || rule->mask != 0)
		return false;
	if (rule->iif[0] != '\0' && !is_pod_link(facts, rule->iif))
		return false;
	if (rule->inverted)
		return rule->src.len > 0 && !is_near_own(facts, &rule->src);
	return (rule->src.len == 0 || is_near_own(facts, &rule->src)) &&
	       (rule->dst.len == 0 || is_near_pods(facts, &rule->dst));
}

static bool is_for_all(const struct rule *rule)
{
	return rule->src.len == 0 && rule->dst.len == 0 && rule->iif[0] == '\0' && !rule->inverted;
}

void doctor_take_rule(struct doctor_facts *facts, const struct rule *rule)
{
	struct doctor_rules *rules = &facts->rules;
	bool *leads = &rules->leads[number_of(rule->family)];
	bool refuses = rule->action >= RULE_BLACKHOLE;

	if (*leads || !may_fit(facts, rule))
		return;
	if (rule->action == RULE_LOOKUP && rule->table == facts->config->kernel.table) {
		/* Pod routes also pass a suppressed prefix length, which only keeps defaults out.
		 */
		*leads = is_for_all(rule) || !rule->odd;
		return;
	}
	/* The table of an l3mdev rule is that of the VRF; without one it is none. */
	if ((!refuses && rule->action != RULE_LOOKUP) || rule->table == RT_TABLE_LOCAL ||
	    (!refuses && rule->table == RT_TABLE_UNSPEC) || rules->count == DOCTOR_RULES_MOST)
		return;
	rules->rules[rules->count++] = (struct doctor_rule){.rule = *rule, .takes = refuses};
}

void doctor_take_rule_route(struct doctor_facts *facts, const struct route *route)
{
	struct doctor_rules *rules = &facts->rules;
	struct prefix prefix = route_prefix(route);

	for (uint32_t i = 0; i < rules->count; i++) {
		struct doctor_rule *one = &rules->rules[i];

		if (!one->takes && one->rule.table == route->table &&
		    one->rule.family == route->family && route->type != RTN_THROW)
			one->takes = is_near_pods(facts, &prefix) && !doctor_is_own(facts, &prefix);
	}
}

static void check_lead(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	static const char *const versions[2] = {"IPv4", "IPv6"};
	static const char *const options[2] = {"", "-6 "};
	uint32_t table = facts->config->kernel.table;

	if (!doctor_family_at(facts, i)->wanted)
		return;
	if (facts->rules.leads[i]) {
		doctor_say(check, DOCTOR_OK, "%s packets of pods are looked up in table %u",
			   versions[i], table);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE,
		   "no rule leads %s packets of pods to table %u, where croute's routes are",
		   versions[i], table);
	doctor_fix(check, "ip %srule add priority 32000 lookup %u", options[i], table);
	doctor_fix(check,
		   "to keep it: [RoutingPolicyRule] with Table=%u, Priority=32000 in the .network "
		   "file of systemd-networkd, or kernel: {table: main} in croute's file",
		   table);
}

/* An address that such packets are for: of the first other node. */
static bool find_other(const struct doctor_facts *facts, uint8_t family, char out[IP_TEXT_MAX])
{
	for (uint32_t i = 0; i < config_podcidr_count(facts->config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(facts->config, i);
		struct ip ip = podcidr->prefix.ip;

		if (podcidr->node == facts->self || ip.family != family)
			continue;
		ip.bytes[ip_bits(family) / 8 - 1] |= podcidr->prefix.len < ip_bits(family);
		(void)ip_format(&ip, out);
		return true;
	}
	return false;
}

static void check_rule(const struct doctor_facts *facts, const struct rule *rule,
		       struct doctor_check *check)
{
	char space[256] = "";
	struct buf text = BUF_OVER(space);
	char address[IP_TEXT_MAX];

	rtname_add_rule(&text, rule);
	doctor_say(check, DOCTOR_WARNING,
		   "a rule takes packets of pods before table %u does: %u:%s",
		   facts->config->kernel.table, rule->priority, space);
	doctor_fix(check, "ip %srule del priority %u%s", rule->family == AF_INET ? "" : "-6 ",
		   rule->priority, rule->odd ? "" : space);
	doctor_fix(check, "and remove it from what adds it at boot");
	if (find_other(facts, rule->family, address))
		doctor_fix(check, "croute lookup %s shows what it does", address);
}

void doctor_check_rules(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->config == NULL || !facts->rules.seen) {
		doctor_say(check, DOCTOR_UNKNOWN, "%s",
			   facts->config == NULL ? "needs a valid file" : "cannot read the rules");
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		check_lead(facts, i, check);
	for (uint32_t i = 0; i < facts->rules.count; i++) {
		const struct doctor_rule *one = &facts->rules.rules[i];

		if (one->takes && facts->rules.leads[number_of(one->rule.family)])
			check_rule(facts, &one->rule, check);
	}
	if (check->text[0] == '\0')
		doctor_say(check, DOCTOR_OK, "this node has no pod routes");
}
