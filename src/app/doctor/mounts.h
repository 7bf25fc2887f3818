/* mounts.h - finding a mount of the file itself. */
#ifndef CROUTE_APP_DOCTOR_MOUNTS_H
#define CROUTE_APP_DOCTOR_MOUNTS_H

#include <stdbool.h>

#include "croute/base/text.h"

#define DOCTOR_MOUNT_MAX 512

/* One mount; a longer path is cut. */
struct doctor_mount {
	char path[DOCTOR_MOUNT_MAX];
	bool by_sub_path; /* a kubelet made it for a subPath */
};

/*
 * Search `mountinfo` (proc_pid_mountinfo(5)) for a mount at `path`, or, of a directory, at a file
 * in it that is read. A mount of the directory itself is none. Whether there is one.
 */
bool doctor_find_mount(struct text mountinfo, const char *path, bool is_directory,
		       struct doctor_mount *out);

#endif
