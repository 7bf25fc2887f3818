/* flannel.h - flannel's net-conf.json as settings of croute's. */
#pragma once

#include "app/import/nodes.h"
#include "croute/base/buf.h"

#define IMPORT_FLANNEL_MOST ((size_t)1024 * 1024) /* bytes of the input */
#define IMPORT_FLANNEL_TEXT_MAX 16384		  /* of what comes of it */

/* Tells people what the file's comments tell too. */
struct import_teller {
	import_tell_fn *tell;
	void *context;
};

/*
 * Write the settings that match, with a comment for each that has no counterpart. `json` is
 * net-conf.json itself, or the ConfigMap that holds it, as `kubectl get configmap -o json` prints
 * it. Keys are taken in any case, as flannel does (pkg/subnet/config.go, pkg/backend/vxlan).
 * 0, or -EINVAL with `err`, and `out` is then of no use.
 */
int import_flannel_read(struct text json, const struct import_teller *teller, struct buf *out,
			struct error *err);
