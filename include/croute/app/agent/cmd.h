/* cmd.h - the agent: keeps the kernel equal to the file until it is told to end. */
#ifndef CROUTE_APP_CMD_RUN_H
#define CROUTE_APP_CMD_RUN_H

#include "croute/app/cli/options.h"

/* Returns an exit code (exit.h). */
int cmd_run(const struct options *options);

#endif
