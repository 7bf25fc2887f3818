/* desired.h - what the file asks of this host, as rows that equal what the kernel would report. */
#ifndef CROUTE_CORE_DESIRED_H
#define CROUTE_CORE_DESIRED_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config.h"
#include "croute/core/select.h"
#include "croute/model/link.h"
#include "croute/model/route.h"
#include "croute/model/rows.h"

#define DESIRED_ROUTES_MOST 2000000
#define DESIRED_STATICS_MOST 65536
#define DESIRED_SETBACKS_MOST 4096

/* Which entry of the file a row comes from. */
struct desired_cause {
	uint32_t index; /* into config's podcidrs, or routes */
	uint32_t is_static;
};

enum setback_kind {
	SETBACK_REFUSED, /* cannot be right here: counted as failed */
	SETBACK_PENDING, /* cannot be yet: waits for what `why` says */
	SETBACK_SKIPPED, /* needs not be here: only a note */
};

/* An entry of the file that leads to no row here, and why. */
struct setback {
	struct route route; /* as far as it is known, for showing */
	struct desired_cause cause;
	enum setback_kind kind;
	char why[120];
};

/* A static route of this host on its way into want. */
struct static_row {
	struct route route;
	struct desired_cause cause;
};

/* Rows of want, sorted, each with its cause at the same place. Owns its arenas; initialise with
 * desired_init. */
struct desired {
	struct rows routes;
	struct arena causes;   /* struct desired_cause, one a route */
	struct rows statics;   /* struct static_row, sorted; merged into routes */
	struct arena setbacks; /* struct setback */
	uint32_t unlisted;     /* setbacks beyond the limit */
};

/* What the desired state is built from; all borrowed. `node` is CONFIG_NOT_FOUND where backend none
 * needs no entry. */
struct desired_input {
	const struct config *config;
	const struct links *links; /* NULL: off-host, with one stand-in device for every route */
	uint32_t node;
	const char *node_name;
	struct selected ipv4; /* index 0: that family is not wanted or has no interface */
	struct selected ipv6;
};

void desired_init(struct desired *desired);

/* Build all rows anew. 0 or -ENOSPC. */
int desired_build(struct desired *desired, const struct desired_input *input);
void desired_reset(struct desired *desired);
void desired_release(struct desired *desired);
struct desired_cause desired_cause_at(const struct desired *desired, uint32_t route);

/* The first wanted route not before the destination (table, family, prefix) of `like`: where its
 * routes stand, if there are any. */
uint32_t desired_find_destination(const struct desired *desired, const struct route *like);

/* Whether the `i`-th wanted route is there and leads to the destination of `like`. */
bool desired_has_destination(const struct desired *desired, uint32_t i, const struct route *like);
uint32_t desired_setback_count(const struct desired *desired);
const struct setback *desired_setback_at(const struct desired *desired, uint32_t i);

/* Tell why an entry leads to no row; `why` is a printf format. */
void desired_set_back(struct desired *desired, enum setback_kind kind, const struct static_row *row,
		      const char *why, ...) __attribute__((format(printf, 4, 5)));

/* The metric of the pod route to `prefix` (SPEC 4): it depends on the destination alone. */
uint32_t desired_pod_metric(const struct config_kernel *kernel, const struct prefix *prefix);

#endif
