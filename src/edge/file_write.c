/* file_write.c - a temporary beside the file, renamed over it. */
#include "croute/edge/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_write(const char *path, const char *bytes, size_t len, struct error *err)
{
	char temporary[PATH_MAX];
	int fd;

	(void)snprintf(temporary, sizeof(temporary), "%.4000s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, errno, "%s: %s", temporary, strerror(errno));
	if (write(fd, bytes, len) != (ssize_t)len || close(fd) < 0 || rename(temporary, path) < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}
