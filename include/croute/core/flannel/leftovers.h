/* leftovers.h - taking over from flannel: which of its routes are ours to remove, and when. */
#ifndef CROUTE_CORE_ADOPT_H
#define CROUTE_CORE_ADOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config/config.h"
#include "croute/core/plan/plan.h"
#include "croute/model/link.h"
#include "croute/model/route.h"
#include "croute/model/state.h"

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
bool adopt_is_flannels(const struct adopt_view *adopt, const struct route *route);

/* What a plan that removes such routes is weighed by; all borrowed. */
struct adopt_scene {
	const struct config *config; /* NULL: nothing is taken over */
	const struct desired *desired;
	const struct state *have;
	uint32_t node; /* this node's entry */
};

/*
 * Block the removal of flannel's routes whose place croute's own do not take: what is wanted there
 * failed, is in conflict, pending or put off, or the file names the podCIDR and it leads to no row.
 * With one of them, neighbours and forwarding entries stay too. Once on the plan, before the guard
 * counts; once more after the additions, before the deletions are sent. Blocked changes are
 * CHANGE_BLOCKED.
 */
void adopt_spare(struct plan *plan, const struct adopt_scene *scene);

/* Whether a change is the removal of a route that flannel left. */
bool adopt_is_removal(const struct config *config, const struct state *have,
		      const struct change *change);

#endif
