/* set.h - the opened files of one generation. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "croute/base/arena.h"

#define FILE_SET_MOST 1000		    /* files */
#define FILE_SIZE_MOST ((uint64_t)64 << 20) /* bytes of one */

/* One opened file. `name` is what people see in a plan: the name inside the directory, or the last
 * part of a lone file's path. */
struct file_entry {
	int fd;		     /* -1: not open, or no longer */
	const char *instead; /* path of the replacement that it is, borrowed; else NULL */
	char name[NAME_MAX + 1];
};

/*
 * One generation: all files of a directory, in bytewise order of name, or one lone file. Made by
 * file_open, given back by file_close (open.h).
 */
struct file_set {
	char path[PATH_MAX]; /* as given */
	bool is_directory;
	struct arena entries; /* struct file_entry */
	uint32_t count;
	dev_t device; /* of the directory that was read; 0 for a lone file */
	ino_t inode;
};

struct file_entry *file_set_at(const struct file_set *set, uint32_t i);

/* Append an entry with descriptor -1. NULL at FILE_SET_MOST or without memory. */
struct file_entry *file_set_add(struct file_set *set, const char *name);

/* NULL when there is none of that name. */
struct file_entry *file_set_find(const struct file_set *set, const char *name);

/* In bytewise order of name. */
void file_set_sort(struct file_set *set);

/* Whether two sorted sets have the same names. */
bool file_set_same_names(const struct file_set *a, const struct file_set *b);

/* The path of the entry `name`: PATH/NAME. */
const char *file_set_join(const struct file_set *set, const char *name, char out[PATH_MAX]);

/*
 * The path to show for the i-th file: PATH for a lone file, PATH/NAME in a directory, a
 * replacement's own path for what it replaces.
 */
const char *file_set_path(const struct file_set *set, uint32_t i, char out[PATH_MAX]);
