/* shard_files.c - a directory of nodes-00.yaml, nodes-01.yaml and so on. */
#include "app/import/shard_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "croute/base/text.h"
#include "croute/edge/host/fd.h"

#define STEM "nodes-"
#define SUFFIX ".yaml"
#define NAME_SIZE 32
#define MARK_MAX 64

static void write_name(uint32_t i, char out[NAME_SIZE])
{
	(void)snprintf(out, NAME_SIZE, STEM "%02u" SUFFIX, i);
}

const char *shard_path(const char *directory, uint32_t i, char out[PATH_MAX])
{
	char name[NAME_SIZE];

	write_name(i, name);
	(void)snprintf(out, PATH_MAX, "%.*s/%s", PATH_MAX - NAME_SIZE - 1, directory, name);
	return out;
}

/* The number of a name that write_name would write. */
static bool read_name(const char *name, uint32_t *out)
{
	size_t len = strlen(name);
	size_t around = strlen(STEM) + strlen(SUFFIX);
	struct text digits = {.at = name + strlen(STEM)};
	char again[NAME_SIZE];
	uint64_t number;

	if (len <= around || len >= NAME_SIZE)
		return false;
	digits.len = len - around;
	if (text_to_u64(digits, UINT32_MAX, &number) < 0)
		return false;
	write_name((uint32_t)number, again);
	*out = (uint32_t)number;
	return strcmp(name, again) == 0;
}

static int refuse(const char *directory, const char *name, int code, struct error *err)
{
	return error_set(err, code, "%.300s/%s: %s", directory, name, strerror(code));
}

static int check_one(DIR *dir, const char *directory, const char *name, const char *mark,
		     struct error *err)
{
	char begin[MARK_MAX];
	size_t len = strlen(mark);
	CLEANUP_FD int fd = openat(dirfd(dir), name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return refuse(directory, name, errno, err);
	got = read(fd, begin, sizeof(begin));
	if (got < 0)
		return refuse(directory, name, errno, err);
	if ((size_t)got < len || memcmp(begin, mark, len) != 0)
		return error_set(err, EEXIST,
				 "%.300s/%s was not written by croute import; move it away, "
				 "nothing was written",
				 directory, name);
	return 0;
}

static int refuse_directory(const char *directory, int code, struct error *err)
{
	return error_set(err, code, "%.300s: %s", directory, strerror(code));
}

int shard_check(const char *directory, const char *mark, struct error *err)
{
	CLEANUP_DIR DIR *dir = opendir(directory);
	const struct dirent *entry;
	uint32_t number;
	int status = 0;

	if (dir == NULL)
		return errno == ENOENT ? 0 : refuse_directory(directory, errno, err);
	while (status == 0 && (entry = readdir(dir)) != NULL) {
		if (read_name(entry->d_name, &number))
			status = check_one(dir, directory, entry->d_name, mark, err);
	}
	return status;
}

int shard_trim(const char *directory, uint32_t count, uint32_t *removed, struct error *err)
{
	CLEANUP_DIR DIR *dir = opendir(directory);
	const struct dirent *entry;
	uint32_t number;

	*removed = 0;
	if (dir == NULL)
		return refuse_directory(directory, errno, err);
	while ((entry = readdir(dir)) != NULL) {
		if (!read_name(entry->d_name, &number) || number < count)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			return refuse(directory, entry->d_name, errno, err);
		++*removed;
	}
	return 0;
}
