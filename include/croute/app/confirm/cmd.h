/* cmd.h - `croute confirm`. */
#ifndef CROUTE_APP_CONFIRM_CMD_H
#define CROUTE_APP_CONFIRM_CMD_H

#include "croute/app/cli/options.h"

/* Confirm the pass that waits for it, or undo it. Returns an exit code. */
int cmd_confirm(const struct options *options);

#endif
