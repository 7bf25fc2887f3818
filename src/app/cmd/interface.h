/* interface.h - `croute interface`. */
#pragma once

struct options;

/* Show which interface carries the routes, and for each other one why not. An exit code. */
int cmd_interface(const struct options *options);
