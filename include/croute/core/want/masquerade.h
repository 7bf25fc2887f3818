/* masquerade.h - which packets leave this host under its own address (SPEC 8). */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/arena.h"
#include "croute/core/config/config.h"
#include "croute/model/masquerade.h"

#define MASQUERADE_BYTES_MOST ((size_t)1 << 20) /* of rules; some 15,000 */

/*
 * Put the rules that the file asks for into `out` (struct masquerade_rule), chain by chain and in
 * the order in which they are to be tried: from pod to pod stays as it is; from outside to a pod of
 * this node too; from a pod to anything but multicast is hidden; from outside to a pod elsewhere is
 * hidden, so that the answer comes back this way. `node` is this node's index, CONFIG_NOT_FOUND for
 * none. 0, or -ENOMEM.
 */
int masquerade_build(const struct config *config, uint32_t node, struct arena *out);

uint32_t masquerade_count(const struct arena *rules);
const struct masquerade_rule *masquerade_at(const struct arena *rules, uint32_t i);
