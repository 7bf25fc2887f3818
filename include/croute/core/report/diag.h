/* diag.h - what is wrong with a file, as a compiler prints it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/diag.h"
#include "croute/base/text.h"

#define REPORT_DIAG_WIDTH 100 /* characters of a source line that are shown */

/* A diagnostic with what surrounds it in the file. */
struct report_diag {
	const char *path;
	const struct diag *diag;
	struct text line; /* the source line after its first `skipped` characters; may be empty */
	uint32_t skipped;
	bool colour;
};

/* How many characters at the start of the source line to leave out, so that the place is seen. */
uint32_t report_diag_skip(const struct diag *diag);

/*
 * Append `PATH:LINE:COL: error: TEXT`, the source line and a caret line, or only the first where
 * there is no source line. Columns count characters; tabs stay tabs, so that the caret stands
 * under its place; nothing from the file can drive a terminal.
 */
void report_diag_write(struct buf *out, const struct report_diag *view);
