/* option_import.h - the options of `croute import`. */
#pragma once

#include "croute/app/cli/import_settings.h"
#include "croute/base/error.h"

struct options;

/* Each takes the value of one. 0, or -EINVAL with `err`. */
int option_import_serial(struct options *options, char *value, struct error *err);
int option_import_generated_at(struct options *options, char *value, struct error *err);
int option_import_split(struct options *options, char *value, struct error *err);
