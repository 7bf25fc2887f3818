/* cmd.h - `croute lookup`. */
#pragma once

struct options;

/* Tell who owns an address, and whether the kernel agrees; returns an exit code. */
int cmd_lookup(const struct options *options);
