/* small.h - a small file that another process put in place, read at once. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "croute/base/error.h"

/* What was read: `len` bytes, no NUL behind them. */
struct file_small {
	size_t len;
	uid_t owner;
};

/*
 * Read a regular file of less than `size` bytes into `out`. A FIFO or device is refused and never
 * waited for. 0; -ENOENT when there is none; -EFBIG; another -errno, with `err`.
 */
int file_small_read(const char *path, char *out, size_t size, struct file_small *got,
		    struct error *err);
