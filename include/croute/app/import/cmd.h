/* cmd.h - makes a file from what Kubernetes or flannel know. */
#ifndef CROUTE_APP_IMPORT_CMD_H
#define CROUTE_APP_IMPORT_CMD_H

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). Nothing is printed or written unless all of it can be. */
int cmd_import(const struct options *options);

#endif
