/* pass.h - one pass: look at the kernel, work out the difference, apply it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/pass/state.h"

/*
 * Run one pass. What it found and did stays in `pass` until the next. 0 when it ran to its end,
 * even if some changes were refused; -ESRCH when the file has no entry for this node; else -errno
 * with `err`, when the kernel could not be asked.
 */
int pass_run(struct pass *pass, const struct pass_request *request, struct error *err);

/* The pass of `croute flush`: a file that asks for nothing. Returns as pass_run. */
int pass_flush(struct pass *pass, const struct pass_request *request, struct error *err);

/*
 * The pass of `croute flush --hand-back flannel`: add flannel's own shape for every pod route of
 * croute's, then remove croute's routes, each only when flannel's stands in its place, and last of
 * all take the alias from the devices (SPEC 6). The file gives kernel.protocol and kernel.metric,
 * and nothing else of it is looked at. -errno with `err` also when a device is none that flannel
 * would know.
 */
int pass_hand_back(struct pass *pass, const struct pass_request *request, struct error *err);
