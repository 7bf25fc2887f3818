/* line.c - finding one line of a text that comes in pieces. */
#include "edge/file/line.h"

#include <string.h>

/* Pass over what stands before the line; false when the piece ends first. */
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

bool line_find(struct line_finder *finder, struct text piece)
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
