/* leftovers.h - taking over from flannel: when its routes may be removed. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/core/plan/plan.h"

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
