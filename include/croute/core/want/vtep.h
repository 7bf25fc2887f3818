/* vtep.h - the VXLAN endpoint: the device that is wanted on this host. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/core/config/config.h"
#include "croute/core/want/interface.h"
#include "croute/model/device.h"
#include "croute/model/link.h"

/* The device for the underlay of a family. `node` is this node, `underlay` the interface that was
 * selected. 0, or -EINVAL with `err` when no MTU fits. */
int vtep_device(const struct config *config, const struct config_node *node,
		const struct selected *underlay, struct device *out, struct error *err);

/* Packets that come out of the tunnel are looked up in the table of its VRF: it belongs into the
 * one whose table is kernel.table. Where there is none, whoever put it into another keeps it there.
 */
void vtep_join_vrf(struct device *device, const struct config *config, const struct links *links);

/* What is to be done with the links that are there, for one wanted device. */
struct vtep_action {
	enum {
		VTEP_KEEP,
		VTEP_MAKE,
		VTEP_MEND,
		VTEP_REMAKE,
		VTEP_REMOVE,
		VTEP_DISOWN, /* take its alias: it is flannel's again */
		VTEP_REFUSE, /* none that would be right can be made */
	} action;
	uint32_t index; /* of the link that is kept, repaired or removed */
	uint32_t parts; /* DEVICE_PART_* to repair */
	bool address;	/* the device lacks its address, or holds another beside it */
	bool adopt;	/* it was flannel's: repaired in place or left alone, its alias last */
};

/*
 * Compare the wanted device with the links. 0 with the step in `out`; -EEXIST with `err`, naming
 * it, when a link that is not croute's is in the way: one of that name, or another VXLAN device on
 * that VNI and port, or on the port with other flags.
 */
int vtep_decide(const struct device *device, const struct links *links, struct vtep_action *out,
		struct error *err);

/* Whether mending these parts costs it its address: a VRF takes its ports down for a moment, and
 * IPv6 addresses go with that. */
bool vtep_is_taken_down(const struct device *device, uint32_t parts);

/* Whether the link of that index holds the device's address, and no other but link-local ones. */
bool vtep_has_only_its_address(const struct device *device, const struct links *links,
			       uint32_t index);
