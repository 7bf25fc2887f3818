/* watch.h - notices that the file or directory may have changed. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/file/watch_list.h"

#define WATCH_SILENT_MS 30000 /* a writer who writes nothing for so long is not waited for */

/*
 * Watches every directory on the resolved way to the path, through all its links: for the names
 * that the way leads by, and at its end for the entries that are read. For what is missing, the
 * nearest existing directory is watched. Past WATCH_LIST_MOST nothing more is watched, and some
 * things give no event at all (a mount on top, network file systems): the caller must also look
 * from time to time. Several may be open at once.
 */
struct watch {
	int fd; /* readable when something happened; -1: closed */
	char path[PATH_MAX];
	struct watch_list list; /* what is looked out for */
	bool stale;		/* the way may have changed since it was followed */
};

/* 0, or -errno with `err`: inotify may be exhausted (inotify(7), limits), then it is closed. */
int watch_open(const char *path, struct watch *out, struct error *err);

/*
 * Take in what happened; never waits. Whether to look at the files again, which is only a hint. The
 * way is followed again before it returns, so that nothing later is missed.
 */
bool watch_read(struct watch *watch);

/*
 * Whether somebody is in the middle of writing one of the files in place: their close wakes the
 * watch. A file truncated by path is not being written. Nor is one whose writer has been silent for
 * WATCH_SILENT_MS: its path, valid until the next call of this header, is then once in `*silent`,
 * else NULL. `now` is of a clock that only moves forward.
 */
bool watch_is_written(struct watch *watch, int64_t now, const char **silent);

/* Follow the way again, for when something was mounted over it. 0 or -errno with `err`; what was
 * watched before may then be lost. */
int watch_rearm(struct watch *watch, struct error *err);
void watch_close(struct watch *watch);
