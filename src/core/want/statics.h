/* statics.h - the static routes of the file, as rows of this host. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/core/want/rows.h"

/*
 * Fill `desired->statics` with the entries of `routes` that apply to this node, sorted; those that
 * cannot be, or not yet, are unmet. 0 or -ENOSPC.
 */
int statics_collect(struct desired *desired, const struct desired_input *input);
