/* show.h - the counts of a rollout, grouped for people, one by one for programs. */
#ifndef CROUTE_APP_ROLLOUT_SHOW_H
#define CROUTE_APP_ROLLOUT_SHOW_H

#include "croute/app/cli/options.h"
#include "croute/core/config/config.h"

/* Print what `now` changes on every node next to `was`; returns an exit code. */
int rollout_show(const struct config *was, const struct config *now, const struct options *options);

#endif
