/* self.h - which entry of the file is this host. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/core/config/config.h"
#include "croute/model/link.h"

#define NODE_NAMES_MOST 3

/* What this host may be called, in order of preference: what was given, or the host name, full then
 * short. Borrowed. */
struct node_names {
	uint32_t count;
	const char *name[NODE_NAMES_MOST];
	const char *known_as; /* the entry found by its address the last time; NULL: none */
};

/* Which entry it is, and by what it was found. */
struct node_found {
	uint32_t index;
	bool by_address;
};

/*
 * The entry of one of the names, else the only one with an address of this host (`links` NULL:
 * names only). Of several such entries `known_as` is kept: a host that takes over the address of
 * another stays who it is. 0; -ESRCH with `err`, which says what was looked for or names the
 * entries.
 */
int self_identify(const struct config *config, const struct node_names *names,
		  const struct links *links, struct node_found *out, struct error *err);
