/* fingerprint.h - telling one state of the files from another without reading them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/edge/file/open.h"

/*
 * Over device, inode, size and times of what a path leads to. Only this finds what inotify does
 * not tell: a mount on top, a network file system, the lower layer of an overlay.
 */
struct fingerprint {
	int code;	   /* errno of an attempt that failed; the rest is then 0 */
	uint32_t files;	   /* how many */
	uint64_t sum;	   /* FNV-1a over all of the above and the names */
	int64_t newest_ms; /* youngest mtime, milliseconds since 1970 */
};

/* Of files that are open: of just what was, or will be, read through them. */
struct fingerprint fingerprint_take(const struct file_set *set);
bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b);
