/* schema.h - `croute schema`. */
#pragma once

struct options;

/* Print a JSON Schema of the file on stdout; returns an exit code. */
int cmd_schema(const struct options *options);
