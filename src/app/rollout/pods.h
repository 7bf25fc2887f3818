/* pods.h - which pod routes a node has by a file. */
#ifndef CROUTE_CORE_ROLLOUT_PODS_H
#define CROUTE_CORE_ROLLOUT_PODS_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config/config.h"
#include "croute/model/route.h"

/* Whether the node, which may be CONFIG_NOT_FOUND, has pod routes of a family: it has an address of
 * it, and there is a backend. */
bool rollout_pods_has_family(const struct config *config, uint32_t node, uint8_t family);

/* The podCIDR, or NULL when it is NULL or no route can come of it. */
const struct config_podcidr *rollout_pods_routable(const struct config *config,
						   const struct config_podcidr *podcidr);

/* Whether the node has a pod route, or the blackhole of its own podCIDR, of the key of `route`. */
bool rollout_pods_has_key(const struct config *config, uint32_t node, const struct route *route);

#endif
