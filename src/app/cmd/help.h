/* help.h - tells of the commands. */
#ifndef CROUTE_APP_CMD_HELP_H
#define CROUTE_APP_CMD_HELP_H

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_help(const struct options *options);

#endif
