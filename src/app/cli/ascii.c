/* ascii.c - ASCII output for locales other than UTF-8. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/ascii.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "croute/base/buf.h"

#define CHUNK 256 /* bytes converted at a time; each takes six at most */

bool ascii_is_utf8(const char *const values[3])
{
	for (int i = 0; i < 3; i++) {
		if (values[i] != NULL && values[i][0] != '\0')
			return strcasestr(values[i], "utf-8") != NULL ||
			       strcasestr(values[i], "utf8") != NULL;
	}
	return false;
}

/* Bytes of the character that begins with this one; 1 also for what begins none. */
static size_t length_of(unsigned char first)
{
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/* One column stays one column, so that carets still point at the right place. */
static void add_plain(struct buf *out, uint32_t code)
{
	static const struct {
		uint32_t code;
		char like;
	} likes[] = {{0x2026, '~'}, {0x25cf, '*'}, {0x25cb, 'o'}, {0xd7, 'x'}};
	size_t i = 0;

	while (i < sizeof(likes) / sizeof(likes[0]) && likes[i].code != code)
		i++;
	buf_add(out, "%c", i < sizeof(likes) / sizeof(likes[0]) ? likes[i].like : '?');
}

static void add_character(const struct ascii *ascii, struct buf *out)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = ascii->tail[0] & masks[ascii->len];

	for (size_t i = 1; i < ascii->len; i++)
		code = code << 6 | (ascii->tail[i] & 0x3f);
	if (ascii->len == 1 && ascii->tail[0] < 0x80)
		buf_add(out, "%c", ascii->tail[0]);
	else if (!ascii->json)
		add_plain(out, code);
	else if (code >= 0x10000)
		buf_add(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
			0xdc00 + ((code - 0x10000) & 0x3ff));
	else
		buf_add(out, "\\u%04x", code);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t got = write(fd, bytes, len);

		if (got < 0)
			return false;
		bytes += got;
		len -= (size_t)got;
	}
	return true;
}

static bool is_ascii(const char *bytes, size_t size)
{
	unsigned char all = 0;

	for (size_t i = 0; i < size; i++)
		all |= (unsigned char)bytes[i];
	return all < 0x80;
}

/* A cookie_write_function_t: 0 is its failure. Nearly all output is ASCII already. */
static ssize_t write_ascii(void *cookie, const char *bytes, size_t size)
{
	struct ascii *ascii = cookie;
	char space[6 * CHUNK + 8];

	if (ascii->len == 0 && is_ascii(bytes, size))
		return write_all(ascii->fd, bytes, size) ? (ssize_t)size : 0;
	for (size_t i = 0; i < size;) {
		struct buf out = BUF_OVER(space);

		for (size_t j = 0; j < CHUNK && i < size; j++) {
			ascii->tail[ascii->len++] = (unsigned char)bytes[i++];
			if (ascii->len < length_of(ascii->tail[0]))
				continue;
			add_character(ascii, &out);
			ascii->len = 0;
		}
		if (!write_all(ascii->fd, space, out.len))
			return 0;
	}
	return (ssize_t)size;
}

FILE *ascii_open(struct ascii *ascii, int fd, bool json, FILE *old)
{
	FILE *stream;

	*ascii = (struct ascii){.fd = fd, .json = json};
	stream = fopencookie(ascii, "w", (cookie_io_functions_t){.write = write_ascii});
	if (stream != NULL && fd == STDERR_FILENO)
		(void)setvbuf(stream, NULL, _IONBF, 0);
	else if (stream != NULL && isatty(fd) == 1)
		(void)setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	return stream != NULL ? stream : old;
}
