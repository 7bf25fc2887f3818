/* error.h - why something failed, told in words, filled by the function that knows. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>

/*
 * Lives on the caller's stack and is passed last. Filled on failure, untouched on success.
 * `code` is a positive errno; `text` says what and why, in the user's words, without a trailing
 * full stop.
 */
struct error {
	int code;
	char text[504];
};

/* Fill `err` (may be NULL) and return -code, so that callers can write `return error_set(err,
 * ENOENT, …)`. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
