/* input.c - the bytes of a file, a pipe or standard input, once, from beginning to end. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/edge/host/fd.h"

/* How long, and how often, a writer of a FIFO is looked for. */
#define WRITER_MS 50
#define WRITER_TRIES 60

static uint64_t size_of(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
}

static bool is_fifo(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && S_ISFIFO(stat.st_mode);
}

/* Of a FIFO without a writer read(2) says that it is at its end, of a silent one EAGAIN (fifo(7)).
 */
static ssize_t read_awaited(struct input *input, unsigned char *buffer, size_t size)
{
	struct pollfd ready = {.fd = input->fd, .events = POLLIN};
	ssize_t count = 0;
	int tries = 0;

	for (;;) {
		count = read(input->fd, buffer, size);
		if (count > 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
			return count;
		if (count == 0 && (!input->awaited || ++tries > WRITER_TRIES))
			return count;
		(void)poll(&ready, count < 0, count < 0 ? -1 : WRITER_MS);
	}
}

int input_open(const char *path, struct input *out, struct error *err)
{
	int fd;

	if (path == NULL || strcmp(path, "-") == 0) {
		*out = (struct input){.fd = STDIN_FILENO,
				      .name = "standard input",
				      .size = size_of(STDIN_FILENO)};
		return 0;
	}
	do {
		fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return error_set(err, errno, "cannot be opened: %s", strerror(errno));
	*out = (struct input){.fd = fd, .name = path, .size = size_of(fd), .awaited = is_fifo(fd)};
	return 0;
}

int input_read(void *input, unsigned char *buffer, size_t size, size_t *got, struct error *err)
{
	struct input *own = input;
	ssize_t count = read_awaited(own, buffer, size);

	if (count < 0)
		return error_set(err, errno, "cannot be read: %s", strerror(errno));
	if (count == 0 && own->awaited)
		return error_set(err, EINVAL, "is a FIFO that no program writes to");
	own->awaited = false;
	*got = (size_t)count;
	return 0;
}

static int copy_input(struct input *input, int fd, uint64_t most, struct error *err)
{
	unsigned char chunk[16384];
	uint64_t total = 0;
	size_t got = 0;

	do {
		int status = input_read(input, chunk, sizeof(chunk), &got, err);

		if (status < 0)
			return status;
		total += got;
		if (total > most)
			return error_set(err, EFBIG, "is larger than %llu MiB",
					 (unsigned long long)most >> 20);
		status = fd_write_all(fd, chunk, got);
		if (status < 0)
			return error_set(err, -status, "cannot be buffered: %s", strerror(-status));
	} while (got > 0);
	return 0;
}

int input_spool(const char *path, uint64_t most, struct error *err)
{
	struct input input = {.fd = -1};
	int status = input_open(path, &input, err);
	int fd = status < 0 ? -1 : memfd_create("croute", MFD_CLOEXEC);

	if (status == 0 && fd < 0)
		status = error_set(err, errno, "cannot be buffered: %s", strerror(errno));
	if (status == 0)
		status = copy_input(&input, fd, most, err);
	input_close(&input);
	if (status == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return status;
}

void input_close(struct input *input)
{
	if (input->fd > STDERR_FILENO)
		(void)close(input->fd);
	input->fd = -1;
}
