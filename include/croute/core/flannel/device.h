/* device.h - taking over flannel's VXLAN device in place. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/error.h"
#include "croute/core/config/config.h"
#include "croute/core/want/vtep.h"

/* The link that is to be taken over as the wanted device: a VXLAN device of its name without any
 * alias, where the file says `adopt: flannel`. NULL: there is none, vtep_step decides. */
const struct link *flannel_find_device(const struct config *config, const struct device *device,
				       const struct links *links);

/*
 * How `link` becomes the wanted device without being recreated. 0 with the step in `out`, which
 * repairs at least its alias; -EEXIST with `err`, naming what differs and what to write into the
 * file, where only a new device would do, or its MAC, by which its peers know it, would change.
 */
int flannel_device_action(const struct device *device, const struct links *links,
			  const struct link *link, struct vtep_action *out, struct error *err);
