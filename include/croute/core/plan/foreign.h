/* foreign.h - routes of others that stand in the way of ours, found while a dump streams by. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/core/plan/picture.h"
#include "croute/model/route.h"

/* What a foreign route does to one of ours, the worse the higher. */
enum foreign_effect {
	FOREIGN_NONE,
	FOREIGN_NOTE,	 /* wins, but leads the same way */
	FOREIGN_SHADOWS, /* wins and leads elsewhere: same destination and a lower metric, or inside
			    a pod route's destination */
	FOREIGN_CONFLICT, /* stands on the same key */
};

/* Begin a look for `want` routes: no marks. 0 or -ENOSPC. */
int foreign_begin(struct foreign *foreign, uint32_t want);

/* Weigh one route of a dump against want; croute's own are skipped. O(log want). */
void foreign_weigh(struct picture *picture, const struct route *route);

/* Weigh one route that is known to be another's for conflicts alone: does it stand on the key of a
 * wanted row? */
void foreign_weigh_key(struct picture *picture, const struct route *route);

enum foreign_effect foreign_effect_on(const struct foreign *foreign, uint32_t want);

/* Index into `routes` of the one that has the effect; UINT32_MAX when it was beyond the limit, or
 * was not seen. */
uint32_t foreign_route_on(const struct foreign *foreign, uint32_t want);
