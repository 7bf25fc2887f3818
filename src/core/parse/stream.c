/* stream.c - counts and checks bytes before libyaml sees them. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/stream.h"

#include <errno.h>
#include <string.h>

#define BYTE_ORDER_MARK 0xfeff

void stream_begin(struct stream *stream, stream_read_fn *read, void *source, uint16_t file)
{
	*stream = (struct stream){.read = read,
				  .source = source,
				  .most = STREAM_BYTES_MOST,
				  .file = file,
				  .line = 1,
				  .column = 1};
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

/* What ends a line for libyaml (YAML 1.1, 5.4); CR LF is one end. */
static bool is_break(uint32_t c)
{
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static void step_over(struct stream *stream, uint32_t c)
{
	bool second = c == '\n' && stream->after_cr;

	stream->after_cr = c == '\r';
	if (is_break(c)) {
		stream->line += second ? 0 : 1;
		stream->column = 1;
	} else {
		stream->column++;
	}
}

static int take_character(struct stream *stream, uint32_t c, uint64_t offset)
{
	if (c == 0)
		return error_set(&stream->problem, EILSEQ,
				 "a NUL byte: this is not a text file in UTF-8");
	if (!is_printable(c))
		return error_set(&stream->problem, EILSEQ,
				 "a control character (U+%04X), which YAML does not allow", c);
	if (c != BYTE_ORDER_MARK || offset > 2)
		step_over(stream, c);
	return 0;
}

static int begin_sequence(struct stream *stream, unsigned char byte, uint64_t offset)
{
	if (offset == 0 && byte >= 0xfe)
		return error_set(&stream->problem, EILSEQ, "the file is UTF-16; save it as UTF-8");
	if (byte < 0xc2 || byte > 0xf4)
		return error_set(&stream->problem, EILSEQ,
				 "a byte (0x%02X) that is not UTF-8; save the file as UTF-8", byte);
	stream->missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
	stream->least = byte >= 0xf0 ? 0x10000 : byte >= 0xe0 ? 0x800 : 0x80;
	stream->value = byte & (0x3fU >> stream->missing);
	return 0;
}

static int take_byte(struct stream *stream, unsigned char byte, uint64_t offset)
{
	if (stream->missing == 0 && byte < 0x80)
		return take_character(stream, byte, offset);
	if (stream->missing == 0)
		return begin_sequence(stream, byte, offset);
	if ((byte & 0xc0) != 0x80)
		return error_set(&stream->problem, EILSEQ,
				 "a cut-off UTF-8 character; save the file as UTF-8");
	stream->value = stream->value << 6 | (byte & 0x3f);
	if (--stream->missing > 0)
		return 0;
	if (stream->value < stream->least)
		return error_set(&stream->problem, EILSEQ,
				 "an overlong UTF-8 character; save the file as UTF-8");
	return take_character(stream, stream->value, offset);
}

/* Step over a run of printable characters and its line feed, nearly all of every file, in one go.
 * How many they were. */
static size_t take_plain(struct stream *stream, const unsigned char *bytes, size_t count)
{
	struct text text = {.at = (const char *)bytes, .len = count};
	size_t run = stream->missing > 0 ? 0 : text_printable(text);

	if (run == 0)
		return 0;
	stream->after_cr = false;
	stream->column += (uint32_t)run;
	if (run < count && bytes[run] == '\n') {
		stream->line++;
		stream->column = 1;
		run++;
	}
	return run;
}

/* How many of `count` fresh bytes may be handed on: all, or those before a bad character. */
static size_t count_good(struct stream *stream, const unsigned char *bytes, size_t count)
{
	size_t whole = 0; /* bytes up to the end of the last whole character */

	for (size_t i = 0; i < count;) {
		size_t run = take_plain(stream, bytes + i, count - i);

		if (run == 0 && take_byte(stream, bytes[i], stream->total + i) < 0)
			return whole;
		i += run > 0 ? run : 1;
		if (stream->missing == 0)
			whole = i;
	}
	return count;
}

/* Bytes of the line's end that begins at `at`; 0 for what is none. */
static size_t break_length(const unsigned char *at, const unsigned char *end)
{
	static const char *const breaks[] = {"\r\n",	 "\n",		 "\r",
					     "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};

	if (*at != '\n' && *at != '\r' && *at < 0x80)
		return 0; /* nearly always */
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		size_t len = strlen(breaks[i]);

		if ((size_t)(end - at) >= len && memcmp(at, breaks[i], len) == 0)
			return len;
	}
	return 0;
}

static bool ends_line(const unsigned char *at, const unsigned char *end)
{
	for (size_t len = 1; len <= 3 && (size_t)(end - at) >= len; len++) {
		if (break_length(end - len, end) == len)
			return true;
	}
	return false;
}

/* Keep half of the window: libyaml may stand that far behind. Nothing is cut in two. */
static void make_room(struct stream *stream)
{
	unsigned char *at = stream->window;
	unsigned char *end = at + stream->window_used - STREAM_CHUNK;

	while (end > at && ((*end & 0xc0) == 0x80 || (*end == '\n' && end[-1] == '\r')))
		end--;
	stream->window_cut = !ends_line(at, end);
	stream->window_used -= (size_t)(end - stream->window);
	memmove(stream->window, end, stream->window_used);
}

static int read_more(struct stream *stream, size_t size, size_t *got)
{
	unsigned char *place = stream->window + stream->window_used;
	struct error io = {0};

	if (stream->read(stream->source, place, size, got, &io) < 0) {
		stream->io = io;
		if (io.code == 0)
			(void)error_set(&stream->io, EIO, "the file cannot be read");
		return -stream->io.code;
	}
	if (*got == 0 && stream->missing > 0)
		return error_set(&stream->problem, EILSEQ,
				 "the file ends inside a UTF-8 character");
	if (stream->total + *got > stream->most)
		return error_set(&stream->problem, EFBIG, "the file is over %llu MiB",
				 (unsigned long long)stream->most >> 20);
	return 0;
}

bool stream_read(struct stream *stream, unsigned char *buffer, size_t size, size_t *got)
{
	size_t count = 0;
	size_t good;

	if (stream->problem.code != 0 || stream->io.code != 0)
		return false;
	if (stream->window_used > STREAM_CHUNK)
		make_room(stream);
	if (read_more(stream, size < STREAM_CHUNK ? size : STREAM_CHUNK, &count) < 0)
		return false;
	good = count_good(stream, stream->window + stream->window_used, count);
	stream->total += count;
	if (stream->problem.code != 0 && good == 0)
		return false;
	memcpy(buffer, stream->window + stream->window_used, good);
	stream->window_used += good;
	*got = good;
	return true;
}

struct origin stream_at(const struct stream *stream)
{
	return origin_at(stream->file, stream->line, stream->column);
}

static uint32_t count_lines(const unsigned char *at, const unsigned char *end)
{
	uint32_t count = 0;

	while (at < end) {
		size_t len = break_length(at, end);

		count += len > 0;
		at += len > 0 ? len : 1;
	}
	return count;
}

struct text stream_line(const struct stream *stream, uint32_t line)
{
	const unsigned char *at = stream->window;
	const unsigned char *end = at + stream->window_used;
	uint32_t number = stream->line - count_lines(at, end);
	const unsigned char *begin = line == number && !stream->window_cut ? at : end;

	while (at < end && number <= line) {
		size_t len = break_length(at, end);

		if (len > 0 && number == line)
			break;
		number += len > 0;
		at += len > 0 ? len : 1;
		if (len > 0 && number == line)
			begin = at;
	}
	return (struct text){.at = (const char *)begin,
			     .len = at > begin ? (size_t)(at - begin) : 0};
}
