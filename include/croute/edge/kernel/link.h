/* link.h - putting a VXLAN device back as it was. */
#pragma once

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/link.h"

/* Both wait for the kernel's answer. 0; -errno with `err` holding the kernel's own words. */

/*
 * Make the device again as `link` describes it, under its old index and name, down and without
 * alias. What struct link does not tell (ageing, port range, …) is the kernel's default.
 */
int kernel_link_make(struct netlink *netlink, const struct link *link, struct error *err);

/* Set the parts (DEVICE_PART_*) of the device of that index to what `link` says, less those that
 * are unknown. An alias as long as struct link can hold may have been cut when it was read, and is
 * left as it is. */
int kernel_link_set(struct netlink *netlink, const struct link *link, uint32_t parts,
		    struct error *err);
