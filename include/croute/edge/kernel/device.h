/* device.h - making, repairing and removing croute's VXLAN devices. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/device.h"

/* All wait for the kernel's answer. 0; -errno with `err` holding the kernel's own words. */

/* Make it, down, without alias, in link group DEVICE_GROUP, with all that can be given at creation:
 * what struct device does not tell (ageing, port range, …) is the kernel's default. `index`: the
 * one that it gets, 0 for any. */
int kernel_device_make(struct netlink *netlink, const struct device *device, uint32_t index,
		       struct error *err);

/* Set the parts (DEVICE_PART_*) of the device with that index in place, less those that are
 * unknown. An alias as long as struct device holds may have been cut when it was read, and is left
 * alone. */
int kernel_device_set(struct netlink *netlink, uint32_t index, const struct device *device,
		      uint32_t parts, struct error *err);
/* Take the alias from it, and the group with it: it is nobody's then. */
int kernel_device_disown(struct netlink *netlink, uint32_t index, struct error *err);
int kernel_device_remove(struct netlink *netlink, uint32_t index, struct error *err);

/* Put an address on a link, or take one away. */
int kernel_device_add_address(struct netlink *netlink, uint32_t index, const struct prefix *address,
			      struct error *err);
int kernel_device_drop_address(struct netlink *netlink, uint32_t index,
			       const struct prefix *address, struct error *err);
