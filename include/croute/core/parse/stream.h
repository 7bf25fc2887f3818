/* stream.h - a file's bytes on their way to libyaml: counted, checked, the last lines kept. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/diag.h"
#include "croute/base/error.h"
#include "croute/base/text.h"

#define STREAM_BYTES_MOST ((size_t)64 * 1024 * 1024) /* of a file */

/*
 * Delivers the next bytes of a file: up to `size` of them into `buffer`, their number in `*got`, 0
 * at the end. 0, or -errno with `err` filled.
 */
typedef int stream_read_fn(void *source, unsigned char *buffer, size_t size, size_t *got,
			   struct error *err);

#define STREAM_CHUNK 16384 /* bytes handed on at a time */

/*
 * libyaml tells only a byte offset of a character that no YAML file may hold, in words of its own;
 * so the bytes are looked at here first. All before the bad one are handed on, and it alone then
 * ends the stream. Start with stream_begin; owns nothing.
 */
struct stream {
	stream_read_fn *read;
	void *source;
	uint64_t most;	      /* bytes that it may have; STREAM_BYTES_MOST to begin with */
	uint64_t total;	      /* bytes read */
	struct error io;      /* code 0: the bytes could be had */
	struct error problem; /* code 0: nothing wrong with them; else it stands at stream_at */
	uint16_t file;	      /* its number in the origins */
	uint32_t line;	      /* of the next character, or the bad one */
	uint32_t column;
	bool after_cr;
	/* the UTF-8 sequence that is being read */
	uint8_t missing; /* bytes still to come */
	uint32_t least;	 /* smaller values are overlong */
	uint32_t value;
	/* the last bytes handed on: where libyaml stands, and what came before */
	bool window_cut; /* its first line began before it */
	size_t window_used;
	unsigned char
		window[2 * STREAM_CHUNK + 4]; /* more than half where a character would be cut */
};

void stream_begin(struct stream *stream, stream_read_fn *read, void *source, uint16_t file);

/* Up to `size` checked bytes, 0 of them at the end. False when `io` or `problem` is set and nothing
 * is left to hand on. */
bool stream_read(struct stream *stream, unsigned char *buffer, size_t size, size_t *got);

/* Where the next character stands, or the bad one. */
struct origin stream_at(const struct stream *stream);

/* What was read of line `line` (from 1), without its end; empty when the window has lost it. */
struct text stream_line(const struct stream *stream, uint32_t line);
