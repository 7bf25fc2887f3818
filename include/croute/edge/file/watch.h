/* watch.h - noticing that the file or directory may have changed. */
#ifndef CROUTE_EDGE_FILE_WATCH_H
#define CROUTE_EDGE_FILE_WATCH_H

#include <limits.h>
#include <stdbool.h>

#include "croute/base/error.h"
#include "croute/edge/file/watch_list.h"

/*
 * Watches every directory on the resolved way to the path, through all its links: for the names
 * that the way leads by, and at its end for the entries that are read. What is missing is waited
 * for in the nearest directory that is there. Past SPOTS_MOST nothing more is watched, and
 * some things give no event at all (a mount on top, network file systems): the caller must also
 * look from time to time. Several may be open at once.
 */
struct watch {
	int fd; /* readable when something happened; -1: closed */
	char path[PATH_MAX];
	struct spots spots; /* what is looked out for */
	bool stale;	    /* the way may have changed since it was followed */
	bool pending;	    /* something happened that watch_read has not told yet */
};

/* 0, or -errno with `err`: inotify may be exhausted (inotify(7), limits), then it is closed. */
int watch_open(const char *path, struct watch *out, struct error *err);

/*
 * Take in what happened; never waits. Whether to read the files again, which is only a hint. It is
 * held back while somebody is in the middle of writing one in place, and comes when they close it.
 * The way is followed anew before it is told, so that nothing after the telling is missed.
 */
bool watch_read(struct watch *watch);

/* Whether a file that is read is being written at this moment, as far as events tell. */
bool watch_is_written(const struct watch *watch);

/* Follow the way anew, for when something was mounted over it. 0 or -errno with `err`; what was
 * watched before may then be lost. */
int watch_rearm(struct watch *watch, struct error *err);
void watch_close(struct watch *watch);

#endif
