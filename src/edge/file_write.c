/* file_write.c - a temporary beside the file, renamed over it. */
#include "croute/edge/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"

#define SUFFIX ".new"

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}
#define CLEANUP_FD __attribute__((cleanup(close_fd)))

/* Make the directory that `path` is in. 0 or -errno. */
static int make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char space[PATH_MAX];
	struct buf folder = BUF_OVER(space);

	if (slash == NULL || slash == path)
		return -ENOENT;
	space[0] = '\0';
	buf_add_text(&folder, (struct text){.at = path, .len = (size_t)(slash - path)});
	if (mkdir(space, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	return chmod(space, 0755) < 0 ? -errno : 0;
}

/* What lies in the way is not opened, whoever put it there. */
static int open_new(const char *temporary)
{
	int fd;

	if (unlink(temporary) < 0 && errno != ENOENT)
		return -errno;
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd;
}

static int open_temporary(const char *path, const char *temporary)
{
	int fd = open_new(temporary);

	if (fd == -ENOENT) {
		int status = make_folder(path);

		fd = status < 0 ? status : open_new(temporary);
	}
	return fd;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t count = write(fd, bytes, len);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0) {
			bytes += count;
			len -= (size_t)count;
		}
	}
	return 0;
}

/* Close, which may be where a full disk is told, and rename. */
static int put_in_place(int *fd, const char *temporary, const char *path)
{
	int closed = close(*fd);

	*fd = -1;
	if (closed < 0 || rename(temporary, path) < 0)
		return -errno;
	return 0;
}

static int fill(const char *path, const char *temporary, const char *bytes, size_t len)
{
	CLEANUP_FD int fd = open_temporary(path, temporary);
	int status;

	if (fd < 0)
		return fd;
	status = write_all(fd, bytes, len);
	if (status == 0 && fchmod(fd, 0644) < 0)
		status = -errno;
	if (status == 0)
		status = put_in_place(&fd, temporary, path);
	if (status < 0)
		(void)unlink(temporary);
	return status;
}

int file_write(const char *path, const char *bytes, size_t len, struct error *err)
{
	char space[PATH_MAX];
	struct buf temporary = BUF_OVER(space);
	int status;

	if (strlen(path) + sizeof(SUFFIX) > sizeof(space))
		return error_set(err, ENAMETOOLONG, "%.80s…: the path is too long", path);
	buf_add(&temporary, "%s%s", path, SUFFIX);
	status = fill(path, space, bytes, len);
	if (status < 0)
		return error_set(err, -status, "%s: cannot be written: %s", path,
				 strerror(-status));
	return 0;
}
