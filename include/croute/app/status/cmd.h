/* cmd.h - `croute status`: what the agent last did, and whether it still lives. */
#pragma once

#include "croute/app/cli/options.h"

/* EXIT_DONE when it is ready, else EXIT_FAILED, also when there is no agent. */
int cmd_status(const struct options *options);
