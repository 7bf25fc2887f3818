/* watch_list.h - what is watched in the file system: a table of inotify watches and names. */
#ifndef CROUTE_EDGE_FILE_WATCH_LIST_H
#define CROUTE_EDGE_FILE_WATCH_LIST_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"

#define SPOTS_MOST 512

enum spot_kind {
	SPOT_NAME,    /* one name in a directory on the way */
	SPOT_LAST,    /* likewise, and a file of that name would be the one to read */
	SPOT_ENTRIES, /* all that is read in the directory at the end */
	SPOT_FILE,    /* a file that is read, to know of its writers */
};

/* One thing that is looked out for. Several may share a watch: inotify has one an inode. */
struct spot {
	int wd; /* inotify's number; -1: the kernel dropped the watch */
	enum spot_kind kind;
	uint32_t path;	      /* of what is watched, for spots_path */
	bool seen;	      /* found again since spots_begin */
	bool written;	      /* SPOT_FILE: changed, and not closed since */
	int64_t silent_since; /* when that change was first asked about; 0: not yet */
	char name[NAME_MAX + 1];
};

/* Whether an event that names this entry of the spot's directory is about the spot. */
bool spot_is_about(const struct spot *spot, const char *entry);

/* Zero-initialise; owns its memory. */
struct spots {
	struct arena list;
	struct arena paths;
	uint32_t count;
};

struct spot *spots_at(const struct spots *spots, uint32_t i);
const char *spots_path(const struct spots *spots, const struct spot *spot);

/* Begin to gather anew: all paths are forgotten, no spot is seen. */
void spots_begin(struct spots *spots);

/* Note a spot as seen, a new one or one that is there. What finds no room is not noted. */
struct spot *spots_note(struct spots *spots, int wd, enum spot_kind kind, const char *name);
void spots_set_path(struct spots *spots, struct spot *spot, const char *path);

/*
 * Drop one spot that was not seen; false when there is none left. `*wd` is its watch when nothing
 * else uses that, else -1.
 */
bool spots_drop_unseen(struct spots *spots, int *wd);

/* The file of that path, or NULL. */
struct spot *spots_find_file(const struct spots *spots, const char *path);
void spots_release(struct spots *spots);

#endif
