/* cmd.h - makes a file from what Kubernetes or flannel know. */
#pragma once

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). Nothing is printed or written unless all of it can be. */
int cmd_import(const struct options *options);
