/* read.c - the bytes of an opened file. */
#include "croute/edge/file/read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "edge/file/line.h"

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
