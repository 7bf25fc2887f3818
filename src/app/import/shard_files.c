/* shard_files.c - a directory of nodes-00.yaml, nodes-01.yaml and so on. */
/* SPDX-License-Identifier: MIT */
#include "app/import/shard_files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "croute/edge/host/fd.h"

#define NAME_FORMAT "nodes-%02" PRIu32 ".yaml"
#define NAME_SIZE 32
#define NO_NUMBER UINT32_MAX
#define MARK_MAX 64

const char *shard_path(const char *directory, uint32_t i, char out[PATH_MAX])
{
	(void)snprintf(out, PATH_MAX, "%.*s/" NAME_FORMAT, PATH_MAX - NAME_SIZE - 1, directory, i);
	return out;
}

/* The number of a name that shard_path would make. */
static uint32_t number_of(const char *name)
{
	static const char stem[] = "nodes-";
	char again[NAME_SIZE];
	uint32_t number;

	if (strncmp(name, stem, strlen(stem)) != 0)
		return NO_NUMBER;
	number = (uint32_t)strtoul(name + strlen(stem), NULL, 10);
	(void)snprintf(again, sizeof(again), NAME_FORMAT, number);
	return strcmp(name, again) == 0 ? number : NO_NUMBER;
}

static int refuse(const char *directory, int code, struct error *err)
{
	return error_set(err, code, "%.300s: %s", directory, strerror(code));
}

int shard_check(const char *directory, const char *mark, struct error *err)
{
	CLEANUP_DIR DIR *dir = opendir(directory);
	const struct dirent *entry;
	char begin[MARK_MAX];

	if (dir == NULL)
		return errno == ENOENT ? 0 : refuse(directory, errno, err);
	while ((entry = readdir(dir)) != NULL) {
		if (number_of(entry->d_name) == NO_NUMBER)
			continue;
		(void)fd_read_start(dirfd(dir), entry->d_name, begin, sizeof(begin));
		if (strncmp(begin, mark, strlen(mark)) != 0)
			return error_set(err, EEXIST,
					 "%.300s/%s was not written by croute import; move it "
					 "away, nothing was written",
					 directory, entry->d_name);
	}
	return 0;
}

int shard_trim(const char *directory, uint32_t count, uint32_t *removed, struct error *err)
{
	CLEANUP_DIR DIR *dir = opendir(directory);
	const struct dirent *entry;

	*removed = 0;
	if (dir == NULL)
		return refuse(directory, errno, err);
	while ((entry = readdir(dir)) != NULL) {
		uint32_t number = number_of(entry->d_name);

		if (number == NO_NUMBER || number < count)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			return refuse(directory, errno, err);
		++*removed;
	}
	return 0;
}
