/* kube.h - what kubectl prints, as JSON or YAML. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "app/import/nodes.h"
#include "croute/core/parse/stream.h"

/*
 * Read a List, a NodeList or a single Node, and add each to `import`. In memory stands one node at
 * a time, whatever the size of the listing. 0; -EINVAL when it is no such thing, or not whole:
 * syntax errors are then in `diags`, anything else in `err`, whose code is else 0; or -errno with
 * `err` when its bytes cannot be read.
 */
int import_kube_read(struct import *import, stream_read_fn *read, void *source, struct diags *diags,
		     struct error *err);

/* A YAML document that stands behind `before` lines as a tree, to be given back with json_decref:
 * every scalar a string, but null. NULL with `err`, which names the place. */
struct json_t *import_kube_tree(struct text yaml, uint32_t before, struct error *err);
