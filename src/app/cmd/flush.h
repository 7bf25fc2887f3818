/* flush.h - removes all that croute owns and nothing else. */
#pragma once

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_flush(const struct options *options);
