/* flannel.h - taking over what flannel left, and the way back. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/base/error.h"
#include "croute/core/config/config.h"
#include "croute/core/plan/plan.h"
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

/*
 * Block the removal of flannel's routes whose place croute's own do not take: what is wanted there
 * failed, is in conflict, pending or put off, or the file names the podCIDR and it leads to no row.
 * With one of them, neighbours and forwarding entries stay too. Once on the plan, before the guard
 * counts; once more after the additions, before the deletions are sent. They are
 * CHANGE_SPARED.
 */
void leftovers_spare(struct picture *picture);

/* Whether a change is the removal of a route that flannel left. */
bool leftovers_is_removal(const struct picture *picture, const struct change *change);

/*
 * Fill the wanted routes of `picture` (emptied first) with what flannel would have instead of the
 * pod routes that are there, sorted: proto boot, metric 0 (IPv6 1024), else the same (FLANNEL.md).
 * Pod routes are those of the main table on a device of croute's, onlink via their own network
 * address; and those over another link via a gateway, without preferred source or on the metric of
 * their destination, of kernel.metric or more, except a default route. Others are static ones. No
 * entry of a file is their cause. 0 or -ENOSPC.
 */
int hand_back_want(struct picture *picture);

/* Spare the routes whose route in flannel's shape failed or is in conflict, and while `adding`
 * all of them. The others are planned. */
void hand_back_spare(struct picture *picture, bool adding);

/* Whether flannel will know a device of croute's as its own: by its name, flannel.VNI or
 * flannel-v6.VNI. */
bool hand_back_is_flannels(const struct link *link);
