/* reconcile.h - `croute reconcile`. */
#pragma once

struct options;

/* One pass over the file; returns an exit code. */
int cmd_reconcile(const struct options *options);
