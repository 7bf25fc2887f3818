/* release.h - `croute release`. */
#pragma once

#include "croute/app/cli/options.h"

/* Returns an exit code (command.h). */
int cmd_release(const struct options *options);
