/* show.h - the counts of a rollout, grouped for people, one by one for programs. */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/core/config/config.h"

/* Print what `now` changes on every node next to `was`; returns an exit code. */
int rollout_show(const struct config *was, const struct config *now, const struct options *options);
