/* folder.h - a directory of a test's own, with what a test puts into it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a test is. Tests run with it as their working directory. */
struct folder {
	char path[64];
};

static inline int folder_make(void **state)
{
	static struct folder folder;

	(void)snprintf(folder.path, sizeof(folder.path), "/tmp/croute-test-XXXXXX");
	if (mkdtemp(folder.path) == NULL || chdir(folder.path) < 0)
		return -1;
	*state = &folder;
	return 0;
}

static inline int folder_remove_one(const char *path, const struct stat *stat, int flag,
				    struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int folder_drop(void **state)
{
	const struct folder *folder = *state;

	if (chdir("/") < 0)
		return -1;
	return nftw(folder->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* An in-place write: open, truncate, write, close. */
static inline void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void put_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

static inline void put_link(const char *target, const char *path)
{
	assert_int_equal(symlink(target, path), 0);
}

static inline void put_renamed(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

/* Show `generation` in a volume as a kubelet does: fill a new directory, make a link to it, rename
 * the link over `..data`. The visible names are links through `..data` and stay. */
static inline void put_generation(const char *volume, const char *generation, const char *text)
{
	char path[PATH_MAX];
	char link[PATH_MAX];
	char data[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/..%s", volume, generation);
	put_folder(path);
	(void)snprintf(path, sizeof(path), "%s/..%s/nodes.yaml", volume, generation);
	put(path, text);
	(void)snprintf(path, sizeof(path), "..%s", generation);
	(void)snprintf(link, sizeof(link), "%s/..data_tmp", volume);
	put_link(path, link);
	(void)snprintf(data, sizeof(data), "%s/..data", volume);
	put_renamed(link, data);
}

/* The kubelet's last step: the old generation goes. */
static inline void drop_generation(const char *volume, const char *generation)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/..%s/nodes.yaml", volume, generation);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/..%s", volume, generation);
	assert_int_equal(rmdir(path), 0);
}

static inline void put_volume(const char *volume, const char *generation, const char *text)
{
	char path[PATH_MAX];

	put_folder(volume);
	put_generation(volume, generation, text);
	(void)snprintf(path, sizeof(path), "%s/nodes.yaml", volume);
	put_link("..data/nodes.yaml", path);
}

/* A test that has a directory of its own. */
#define test_in_folder(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_drop)
