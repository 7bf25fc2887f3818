/* cmd.h - the agent: keeps the kernel equal to the file until it is told to end. */
#ifndef CROUTE_APP_AGENT_CMD_H
#define CROUTE_APP_AGENT_CMD_H

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_run(const struct options *options);

#endif
