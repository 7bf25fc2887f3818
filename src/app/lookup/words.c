/* words.c - rows, rules and states of the kernel in words. */
#include "app/lookup/words.h"

#include <linux/neighbour.h>

#include "croute/core/report/names.h"

const char *lookup_state_word(uint16_t state)
{
	static const struct {
		uint16_t bit;
		const char *word;
	} words[] = {
		{NUD_PERMANENT, "permanent"},	{NUD_NOARP, "noarp"}, {NUD_REACHABLE, "reachable"},
		{NUD_FAILED, "failed"},		{NUD_STALE, "stale"}, {NUD_DELAY, "delay"},
		{NUD_INCOMPLETE, "incomplete"}, {NUD_PROBE, "probe"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((state & words[i].bit) != 0)
			return words[i].word;
	}
	return "none";
}

void lookup_add_route(struct buf *out, const struct lookup *lookup, const struct route *route)
{
	struct report plain = *lookup->report;
	char protocol[RTNAME_MAX];

	plain.config = NULL; /* what the kernel has is shown with its metric */
	report_add_route(out, &plain, route);
	buf_add(out, " proto %s", rtname_protocol(route->protocol, protocol));
}

static void add_prefix(struct buf *out, const char *word, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	if (prefix->len > 0)
		buf_add(out, " %s %s", word, prefix_format(prefix, text));
}

static void add_name(struct buf *out, const char *word, const char *name)
{
	if (name[0] == '\0')
		return;
	buf_add(out, " %s ", word);
	buf_add_safe(out, text_of(name));
}

void lookup_add_rule(struct buf *out, const struct rule *rule)
{
	buf_add(out, "%u:%s", rule->priority, rule->inverted ? " not" : "");
	add_prefix(out, "from", &rule->src);
	add_prefix(out, "to", &rule->dst);
	add_name(out, "iif", rule->iif);
	add_name(out, "oif", rule->oif);
	if (rule->mask != 0)
		buf_add(out, " fwmark 0x%x/0x%x", rule->mark, rule->mask);
	if (rule->odd)
		buf_add(out, " (with more conditions)");
	if (rule->action == RULE_LOOKUP)
		buf_add(out, " lookup %u", rule->table);
	else if (rule->action == RULE_BLACKHOLE)
		buf_add(out, " blackhole");
	else if (rule->action == RULE_UNREACHABLE)
		buf_add(out, " unreachable");
	else if (rule->action == RULE_PROHIBIT)
		buf_add(out, " prohibit");
}
