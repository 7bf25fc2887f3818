/* stream.c - counting and checking bytes before libyaml sees them. */
#include "croute/core/stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BYTE_ORDER_MARK 0xfeff

void stream_begin(struct stream *stream, config_read_fn *read, void *source, uint16_t file)
{
	*stream = (struct stream){.read = read,
				  .source = source,
				  .at = {.line = 1, .column = 1, .file = file},
				  .window_line = 1};
}

__attribute__((format(printf, 2, 3))) static bool refuse(struct stream *stream, const char *format,
							 ...)
{
	va_list args;

	stream->bad = true;
	va_start(args, format);
	(void)vsnprintf(stream->problem, sizeof(stream->problem), format, args);
	va_end(args);
	return false;
}

/* YAML 1.1, 5.1: what a file may hold. */
static bool is_printable(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	if (c >= 0x7f && c < 0xa0)
		return c == 0x85;
	return c < 0xd800 || (c > 0xdfff && c < 0xfffe) || (c > 0xffff && c <= 0x10ffff);
}

/* libyaml's way of counting: CR LF is one end of a line, a lone CR is one too. */
static void step_over(struct stream *stream, uint32_t c)
{
	bool second = c == '\n' && stream->after_cr;

	stream->after_cr = c == '\r';
	if (c == '\n' || c == '\r') {
		stream->at.line += second ? 0 : 1;
		stream->at.column = 1;
	} else if (stream->at.column < UINT16_MAX) {
		stream->at.column++;
	}
}

static bool take_character(struct stream *stream, uint32_t c, uint64_t offset)
{
	if (c == 0)
		return refuse(stream, "a NUL byte: this is not a text file in UTF-8");
	if (!is_printable(c))
		return refuse(stream, "a control character (U+%04X), which no YAML file may hold",
			      c);
	if (c != BYTE_ORDER_MARK || offset > 2)
		step_over(stream, c);
	return true;
}

static bool begin_sequence(struct stream *stream, unsigned char byte, uint64_t offset)
{
	if (offset == 0 && byte >= 0xfe)
		return refuse(stream, "the file is UTF-16; save it as UTF-8");
	if (byte < 0xc2 || byte > 0xf4)
		return refuse(stream, "a byte (0x%02X) that is no UTF-8; save the file as UTF-8",
			      byte);
	stream->missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
	stream->least = byte >= 0xf0 ? 0x10000 : byte >= 0xe0 ? 0x800 : 0x80;
	stream->value = byte & (0x3fU >> stream->missing);
	return true;
}

static bool take_byte(struct stream *stream, unsigned char byte, uint64_t offset)
{
	if (stream->missing == 0 && byte < 0x80)
		return take_character(stream, byte, offset);
	if (stream->missing == 0)
		return begin_sequence(stream, byte, offset);
	if ((byte & 0xc0) != 0x80)
		return refuse(stream, "a cut-off UTF-8 character; save the file as UTF-8");
	stream->value = stream->value << 6 | (byte & 0x3f);
	if (--stream->missing > 0)
		return true;
	if (stream->value < stream->least)
		return refuse(stream, "an overlong UTF-8 character; save the file as UTF-8");
	return take_character(stream, stream->value, offset);
}

/* How many of `count` fresh bytes may be handed on: all, or those before a bad character. */
static size_t count_good(struct stream *stream, const unsigned char *bytes, size_t count)
{
	size_t whole = 0; /* bytes up to the end of the last whole character */

	for (size_t i = 0; i < count; i++) {
		if (!take_byte(stream, bytes[i], stream->total + i))
			return whole;
		if (stream->missing == 0)
			whole = i + 1;
	}
	return count;
}

/* Keep half of the window: libyaml may stand that far behind. */
static void make_room(struct stream *stream)
{
	size_t drop = stream->window_used - STREAM_CHUNK;

	for (size_t i = 0; i < drop; i++)
		stream->window_line += stream->window[i] == '\n';
	memmove(stream->window, stream->window + drop, STREAM_CHUNK);
	stream->window_used = STREAM_CHUNK;
}

static bool read_more(struct stream *stream, size_t size, size_t *got)
{
	unsigned char *place = stream->window + stream->window_used;
	struct error io = {0};

	if (stream->read(stream->source, place, size, got, &io) < 0) {
		stream->io = io;
		if (io.code == 0)
			(void)error_set(&stream->io, EIO, "the file cannot be read");
		return false;
	}
	if (*got == 0 && stream->missing > 0)
		return refuse(stream, "the file ends inside a UTF-8 character");
	if (stream->total + *got > CONFIG_FILE_MOST)
		return refuse(stream, "the file is over %zu MiB", CONFIG_FILE_MOST >> 20);
	return true;
}

bool stream_read(struct stream *stream, unsigned char *buffer, size_t size, size_t *got)
{
	size_t count = 0;
	size_t good;

	if (stream->bad || stream->io.code != 0)
		return false;
	if (stream->window_used > STREAM_CHUNK)
		make_room(stream);
	if (!read_more(stream, size < STREAM_CHUNK ? size : STREAM_CHUNK, &count))
		return false;
	good = count_good(stream, stream->window + stream->window_used, count);
	stream->total += count;
	if (stream->bad && good == 0)
		return false;
	memcpy(buffer, stream->window + stream->window_used, good);
	stream->window_used += good;
	*got = good;
	return true;
}

struct text stream_line(const struct stream *stream, uint32_t line)
{
	const char *at = (const char *)stream->window;
	const char *end = at + stream->window_used;
	const char *stop;

	for (uint32_t number = stream->window_line; number < line && at < end; number++) {
		stop = memchr(at, '\n', (size_t)(end - at));
		at = stop != NULL ? stop + 1 : end;
	}
	stop = memchr(at, '\n', (size_t)(end - at));
	return (struct text){.at = at, .len = (size_t)((stop != NULL ? stop : end) - at)};
}
