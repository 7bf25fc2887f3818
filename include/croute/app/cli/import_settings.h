/* import_settings.h - what the options of `croute import` were set to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"

#define IMPORT_SHARDS_SIZE_LEAST 4096 /* bytes: room for the head and the longest line */

enum import_address {
	IMPORT_INTERNAL = 1, /* the InternalIP of status.addresses; 0 means the same */
	IMPORT_FLANNEL, /* flannel's public-ip-overwrite, then public-ip, then the InternalIP */
};

enum import_from { IMPORT_FROM_NOTHING, IMPORT_FROM_KUBE_NODES, IMPORT_FROM_FLANNEL };

/* What they were set to; zero is not given. */
struct option_import {
	enum import_from from;
	enum import_address address;
	bool has_serial;
	uint64_t serial;
	uint64_t generated_at;	/* seconds since 1970 */
	bool generated_now;	/* instead, when it runs */
	uint64_t split;		/* bytes of a file */
	const char *output_dir; /* borrowed */
};

/* Whether they go together; after all were taken. 0, or -EINVAL with `err`. */
int option_import_check(const struct option_import *import, struct error *err);
