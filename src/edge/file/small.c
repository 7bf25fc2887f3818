/* small.c - small files: read at once, and put in place at once by a rename. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/small.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"
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

#define SUFFIX ".new"

struct job {
	const char *path;
	const char *temporary;
	struct text bytes;
	bool lasting;
	bool only_new;
};

/* The mode is set whatever the umask, through a descriptor: the path may lead elsewhere by then. */
static int make_folder(const char *folder)
{
	CLEANUP_FD int fd = -1;

	if (mkdir(folder, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 || fchmod(fd, 0755) < 0 ? -errno : 0;
}

/* Make the directory that the path is in, and for what is to last those above it. 0 or -errno. */
static int make_folders(const struct job *job)
{
	const char *last = strrchr(job->path, '/');
	const char *first = job->lasting ? strchr(job->path, '/') : last;
	int status = last == NULL || last == job->path ? -ENOENT : 0;

	for (const char *slash = first; status == 0; slash = strchr(slash + 1, '/')) {
		struct buf folder = BUF_LOCAL(PATH_MAX);
		struct text above = {.at = job->path, .len = (size_t)(slash - job->path)};

		buf_add_text(&folder, above);
		if (slash != job->path)
			status = make_folder(folder.data);
		if (slash == last)
			break;
	}
	return status;
}

/* Whatever is in the way is not opened. */
static int open_new(const char *temporary)
{
	int fd;

	if (unlink(temporary) < 0 && errno != ENOENT)
		return -errno;
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd;
}

static int open_temporary(const struct job *job)
{
	int fd = open_new(job->temporary);

	if (fd == -ENOENT) {
		int status = make_folders(job);

		fd = status < 0 ? status : open_new(job->temporary);
	}
	return fd;
}

/* Not every file system can leave alone what came meanwhile. */
static int take_place(const struct job *job)
{
	if (job->only_new &&
	    renameat2(AT_FDCWD, job->temporary, AT_FDCWD, job->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (job->only_new && errno != EINVAL && errno != ENOSYS)
		return -errno;
	return rename(job->temporary, job->path) < 0 ? -errno : 0;
}

/* Close, which may be where a full disk is told, and rename. */
static int put_in_place(int *fd, const struct job *job)
{
	int closed = close(*fd);

	*fd = -1;
	return closed < 0 ? -errno : take_place(job);
}

static int fill(const struct job *job)
{
	CLEANUP_FD int fd = open_temporary(job);
	int status;

	if (fd < 0)
		return fd;
	status = fd_write_all(fd, job->bytes.at, job->bytes.len);
	if (status == 0 && (fchmod(fd, 0644) < 0 || (job->lasting && fdatasync(fd) < 0)))
		status = -errno;
	if (status == 0)
		status = put_in_place(&fd, job);
	if (status < 0)
		(void)unlink(job->temporary);
	return status;
}

static int carry_out(struct job job, struct error *err)
{
	struct buf temporary = BUF_LOCAL(PATH_MAX);
	int status;

	if (strlen(job.path) + sizeof(SUFFIX) > temporary.size)
		return error_set(err, ENAMETOOLONG, "%.80s…: the path is too long", job.path);
	buf_add(&temporary, "%s%s", job.path, SUFFIX);
	job.temporary = temporary.data;
	status = fill(&job);
	if (status < 0)
		return error_set(err, -status, "%s: cannot be written: %s", job.path,
				 strerror(-status));
	return 0;
}

int file_write(const char *path, const char *bytes, size_t len, struct error *err)
{
	struct job job = {.path = path, .bytes = {.at = bytes, .len = len}};

	return carry_out(job, err);
}

int file_write_lasting(const char *path, struct text bytes, bool only_new, struct error *err)
{
	struct job job = {.path = path, .bytes = bytes, .lasting = true, .only_new = only_new};

	return carry_out(job, err);
}
