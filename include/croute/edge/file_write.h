/* file_write.h - putting a small file in place at once. */
#ifndef CROUTE_EDGE_FILE_WRITE_H
#define CROUTE_EDGE_FILE_WRITE_H

#include <stddef.h>

#include "croute/base/error.h"

/* Replace `path` by `len` bytes: whole or not at all. 0, or -errno with `err`, and the old file stays. */
int file_write(const char *path, const char *bytes, size_t len, struct error *err);

#endif
