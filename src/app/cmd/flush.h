/* flush.h - removes all that croute owns and nothing else. */
#ifndef CROUTE_APP_CMD_FLUSH_H
#define CROUTE_APP_CMD_FLUSH_H

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_flush(const struct options *options);

#endif
