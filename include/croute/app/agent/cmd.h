/* cmd.h - the agent: keeps the kernel equal to the file until it is told to end. */
#pragma once

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_run(const struct options *options);
