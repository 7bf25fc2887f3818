/* text.c - files of other programs, read whole. */
#include "croute/edge/host/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"

#define PIECE 4096
#define DROP_INS_MOST 256

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}
#define CLEANUP_FD __attribute__((cleanup(close_fd)))

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

/* A FIFO must not be waited for. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
		return fd;
	close_fd(&fd);
	return -EINVAL;
}

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
	fd = open_regular(space);
	out->status = fd < 0 ? fd : append(fd, out);
	end = out->status == 0 ? arena_push(&out->bytes, 1) : NULL;
	if (end != NULL)
		*end = '\n';
	return out->status;
}

/* The drop-ins that were found, each with its directory. */
struct drop_ins {
	uint32_t count;
	struct drop_in {
		const char *dir;
		char name[NAME_MAX + 1];
	} list[DROP_INS_MOST];
};

static bool is_hidden(const struct drop_ins *found, const char *name)
{
	for (uint32_t i = 0; i < found->count; i++) {
		if (strcmp(found->list[i].name, name) == 0)
			return true;
	}
	return false;
}

static void gather(const char *root, const struct host_conf *conf, const char *dir,
		   struct drop_ins *found)
{
	char space[PATH_MAX];
	struct buf path = BUF_OVER(space);
	__attribute__((cleanup(close_dir))) DIR *folder = NULL;
	const struct dirent *entry;

	buf_add(&path, "%s%s/%s/%s", root, dir, conf->program, conf->folder);
	folder = opendir(space);
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		size_t len = strlen(entry->d_name);
		struct drop_in *next = &found->list[found->count];

		if (found->count == DROP_INS_MOST || len < 6 ||
		    strcmp(entry->d_name + len - 5, ".conf") != 0 ||
		    is_hidden(found, entry->d_name))
			continue;
		next->dir = dir;
		memcpy(next->name, entry->d_name, len + 1);
		found->count++;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct drop_in *)a)->name, ((const struct drop_in *)b)->name);
}

static int read_main(const char *root, const struct host_conf *conf, struct host_text *out)
{
	char space[PATH_MAX];
	int status = -ENOENT;

	for (uint32_t i = 0; conf->dirs[i] != NULL && status == -ENOENT; i++) {
		struct buf path = BUF_OVER(space);

		buf_add(&path, "%s/%s/%s", conf->dirs[i], conf->program, conf->name);
		status = host_text_read(root, space, out);
	}
	return status == -ENOENT ? 0 : status;
}

static void free_drop_ins(struct drop_ins **found)
{
	free(*found);
}

int host_text_read_conf(const char *root, const struct host_conf *conf, struct host_text *out)
{
	__attribute__((cleanup(free_drop_ins))) struct drop_ins *found = calloc(1, sizeof(*found));
	int status = found == NULL ? -ENOMEM : read_main(root, conf, out);

	for (uint32_t i = 0; found != NULL && conf->dirs[i] != NULL; i++)
		gather(root, conf, conf->dirs[i], found);
	if (found != NULL)
		qsort(found->list, found->count, sizeof(found->list[0]), by_name);
	for (uint32_t i = 0; found != NULL && i < found->count; i++) {
		char space[PATH_MAX];
		struct buf path = BUF_OVER(space);
		int one;

		buf_add(&path, "%s/%s/%s/%s", found->list[i].dir, conf->program, conf->folder,
			found->list[i].name);
		one = host_text_read(root, space, out);
		status = status == 0 && one != -ENOENT ? one : status;
	}
	out->status = status;
	return status;
}
