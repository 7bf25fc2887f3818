/* cmd.h - `croute snapshot`. */
#pragma once

struct options;

/* Print the kernel's relevant state on stdout; returns an exit code. */
int cmd_snapshot(const struct options *options);
