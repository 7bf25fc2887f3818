/* fd.h - descriptors that close themselves, and what a small file holds. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <dirent.h>
#include <stddef.h>

/* On a variable: it is closed where its scope ends, unless it is below 0. */
#define CLEANUP_FD __attribute__((cleanup(fd_close)))
void fd_close(const int *fd);

/* The same, and it is -1 then. */
void fd_drop(int *fd);

/* Unless it is NULL. */
#define CLEANUP_DIR __attribute__((cleanup(fd_close_dir)))
void fd_close_dir(DIR **dir);

/* Open a regular file for reading, `path` seen from `dir` (or AT_FDCWD). A FIFO or device is never
 * waited for: -EINVAL. The descriptor or -errno. */
int fd_open_regular(int dir, const char *path);

/* What one read(2) gives of a file, with a NUL behind it; "" when it cannot be read. Its length. */
size_t fd_read_start(int dir, const char *path, char *out, size_t size);

/* 0 or -errno. */
int fd_write_all(int fd, const void *bytes, size_t size);
