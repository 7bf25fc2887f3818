/* doctor_route.h - routes that others put where croute's are, counted while a dump streams by. */
#ifndef CROUTE_CORE_DOCTOR_ROUTE_H
#define CROUTE_CORE_DOCTOR_ROUTE_H

#include <stdint.h>

#include "croute/model/route.h"

#define DOCTOR_ROUTES_SHOWN 3

/* Routes of one sort: how many, and the first of them. */
struct doctor_route_group {
	uint32_t count;
	struct route shown[DOCTOR_ROUTES_SHOWN];
};

/* Zero-initialise. */
struct doctor_routes {
	struct doctor_route_group foreign; /* not croute's, inside the pod network */
	struct doctor_route_group flannel; /* those of them that flannel left, by their shape */
	struct doctor_route_group strange; /* of croute's protocol number, and not of its making */
	uint32_t by_protocol[256];	   /* of the foreign ones */
};

struct doctor_facts;

/* Take in one route of a dump of all tables; facts->config is there. */
void doctor_take_route(struct doctor_facts *facts, const struct route *route);

#endif
