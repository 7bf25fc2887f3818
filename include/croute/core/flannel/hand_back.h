/* hand_back.h - the way back: croute's pod routes in flannel's own shape. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/core/plan/plan.h"

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
