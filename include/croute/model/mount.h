/* mount.h - a file that is a mount by itself, so that updates of it do not arrive. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/base/buf.h"
#include "croute/base/text.h"

#define MOUNT_MAX 512

/* One mount; a longer path is cut. */
struct mount {
	char path[MOUNT_MAX];
	bool by_sub_path; /* a kubelet made it for a subPath */
};

/* Search mountinfo (proc_pid_mountinfo(5)) for a mount at `path`, or, of a directory, at a file in
 * it that is read. A mount of the directory itself is fine. */
bool mount_find(struct text mountinfo, const char *path, bool is_directory, struct mount *out);

/* Append what is wrong with it. */
void mount_describe(const struct mount *mount, struct buf *out);
