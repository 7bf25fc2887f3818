/* cmd.h - `croute lookup`. */
#ifndef CROUTE_APP_LOOKUP_CMD_H
#define CROUTE_APP_LOOKUP_CMD_H

struct options;

/* Tell who owns an address, and whether the kernel agrees; returns an exit code. */
int cmd_lookup(const struct options *options);

#endif
