/* routes.h - static routes against podCIDRs, protected prefixes and one another. */
#pragma once

#include "croute/core/config/places.h"

/* After check_podcidrs, which sorts. Whatever is wrong goes to the places' diags. */
void check_routes(struct places *places);
