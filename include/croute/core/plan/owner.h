/* owner.h - what is croute's. */
#ifndef CROUTE_CORE_OWNER_H
#define CROUTE_CORE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/flannel/leftovers.h"
#include "croute/model/route.h"

/* Routes of croute's protocol number are croute's (SPEC 4). */
bool owner_has_route(const struct route *route, uint32_t protocol);

/* What a pass may change or remove: croute's routes, and with `adopt: flannel` those that flannel
 * left. No change ever names another row of the kernel. `adopt` NULL: only the former. */
bool owner_may_change(const struct route *route, uint32_t protocol, const struct adopt_view *adopt);

#endif
