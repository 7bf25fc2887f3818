/* cmd.h - `croute snapshot`. */
#ifndef CROUTE_APP_SNAPSHOT_CMD_H
#define CROUTE_APP_SNAPSHOT_CMD_H

struct options;

/* Print the kernel's relevant state on stdout; returns an exit code. */
int cmd_snapshot(const struct options *options);

#endif
