/* cmd.h - `croute doctor`: checks the host. */
#ifndef CROUTE_APP_DOCTOR_CMD_H
#define CROUTE_APP_DOCTOR_CMD_H

#include "croute/app/cli/options.h"

/* Returns an exit code (SPEC 3): 0, or 1 when a check fails. */
int cmd_doctor(const struct options *options);

#endif
