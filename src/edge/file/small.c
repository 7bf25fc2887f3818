/* small.c - a small file that another process put in place, read at once. */
#include "croute/edge/file/small.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/edge/host/fd.h"

static int read_all(int fd, char *out, size_t size, size_t *len)
{
	ssize_t count;

	*len = 0;
	do {
		count = read(fd, out + *len, size - *len);
		if (count > 0)
			*len += (size_t)count;
	} while ((count > 0 && *len < size) || (count < 0 && errno == EINTR));
	if (count < 0)
		return -errno;
	return *len == size ? -EFBIG : 0;
}

int file_small_read(const char *path, char *out, size_t size, struct file_small *got,
		    struct error *err)
{
	CLEANUP_FD int fd = fd_open_regular(AT_FDCWD, path);
	struct file_small small = {.len = 0};
	struct stat stat;
	int status = 0;

	if (fd == -EINVAL)
		return error_set(err, EINVAL, "%s: not a regular file", path);
	if (fd < 0 || fstat(fd, &stat) < 0)
		return error_set(err, fd < 0 ? -fd : errno, "%s: cannot be read: %s", path,
				 strerror(fd < 0 ? -fd : errno));
	status = read_all(fd, out, size, &small.len);
	if (status < 0)
		return error_set(err, -status, "%s: cannot be read: %s", path, strerror(-status));
	small.owner = stat.st_uid;
	*got = small;
	return 0;
}
