/* cmd.h - `croute confirm`. */
#pragma once

#include "croute/app/cli/options.h"

/* Confirm the pass that waits for it, or undo it. Returns an exit code. */
int cmd_confirm(const struct options *options);
