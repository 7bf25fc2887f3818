/* buf.c - appending to a fixed buffer. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void buf_add_args(struct buf *buf, const char *format, va_list args)
{
	int len = vsnprintf(buf->data + buf->len, buf->size - buf->len, format, args);

	if (len < 0)
		return;
	buf->len += (size_t)len;
	if (buf->len > buf->size - 1)
		buf->len = buf->size - 1;
}

void buf_add(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_add_args(buf, format, args);
	va_end(args);
}

void buf_add_number(struct buf *buf, uint32_t number)
{
	char digits[10];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_add_text(buf, (struct text){.at = digits + at, .len = sizeof(digits) - at});
}

void buf_add_hex(struct buf *buf, uint32_t number)
{
	char digits[8];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[number & 15];
		number >>= 4;
	} while (number > 0);
	buf_add_text(buf, (struct text){.at = digits + at, .len = sizeof(digits) - at});
}

void buf_add_count(struct buf *buf, uint64_t count)
{
	uint64_t unit = 1;

	while (count / unit >= 1000)
		unit *= 1000;
	buf_add(buf, "%" PRIu64, count / unit);
	for (; unit > 1; unit /= 1000)
		buf_add(buf, ",%03" PRIu64, count % unit / (unit / 1000));
}

void buf_pad(struct buf *buf, size_t column, size_t least)
{
	size_t count = buf->len + least < column ? column - buf->len : least;
	size_t room = buf->size - 1 - buf->len;

	count = count < room ? count : room;
	memset(buf->data + buf->len, ' ', count);
	buf->len += count;
	buf->data[buf->len] = '\0';
}

void buf_cut(struct buf *buf, size_t len)
{
	buf->len = len;
	buf->data[len] = '\0';
}

/* Overlong forms, surrogates, and what lies past U+10FFFF, told by the first two bytes. */
static bool is_misused(unsigned char first, unsigned char second)
{
	return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
}

/* The length of the well-formed UTF-8 sequence at the start, 0 when there is none (RFC 3629). */
static size_t utf8_length(struct text text)
{
	const unsigned char *at = (const unsigned char *)text.at;
	size_t len = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;

	if (len == 1)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4 || text.len < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return is_misused(at[0], at[1]) ? 0 : len;
}

/* C0, DEL and the C1 controls, which some terminals obey in their UTF-8 form too. */
static bool drives_terminal(struct text sequence)
{
	unsigned char first = (unsigned char)sequence.at[0];

	return first < 0x20 || first == 0x7f ||
	       (first == 0xc2 && (unsigned char)sequence.at[1] < 0xa0);
}

struct text buf_next_safe(struct text *rest)
{
	size_t len = utf8_length(*rest);
	struct text next = {.at = rest->at, .len = len};

	if (rest->at[0] == '\t')
		next = text_of(" ");
	else if (len == 0 || drives_terminal(next))
		next = text_of("?");
	rest->at += len > 0 ? len : 1;
	rest->len -= len > 0 ? len : 1;
	return next;
}

void buf_add_safe(struct buf *buf, struct text text)
{
	size_t plain = text_printable(text); /* nearly always all of it */

	buf_add_text(buf, (struct text){.at = text.at, .len = plain});
	text.at += plain;
	text.len -= plain;
	while (text.len > 0)
		buf_add_text(buf, buf_next_safe(&text));
}
