/* owner.h - what is croute's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config/config.h"
#include "croute/model/link.h"
#include "croute/model/route.h"

/* Routes of croute's protocol number are croute's (SPEC 4). */
bool owner_has_route(const struct route *route, uint32_t protocol);

/* Where flannel's routes of one family would lead; indices of links, 0: there is none. */
struct adopt_family {
	uint32_t link;	 /* the chosen interface; 0: no route of the family is taken over */
	uint32_t device; /* the VXLAN device, with backend vxlan */
};

/* What is needed to know flannel's routes; all borrowed. */
struct adopt_view {
	const struct config *config;
	const struct links *links;
	struct adopt_family ipv4;
	struct adopt_family ipv6;
};

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
bool owner_is_flannels(const struct adopt_view *adopt, const struct route *route);

/* What a pass may change or remove: croute's routes, and with `adopt: flannel` those that flannel
 * left. No change ever names another row of the kernel. `adopt` NULL: only the former. */
bool owner_may_change(const struct route *route, uint32_t protocol, const struct adopt_view *adopt);
