/* small.h - small files: read at once, and put in place at once. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "croute/base/error.h"
#include "croute/base/text.h"

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

/*
 * Replace `path` by `len` bytes, mode 0644 whatever the umask: readers see the old file or the new
 * one. A link at `path` is replaced, not followed. Its directory is made (0755) when it is missing,
 * and nothing above that.
 *
 * The bytes go to `path` with `.new` behind it, which is then renamed; what a killed writer left
 * there is removed, so only one process writes a path at a time. Nothing is forced to the disk:
 * such files do not outlive the host's run. 0, or -errno with `err`; then the old file stays, and
 * nothing else does.
 */
int file_write(const char *path, const char *bytes, size_t len, struct error *err);

/*
 * Likewise a file that other programs need after the next start of the host: the bytes are on the
 * disk before it is renamed, and all missing directories above it are made. With `only_new`,
 * -EEXIST where anything stands at `path`, a dangling link too.
 */
int file_write_lasting(const char *path, struct text bytes, bool only_new, struct error *err);
