/* read.h - the bytes of an opened file. */
#pragma once

#include <stddef.h>

#include "croute/base/error.h"
#include "croute/edge/file/set.h"

/* A file of a set, from its beginning. */
struct file_stream {
	const struct file_set *set;
	uint32_t file;
	uint64_t offset; /* read so far; past FILE_SIZE_MOST is an error */
};

/* Up to `size` bytes, their number in `*got`, 0 at the end; as stream_read_fn wants it, `stream`
 * being a struct file_stream. 0 or -errno. */
int file_read(void *stream, unsigned char *buffer, size_t size, size_t *got, struct error *err);

/* A place in a set: the `skip`-th character (from 0) of a line (from 1). */
struct file_place {
	uint32_t file;
	uint32_t line;
	uint32_t skip;
};

/*
 * The rest of the line from there on, without its end, cut to `size` bytes, NUL-terminated; for
 * diagnostics. Returns its length, 0 when it cannot be read.
 */
size_t file_read_line(const struct file_set *set, struct file_place place, char *out, size_t size);
