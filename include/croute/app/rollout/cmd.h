/* cmd.h - `croute reconcile --against OLD`: what a new file would change, told off-host. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"

/*
 * Plan `now` against the file at options->against instead of a kernel: for one node when it is
 * named, else as counts for every node. Returns an exit code.
 */
int rollout_run(const struct loaded *now, const struct options *options);
