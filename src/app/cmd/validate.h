/* validate.h - checks the file alone: no kernel, no privilege. */
#pragma once

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_validate(const struct options *options);
