/* owner.c - the one predicate of ownership. */
#include "croute/core/owner.h"

bool owner_has_route(const struct route *route, uint32_t protocol)
{
	return route->protocol == protocol;
}
