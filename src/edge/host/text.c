/* text.c - files of other programs, read whole. */
#include "croute/edge/host/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/host/fd.h"

#define PIECE 4096

static int append(int fd, struct host_text *out)
{
	ssize_t got;

	out->bytes.limit = HOST_TEXT_MOST;
	do {
		char *piece = arena_push(&out->bytes, PIECE);

		if (piece == NULL)
			return -EFBIG;
		got = read(fd, piece, PIECE);
		arena_pop(&out->bytes, PIECE - (got > 0 ? (size_t)got : 0));
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : 0;
}

int host_text_read(const char *root, const char *path, struct host_text *out)
{
	char space[PATH_MAX];
	struct buf full = BUF_OVER(space);
	CLEANUP_FD int fd = -1;
	char *end;

	buf_add(&full, "%s%s", root, path);
	fd = fd_open_regular(AT_FDCWD, space);
	out->status = fd < 0 ? fd : append(fd, out);
	end = out->status == 0 ? arena_push(&out->bytes, 1) : NULL;
	if (end != NULL)
		*end = '\n';
	return out->status;
}

void host_drop_in_read(const char *root, const char *const *paths, struct host_drop_in *out)
{
	char space[PATH_MAX];
	struct stat stat_of;

	out->text.status = -ENOENT;
	for (; *paths != NULL && out->text.status == -ENOENT; paths++) {
		struct buf full = BUF_OVER(space);
		struct buf path = BUF_OVER(out->path);

		buf_add(&full, "%s%s", root, *paths);
		buf_add(&path, "%s", *paths);
		if (stat(space, &stat_of) < 0)
			continue;
		out->written = stat_of.st_mtime;
		out->placed = stat_of.st_ctime;
		(void)host_text_read(root, *paths, &out->text);
	}
}
