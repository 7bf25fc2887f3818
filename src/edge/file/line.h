/* line.h - finding one line of a text that comes in pieces. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/text.h"

/* Set `line` (from 1), `skip` and `out`; the rest is zero at first. */
struct line_finder {
	uint32_t line;
	uint32_t skip; /* characters of the line to pass over, UTF-8 sequences counted once */
	struct buf out;
	uint32_t seen; /* line ends so far */
};

/*
 * Take the next piece. The line, cut to `out`, is gathered there without its end (LF or CRLF).
 * Whether it is complete, so that no more is needed.
 */
bool line_find(struct line_finder *finder, struct text piece);
