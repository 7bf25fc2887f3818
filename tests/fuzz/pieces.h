/* pieces.h - the fuzzer's bytes as a file that is read piece by piece. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "croute/base/error.h"

struct pieces {
	const uint8_t *data;
	size_t size;
	size_t given;
	size_t most; /* bytes of a piece; SIZE_MAX: all at once */
};

/* As stream_read_fn wants it, the source being a struct pieces. */
static inline int pieces_read(void *source, unsigned char *buffer, size_t size, size_t *got,
			      struct error *err)
{
	struct pieces *pieces = source;
	size_t left = pieces->size - pieces->given;

	(void)err;
	if (size > pieces->most)
		size = pieces->most;
	*got = size < left ? size : left;
	memcpy(buffer, pieces->data + pieces->given, *got);
	pieces->given += *got;
	return 0;
}
