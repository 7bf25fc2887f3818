/* file.h - reading a snapshot from a file. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/error.h"
#include "croute/model/snapshot.h"

/* Fill `out` (initialised) from the file at `path`. 0, or -errno with `err` ("PATH: what is
 * wrong"). */
int snapshot_file_read(const char *path, struct snapshot *out, struct error *err);
