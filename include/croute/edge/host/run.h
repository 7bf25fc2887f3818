/* run.h - what another program says, of those that list packet filters. */
#ifndef CROUTE_EDGE_HOST_RUN_H
#define CROUTE_EDGE_HOST_RUN_H

#include "croute/model/host_facts.h"

#define HOST_RUN_MOST ((size_t)8 * 1024 * 1024) /* bytes that it may say */
#define HOST_RUN_MS 5000			/* it may take */

/* Where programs are looked for, and nowhere else; ends in NULL. */
extern const char *const host_run_path[];

/*
 * Run the first of `path` that has argv[0], without a shell, with an empty environment but PATH and
 * LC_ALL, and put its standard output into `out`, which is empty before. What `out->status` then
 * says is returned: 0; -ENOENT without such a program; -EPERM when it failed, as it does without
 * privilege; -EFBIG; -ETIME, and it was killed; or another -errno.
 */
int host_run(const char *const *path, const char *const *argv, struct host_text *out);

#endif
