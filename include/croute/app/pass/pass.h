/* pass.h - one pass: look at the kernel, work out the difference, apply it. */
#pragma once

#include "croute/app/pass/state.h"

/*
 * Run one pass. What it found and did stays in `pass` until the next. 0 when it ran to its end,
 * single refusals notwithstanding; -ESRCH when the file has no entry for this node; else -errno
 * with `err`, when the kernel could not be asked.
 */
int pass_run(struct pass *pass, const struct pass_request *request, struct error *err);
