/* json.h - a snapshot as JSON, one object a line, and back. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "croute/base/error.h"
#include "croute/base/json.h"
#include "croute/model/snapshot.h"

#define SNAPSHOT_FILE_MOST ((size_t)256 * 1024 * 1024) /* bytes */

/* All of it, sorted, one object a line, byte for byte the same for the same state. 0, -ENOMEM, or
 * what `write` returned. */
int snapshot_json_write(const struct snapshot *snapshot, json_write_fn *write, void *context);

/*
 * Read it back from `len` bytes that anybody may have written. Missing values are zero or empty; a
 * wrong type or range is refused. 0, or -EINVAL or -ENOMEM with `err`; `out` (initialised) is then
 * not to be used.
 */
int snapshot_json_read(const char *bytes, size_t len, struct snapshot *out, struct error *err);
