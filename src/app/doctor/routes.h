/* routes.h - routes that others put where croute's are, counted while a dump streams by. */
#ifndef CROUTE_APP_DOCTOR_ROUTES_H
#define CROUTE_APP_DOCTOR_ROUTES_H

#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/model/route.h"

#define DOCTOR_ROUTES_SHOWN 3

/* Routes of one sort: how many, and the first of them. */
struct doctor_route_group {
	uint32_t count;
	struct route shown[DOCTOR_ROUTES_SHOWN];
};

/* Zero-initialise. */
struct doctor_routes {
	struct doctor_route_group foreign;  /* not croute's, inside the pod network */
	struct doctor_route_group flannel;  /* those of them that flannel left, by their shape */
	struct doctor_route_group vanished; /* of these, those that lead to no node of the file */
	struct doctor_route_group others;   /* the foreign ones that flannel did not make */
	struct doctor_route_group strange;  /* of croute's protocol number, not in its file */
	uint32_t by_protocol[256];	    /* of the foreign ones */
};

struct doctor_facts;

/* Take in one route of a dump of all tables; facts->config is there. */
void doctor_take_route(struct doctor_facts *facts, const struct route *route);

/* `10.244.9.0/24 via 10.0.0.19 proto boot metric 0, …`, the first of them, and how many more. */
void doctor_add_routes(struct buf *out, const struct doctor_route_group *group);

struct doctor_check;

/* Add the commands that remove those that are shown. */
void doctor_fix_routes(struct doctor_check *check, const struct doctor_route_group *group);

#endif
