/* reconcile.h - `croute reconcile`. */
#ifndef CROUTE_APP_CMD_RECONCILE_H
#define CROUTE_APP_CMD_RECONCILE_H

struct options;

/* One pass over the file; returns an exit code. */
int cmd_reconcile(const struct options *options);

#endif
