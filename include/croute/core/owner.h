/* owner.h - what is croute's. */
#ifndef CROUTE_CORE_OWNER_H
#define CROUTE_CORE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/route.h"

/* Routes of croute's protocol number are croute's (SPEC 4); no change ever names another row of the
 * kernel. */
bool owner_has_route(const struct route *route, uint32_t protocol);

#endif
