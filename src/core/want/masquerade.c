/* masquerade.c - rules of masquerading from podNetwork and this node's podCIDRs. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/masquerade.h"

#include <errno.h>

static int add_rule(struct arena *out, struct masquerade_rule rule)
{
	struct masquerade_rule *place = arena_push(out, sizeof(*place));

	if (place == NULL)
		return -ENOMEM;
	*place = rule;
	return 0;
}

/* One rule like `rule` for each prefix of podNetwork. */
static int add_networks(struct arena *out, const struct config *config, struct masquerade_rule rule)
{
	int status = 0;

	for (uint32_t i = 0; i < config->pod_network.count && status == 0; i++) {
		rule.prefix = config_prefix_at(config, config->pod_network, i)->prefix;
		status = add_rule(out, rule);
	}
	return status;
}

/* The pods of this node, who have to see who is talking to them. */
static int add_own(struct arena *out, const struct config *config, uint32_t node)
{
	struct masquerade_rule rule = {.chain = MASQUERADE_POSTROUTING,
				       .side = MASQUERADE_DESTINATION,
				       .verdict = MASQUERADE_RETURN};
	int status = 0;

	if (node == CONFIG_NOT_FOUND)
		return 0;
	for (uint32_t i = 0; i < config_podcidr_count(config) && status == 0; i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		rule.prefix = podcidr->prefix;
		if (podcidr->node == node)
			status = add_rule(out, rule);
	}
	return status;
}

/* Multicast has no answers that would have to find their way back. */
static int add_multicast(struct arena *out)
{
	static const struct prefix multicast[] = {
		{.ip = {.family = AF_INET, .bytes = {224}}, .len = 4},
		{.ip = {.family = AF_INET6, .bytes = {0xff}}, .len = 8},
	};
	struct masquerade_rule rule = {.chain = MASQUERADE_FROM_POD,
				       .side = MASQUERADE_DESTINATION,
				       .verdict = MASQUERADE_RETURN};
	int status = 0;

	for (int i = 0; i < 2 && status == 0; i++) {
		rule.prefix = multicast[i];
		status = add_rule(out, rule);
	}
	return status;
}

int masquerade_build(const struct config *config, uint32_t node, struct arena *out)
{
	struct masquerade_rule rule = {.chain = MASQUERADE_POSTROUTING,
				       .side = MASQUERADE_SOURCE,
				       .verdict = MASQUERADE_GOTO};
	int status = add_networks(out, config, rule);

	if (status == 0)
		status = add_own(out, config, node);
	rule.side = MASQUERADE_DESTINATION;
	rule.verdict = MASQUERADE_HIDE;
	if (status == 0)
		status = add_networks(out, config, rule);
	rule.chain = MASQUERADE_FROM_POD;
	rule.verdict = MASQUERADE_RETURN;
	if (status == 0)
		status = add_networks(out, config, rule);
	if (status == 0)
		status = add_multicast(out);
	rule = (struct masquerade_rule){.chain = MASQUERADE_FROM_POD, .verdict = MASQUERADE_HIDE};
	return status < 0 ? status : add_rule(out, rule);
}

uint32_t masquerade_count(const struct arena *rules)
{
	return (uint32_t)(rules->used / sizeof(struct masquerade_rule));
}

const struct masquerade_rule *masquerade_at(const struct arena *rules, uint32_t i)
{
	return (const struct masquerade_rule *)(const void *)rules->base + i;
}
