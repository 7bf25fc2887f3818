/* cmd.h - `croute doctor`: checks the host. */
#pragma once

#include "croute/app/cli/options.h"

/* Returns an exit code (SPEC 3): 0, or 1 when a check fails. */
int cmd_doctor(const struct options *options);
