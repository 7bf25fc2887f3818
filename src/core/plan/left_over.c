/* left_over.c - counting the routes that lead over a link before and after a plan. */
#include "croute/core/plan/left_over.h"

#include <linux/rtnetlink.h>

/* A row of several next hops names no device: it may lead over any. */
static bool leads_over(const struct route *route, uint32_t link)
{
	return route->oif == link || (route->oif == 0 && route->type == RTN_UNICAST);
}

static bool led_over(const struct change *change, const struct state *have, uint32_t link)
{
	return change->have != CHANGE_NO_ROW &&
	       leads_over(rows_at(&have->rows[CHANGE_ROUTE], change->have), link);
}

static bool will_lead_over(const struct change *change, const struct desired *desired,
			   uint32_t link)
{
	return change->want != CHANGE_NO_ROW &&
	       leads_over(desired_route_at(desired, change->want), link);
}

bool left_over_link(const struct plan *plan, const struct desired *desired,
		    const struct state *have, uint32_t link, enum change_result done)
{
	const struct rows *routes = &have->rows[CHANGE_ROUTE];
	int64_t count = 0;

	for (uint32_t i = 0; i < routes->count; i++)
		count += leads_over(rows_at(routes, i), link);
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		const struct change *change = plan_change_at(plan, i);

		if (change->kind != CHANGE_ROUTE || change->action == CHANGE_NONE ||
		    change->result != done)
			continue;
		count -= led_over(change, have, link);
		count += will_lead_over(change, desired, link);
	}
	return count > 0;
}
