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

void lookup_add_rule(struct buf *out, const struct rule *rule)
{
	buf_add(out, "%u:", rule->priority);
	rtname_add_rule(out, rule);
}
