/* buf.h - text written into a fixed buffer, cut off at its end and never past it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/text.h"

/* `data` holds `size` bytes and is always NUL-terminated; `len` counts what is in it without the
 * NUL. */
struct buf {
	char *data;
	size_t size;
	size_t len;
};

/* A buf over a caller's array; the array outlives it. */
#define BUF_OVER(array) ((struct buf){.data = (array), .size = sizeof(array), .len = 0})

/* An empty buf with bytes of its own, for the block in which it is written. */
#define BUF_LOCAL(bytes) ((struct buf){.data = (char[bytes]){0}, .size = (bytes), .len = 0})

/* Append, cut at the end of the buffer. */
void buf_add(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_args(struct buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Inline, so that a literal costs no call: lines are printed a hundred thousand times. */
static inline void buf_add_text(struct buf *buf, struct text text)
{
	size_t room = buf->size - 1 - buf->len;

	if (text.len > room)
		text.len = room;
	memcpy(buf->data + buf->len, text.at, text.len);
	buf->len += text.len;
	buf->data[buf->len] = '\0';
}

/* As buf_add with %s, %u and %x, in a fraction of its time. */
static inline void buf_add_word(struct buf *buf, const char *word)
{
	buf_add_text(buf, text_of(word));
}
void buf_add_number(struct buf *buf, uint32_t number);
void buf_add_hex(struct buf *buf, uint32_t number);

/* A number as people read it: 99,999. */
void buf_add_count(struct buf *buf, uint64_t count);

/* Fill with spaces up to `column` (0-based); at least `least` of them. */
void buf_pad(struct buf *buf, size_t column, size_t least);

/* Take back what stands behind the first `len` bytes, which are there. */
void buf_cut(struct buf *buf, size_t len);

/*
 * Append text from outside so that it cannot drive a terminal: control characters and invalid UTF-8
 * become `?`. A tab becomes a blank.
 */
void buf_add_safe(struct buf *buf, struct text text);

/* Take the first character off `rest`, which is not empty: how it would be appended. */
struct text buf_next_safe(struct text *rest);
