/* node_names.h - the names that this host may have in the file. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/core/config/self.h"
#include "croute/edge/host/host.h"

/* The names with what they point into. */
struct names {
	struct host_name host;
	struct node_names
		list; /* `--node` or $NODE_NAME alone; else the host's name, full then short */
};

/* Fill `out` in place; the list points into it, so it must not be copied. */
void names_find(const struct options *options, struct names *out);
