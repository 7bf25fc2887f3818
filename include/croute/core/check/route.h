/* route.h - one entry of `routes` by itself. */
#pragma once

#include "croute/core/config/places.h"

/* Whether the parts of the route that was just read fit together; gives `default` its family.
 * Whatever is wrong goes to the places' diags. */
void check_route(struct places *places, struct config_route *route);
