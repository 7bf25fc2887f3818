/* fd.c - opening, reading and closing. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

void fd_drop(int *fd)
{
	fd_close(fd);
	*fd = -1;
}

void fd_close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

int fd_open_regular(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
		return fd;
	fd_close(&fd);
	return -EINVAL;
}

size_t fd_read_start(int dir, const char *path, char *out, size_t size)
{
	CLEANUP_FD int fd = fd_open_regular(dir, path);
	ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);

	out[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

int fd_write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t done = write(fd, at, size);

		if (done < 0 && errno != EINTR)
			return -errno;
		at += done > 0 ? done : 0;
		size -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}
