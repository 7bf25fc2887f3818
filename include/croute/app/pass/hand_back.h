/* hand_back.h - the pass of `croute flush --hand-back flannel`. */
#pragma once

#include "croute/app/pass/state.h"

/*
 * Add flannel's own shape for every pod route of croute's, then remove croute's routes, each only
 * when flannel's stands in its place, and last of all take the alias from the devices (SPEC 6).
 * `config` tells kernel.protocol and kernel.metric, and nothing else of it is looked at. What was
 * found and done stays in `pass`. 0 when it ran to its end; else -errno with `err`, when the kernel
 * could not be asked or a device is none that flannel would know.
 */
int pass_hand_back(struct pass *pass, const struct config *config, bool dry_run, struct error *err);
