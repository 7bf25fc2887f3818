/* text.h - files of other programs, read whole. */
#pragma once

#include "croute/model/host_facts.h"

#define HOST_TEXT_MOST ((size_t)16 * 1024 * 1024)

/* Append the file to `out` and a line end. `root` is put before the path. What `out->status` says
 * afterwards is returned: 0, -EFBIG past HOST_TEXT_MOST, or another -errno. */
int host_text_read(const char *root, const char *path, struct host_text *out);

/* Read the first of `paths` that exists; ends in NULL. Fills `out`, whose text's status says how it
 * went; -EINVAL for what is not a file, as /dev/null, which hides those of later directories
 * (systemd.unit(5), NetworkManager.conf(5)). */
void host_drop_in_read(const char *root, const char *const *paths, struct host_drop_in *out);
