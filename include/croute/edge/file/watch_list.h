/* watch_list.h - what is watched in the file system: a table of inotify watches and names. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"

#define WATCH_LIST_MOST 512

enum watch_kind {
	WATCH_NAME,    /* one name in a directory on the way */
	WATCH_LAST,    /* the same, and a file of that name would be the one to read */
	WATCH_ENTRIES, /* all that is read in the directory at the end */
	WATCH_FILE,    /* a file that is read, to know of its writers */
};

/* One thing that is watched. Several may share a watch: inotify has one an inode. */
struct watch_entry {
	int wd; /* inotify's number; -1: the kernel dropped the watch */
	enum watch_kind kind;
	uint32_t path;	      /* of what is watched, for watch_list_path */
	bool seen;	      /* found again since watch_list_begin */
	bool written;	      /* WATCH_FILE: changed, and not closed since */
	int64_t silent_since; /* when that change was first asked about; 0: not yet */
	char name[NAME_MAX + 1];
};

/* Whether an event for `name` in the watched directory is about the entry. */
bool watch_entry_is_about(const struct watch_entry *entry, const char *name);

/* Zero-initialise; owns its memory. */
struct watch_list {
	struct arena entries;
	struct arena paths;
	uint32_t count;
};

struct watch_entry *watch_list_at(const struct watch_list *list, uint32_t i);
const char *watch_list_path(const struct watch_list *list, const struct watch_entry *entry);

/* Begin again: all paths are forgotten, no entry is seen. */
void watch_list_begin(struct watch_list *list);

/* Note an entry as seen, a new one or one that is there. What finds no room is not noted. */
struct watch_entry *watch_list_note(struct watch_list *list, int wd, enum watch_kind kind,
				    const char *name);
void watch_list_set_path(struct watch_list *list, struct watch_entry *entry, const char *path);

/*
 * Drop one entry that was not seen; false when there is none left. `*wd` is its watch when nothing
 * else uses that, else -1.
 */
bool watch_list_drop_unseen(struct watch_list *list, int *wd);

/* The file of that path, or NULL. */
struct watch_entry *watch_list_find_file(const struct watch_list *list, const char *path);
void watch_list_release(struct watch_list *list);
