/* json.h - the status as JSON: the status file, and `croute status -o json`. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "croute/app/status/status.h"
#include "croute/base/error.h"
#include "croute/base/json.h"

#define STATUS_FILE_MOST ((size_t)64 * 1024) /* bytes; the fullest status has 40 KiB */

/* What stands in the object; its braces and version are the caller's. What is not there is null. */
void status_json_put(struct json *json, const struct status *status);

/* The text of the status file, with a line end. Its length; -ENOSPC. Takes no memory: a pass of the
 * agent that finds nothing to do calls malloc not once. */
int status_json_write(const struct status *status, char *out, size_t size);

/*
 * From the bytes of a file that anybody may have written. Unknown keys are skipped, so that
 * another version's file can be read; known ones must have their type and fit. 0, or -EINVAL with
 * `err`; `out` is untouched on failure.
 */
int status_json_read(const char *bytes, size_t len, struct status *out, struct error *err);
