/* text.h - the status as `croute status` prints it for a person. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/status/status.h"
#include "croute/base/buf.h"

#define STATUS_TEXT_PAGE ((size_t)32 * 1024) /* holds the fullest page */

/* How the reader found the agent, and how to print it. */
struct status_view {
	enum status_state state;
	int64_t now_ms; /* of status_now */
	uint32_t other; /* another process that holds the lock, where its number is known; else 0 */
	bool colour;
};

/* Append the page: the state in the first line, then a line for each matter, then the problems,
 * each kind with its advice. Whatever stands in the status, it cannot drive a terminal. */
void status_text(const struct status *status, const struct status_view *view, struct buf *out);

#define STATUS_SPAN_MAX 32

/* `90 s`, `5 min`, `3 h` or `12 days`, in `out`, which is returned. */
const char *status_format_span(int64_t ms, char out[STATUS_SPAN_MAX]);
