/* owner.h - what is croute's. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/core/plan/picture.h"
#include "croute/model/route.h"

/*
 * Whether `route` is one that flannel left, and the file says to take over: table main, proto boot,
 * metric 0 (IPv6 1024), a destination inside one of podNetwork and smaller than it, and flannel's
 * shape (its pkg/backend/vxlan and pkg/backend/route_network.go): on the device, onlink, via the
 * destination's own network address; or on the chosen interface, via an address in a prefix of that
 * link or of the destination's node in the file, not onlink. Nothing else may be on it: no
 * preferred source, MTU, TOS, second next hop. Never without `adopt: flannel`.
 *
 * A deletion cannot name the metric 0 of an IPv4 route: the kernel takes the lowest metric that
 * fits all else (net/ipv4/fib_semantics.c, fib_nh_match), which is this one as long as it is there.
 */
bool owner_is_flannels(const struct picture *picture, const struct route *route);

/* What a pass may change or remove: routes of croute's protocol number (SPEC 4), and with
 * `adopt: flannel` those that flannel left. No change ever names another row of the kernel. */
bool owner_may_change(const struct picture *picture, const struct route *route);
