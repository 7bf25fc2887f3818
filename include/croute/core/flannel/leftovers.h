/* leftovers.h - taking over from flannel: when its routes may be removed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/config/config.h"
#include "croute/core/plan/plan.h"
#include "croute/model/state.h"

/* What a plan that removes such routes is weighed by; all borrowed. */
struct leftovers_ctx {
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
void leftovers_spare(struct plan *plan, const struct leftovers_ctx *scene);

/* Whether a change is the removal of a route that flannel left. */
bool leftovers_is_removal(const struct config *config, const struct state *have,
			  const struct change *change);
