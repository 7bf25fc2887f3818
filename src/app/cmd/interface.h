/* interface.h - `croute interface`. */
#ifndef CROUTE_APP_CMD_INTERFACE_H
#define CROUTE_APP_CMD_INTERFACE_H

struct options;

/* Show which interface carries the routes, and for each other one why not. An exit code. */
int cmd_interface(const struct options *options);

#endif
