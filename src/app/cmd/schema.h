/* schema.h - `croute schema`. */
#ifndef CROUTE_APP_CMD_SCHEMA_H
#define CROUTE_APP_CMD_SCHEMA_H

struct options;

/* Print a JSON Schema of the file on stdout; returns an exit code. */
int cmd_schema(const struct options *options);

#endif
