/* flannel.h - flannel's configuration as settings of croute's. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/buf.h"
#include "croute/base/error.h"

#define IMPORT_FLANNEL_MOST ((size_t)1024 * 1024) /* bytes of the input */
#define IMPORT_FLANNEL_TEXT_MAX 16384		  /* of what comes of it */

/*
 * Write the settings that match, with a comment for each that has no counterpart. `text` is
 * net-conf.json itself, the ConfigMap that holds it, in JSON or YAML, or several documents with
 * that ConfigMap among them, as kube-flannel.yml. Keys are taken in any case, as flannel does
 * (pkg/subnet/config.go, pkg/backend/vxlan). 0, or -EINVAL with `err`, also for a backend that
 * croute does not have; `out` is then of no use.
 */
int import_flannel_read(struct text text, struct buf *out, struct error *err);
