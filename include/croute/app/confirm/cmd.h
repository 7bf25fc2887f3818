/* cmd.h - `croute confirm`. */
#ifndef CROUTE_APP_CMD_CONFIRM_H
#define CROUTE_APP_CMD_CONFIRM_H

#include "croute/app/cli/options.h"

/* Confirm the pass that waits for it, or undo it. Returns an exit code. */
int cmd_confirm(const struct options *options);

#endif
