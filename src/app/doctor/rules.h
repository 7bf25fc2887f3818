/* rules.h - policy rules that lead pods' packets past croute's routes. */
#ifndef CROUTE_APP_DOCTOR_RULES_H
#define CROUTE_APP_DOCTOR_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/route.h"
#include "croute/model/rule.h"

#define DOCTOR_RULES_MOST 8

/* A rule before the one that leads to kernel.table. */
struct doctor_rule {
	struct rule rule;
	bool takes; /* it refuses packets, or its table has a route for them */
};

/* Zero-initialise. */
struct doctor_rules {
	bool seen;
	bool leads[2]; /* a rule leads packets of pods to kernel.table, of IPv4, of IPv6 */
	uint32_t count;
	struct doctor_rule rules[DOCTOR_RULES_MOST]; /* those after it are not kept */
};

struct doctor_facts;

/* Take in one rule, in the order in which the kernel asks them, before any route. */
void doctor_take_rule(struct doctor_facts *facts, const struct rule *rule);

/* Take in one route of any table. */
void doctor_take_rule_route(struct doctor_facts *facts, const struct route *route);

#endif
