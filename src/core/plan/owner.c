/* owner.c - the one predicate of ownership, and what is taken over besides. */
#include "croute/core/plan/owner.h"

bool owner_has_route(const struct route *route, uint32_t protocol)
{
	return route->protocol == protocol;
}

bool owner_may_change(const struct route *route, uint32_t protocol, const struct adopt_view *adopt)
{
	return owner_has_route(route, protocol) ||
	       (adopt != NULL && adopt_is_flannels(adopt, route));
}
