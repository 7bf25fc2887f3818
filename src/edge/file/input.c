/* input.c - the bytes of a file, a pipe or standard input, once, from beginning to end. */
#include "croute/edge/file/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t size_of(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
}

int feed_open(const char *path, struct feed *out, struct error *err)
{
	int fd;

	if (path == NULL || strcmp(path, "-") == 0) {
		*out = (struct feed){.fd = STDIN_FILENO,
				     .name = "standard input",
				     .size = size_of(STDIN_FILENO)};
		return 0;
	}
	do {
		fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return error_set(err, errno, "cannot be opened: %s", strerror(errno));
	*out = (struct feed){.fd = fd, .name = path, .size = size_of(fd)};
	return 0;
}

int feed_read(void *feed, unsigned char *buffer, size_t size, size_t *got, struct error *err)
{
	const struct feed *own = feed;
	ssize_t count;

	do {
		count = read(own->fd, buffer, size);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return error_set(err, errno, "cannot be read: %s", strerror(errno));
	*got = (size_t)count;
	return 0;
}

void feed_close(struct feed *feed)
{
	if (feed->fd > STDERR_FILENO)
		(void)close(feed->fd);
	feed->fd = -1;
}
