/* write.h - changes of rows, queued in batches; refusals come back by callback. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/change.h"
#include "croute/model/neigh.h"
#include "croute/model/route.h"

/*
 * Queue one change of a route. CHANGE_ADD excludes (EEXIST when the key is taken, whoever holds
 * it); CHANGE_REPLACE replaces without creating; CHANGE_DELETE and CHANGE_TRIM name protocol,
 * table, metric, TOS, type, scope, gateway and device, so that they can hit no other row (of an
 * IPv4 route of several next hops all but these). `token` comes back with a refusal. Call
 * netlink_flush after the last. 0 or -errno with `err`.
 */
int kernel_write_route(struct netlink *netlink, enum change_action action,
		       const struct route_hops *hops, uint32_t token, struct error *err);

/*
 * Queue one change; `token` comes back with a refusal. CHANGE_ADD excludes, CHANGE_REPLACE takes
 * whatever stands on the key: the link is croute's own. An FDB deletion takes
 * every row of its MAC. 0 or -errno with `err`.
 */
int kernel_write_neigh(struct netlink *netlink, enum change_action action,
		       const struct neigh *neigh, uint32_t token, struct error *err);
int kernel_write_fdb(struct netlink *netlink, enum change_action action, const struct fdb *fdb,
		     uint32_t token, struct error *err);
