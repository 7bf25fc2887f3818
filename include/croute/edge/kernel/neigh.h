/* neigh.h - neighbours and VXLAN forwarding entries of one link, read and written. */
#pragma once

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/change.h"
#include "croute/model/fdb.h"
#include "croute/model/neigh.h"

/* Told of each row; a negative return ends the dump and is handed on. */
typedef int kernel_neigh_fn(void *context, const struct neigh *neigh);
typedef int kernel_fdb_fn(void *context, const struct fdb *fdb);

#define KERNEL_ANY_LINK 0 /* in place of a link: the entries of all, in one dump */

/*
 * Stream the neighbours of `link` of both families, whatever their state. The address is always
 * reported, a row without one is passed over; without a MAC the neighbour has none yet, as its
 * state says (net/core/neighbour.c, neigh_fill_info). 0, -EINTR (read again), or -errno with `err`.
 */
int kernel_read_neighs(struct netlink *netlink, uint32_t link, kernel_neigh_fn *each, void *context,
		       struct error *err);

/*
 * Stream the forwarding entries of the VXLAN device `link` that lead to a host, whatever their
 * state; that of permanent ones is NUD_PERMANENT alone. The MAC is always reported, a row without
 * one is passed over; port, VNI and link are reported where they are not the device's
 * (drivers/net/vxlan, vxlan_fdb_info). A device that is gone has none. Returns as
 * kernel_read_neighs.
 */
int kernel_read_fdb(struct netlink *netlink, uint32_t link, kernel_fdb_fn *each, void *context,
		    struct error *err);

/*
 * Queue one change; `token` comes back with a refusal. CHANGE_ADD excludes, CHANGE_REPLACE takes
 * whatever stands on the key: the link is croute's own. An FDB deletion takes
 * every row of its MAC. 0 or -errno with `err`.
 */
int kernel_write_neigh(struct netlink *netlink, enum change_action action,
		       const struct neigh *neigh, uint32_t token, struct error *err);
int kernel_write_fdb(struct netlink *netlink, enum change_action action, const struct fdb *fdb,
		     uint32_t token, struct error *err);
