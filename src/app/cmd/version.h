/* version.h - which croute this is. */
#pragma once

#include "croute/app/cli/options.h"

#ifndef CROUTE_VERSION /* the build gives the true one */
#define CROUTE_VERSION "0.0.0"
#endif

/* Returns an exit code (command.h). */
int cmd_version(const struct options *options);
