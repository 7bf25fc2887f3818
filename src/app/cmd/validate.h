/* validate.h - checks the file alone: no kernel, no privilege. */
#ifndef CROUTE_APP_CMD_VALIDATE_H
#define CROUTE_APP_CMD_VALIDATE_H

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_validate(const struct options *options);

#endif
