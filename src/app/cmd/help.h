/* help.h - tells of the commands. */
#pragma once

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_help(const struct options *options);
