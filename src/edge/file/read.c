/* read.c - the bytes of an opened file. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/open.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "croute/base/buf.h"

int file_read(void *stream, unsigned char *buffer, size_t size, size_t *got, struct error *err)
{
	struct file_stream *from = stream;
	char path[PATH_MAX];
	ssize_t count;

	do {
		count = pread(file_set_at(from->set, from->file)->fd, buffer, size,
			      (off_t)from->offset);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return error_set(err, errno, "%s: cannot be read: %s",
				 file_set_path(from->set, from->file, path), strerror(errno));
	if (from->offset + (uint64_t)count > FILE_SIZE_MOST)
		return error_set(err, EFBIG, "%s: is larger than 64 MiB",
				 file_set_path(from->set, from->file, path));
	from->offset += (uint64_t)count;
	*got = (size_t)count;
	return 0;
}

/* The line that is looked for in a text that comes in pieces; gathered in `out`, cut to it, without
 * its end (LF or CRLF). */
struct line_finder {
	uint32_t line; /* from 1 */
	uint32_t skip; /* characters of the line to skip, UTF-8 sequences counted once */
	struct buf out;
	uint32_t seen; /* line ends so far */
};

/* Skip what stands before the line; false when the piece ends first. */
static bool seek_line(struct line_finder *finder, struct text *piece)
{
	while (finder->seen + 1 < finder->line) {
		const char *end = memchr(piece->at, '\n', piece->len);

		if (end == NULL)
			return false;
		piece->len -= (size_t)(end - piece->at) + 1;
		piece->at = end + 1;
		finder->seen++;
	}
	return true;
}

/* The bytes of UTF-8 sequences after their first. */
static bool is_continued(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static void skip_characters(struct line_finder *finder, struct text *piece)
{
	while (piece->len > 0 && (finder->skip > 0 || is_continued(piece->at[0]))) {
		if (!is_continued(piece->at[0]))
			finder->skip--;
		piece->at++;
		piece->len--;
	}
}

static void drop_return(struct buf *out)
{
	if (out->len > 0 && out->data[out->len - 1] == '\r')
		out->data[--out->len] = '\0';
}

/* Take the next piece. Whether the line is complete, so that no more is needed. */
static bool line_find(struct line_finder *finder, struct text piece)
{
	const char *end;

	if (!seek_line(finder, &piece))
		return false;
	end = memchr(piece.at, '\n', piece.len);
	if (end != NULL)
		piece.len = (size_t)(end - piece.at);
	if (finder->out.len == 0)
		skip_characters(finder, &piece);
	buf_add_text(&finder->out, piece);
	if (end != NULL)
		drop_return(&finder->out);
	return end != NULL || finder->out.len + 1 >= finder->out.size;
}

size_t file_read_line(const struct file_set *set, struct file_place place, char *out, size_t size)
{
	struct file_stream stream = {.set = set, .file = place.file};
	struct line_finder finder = {.line = place.line, .skip = place.skip};
	unsigned char chunk[16384];
	size_t got = 0;

	if (size == 0)
		return 0;
	finder.out = (struct buf){.data = out, .size = size};
	out[0] = '\0';
	do {
		struct text text = {.at = (const char *)chunk};

		if (file_read(&stream, chunk, sizeof(chunk), &got, NULL) < 0)
			return 0;
		text.len = got;
		if (line_find(&finder, text))
			break;
	} while (got > 0);
	return finder.out.len;
}
