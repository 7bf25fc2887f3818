/* facts.h - settings of a host, the programs on it, and their files. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/model/host_facts.h"

/* Of all: `root` is put before the paths, "" for the host itself. */

/* Fill `out`; its link names are the caller's and stay, as does their count. What cannot be read is
 * HOST_UNKNOWN. */
void host_facts_read(const char *root, struct host_facts *out);

/*
 * The number of a process of that name, as /proc/PID/comm has it (at most 15 characters,
 * proc_pid_comm(5)); 0 when none is seen.
 */
uint32_t host_process_find(const char *root, const char *name);

#define HOST_TEXT_MOST ((size_t)16 << 20) /* bytes */

/* Append the file to `out` and a line end. What `out->status` says afterwards is returned: 0,
 * -EFBIG past HOST_TEXT_MOST, or another -errno. */
int host_text_read(const char *root, const char *path, struct host_text *out);

/* Read the first of `paths` that exists; ends in NULL. Fills `out`, whose text's status says how it
 * went; -EINVAL for what is not a file, as /dev/null, which hides those of later directories
 * (systemd.unit(5), NetworkManager.conf(5)). */
void host_drop_in_read(const char *root, const char *const *paths, struct host_drop_in *out);
