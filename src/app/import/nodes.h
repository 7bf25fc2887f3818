/* nodes.h - nodes of a cluster, to become a file of croute's. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/cli/options.h"
#include "croute/base/arena.h"
#include "croute/base/diag.h"
#include "croute/base/error.h"
#include "croute/core/config/config.h"

struct json_t;

#define IMPORT_CIDRS_MOST 16 /* podCIDRs of one node; Kubernetes allows one of each family */
#define IMPORT_TEXT_MAX 1200 /* bytes of any message */

enum import_family { IMPORT_IPV4, IMPORT_IPV6, IMPORT_FAMILIES };

/* Takes a line for people: what was left out and why. Without an end of line. */
typedef void import_tell_fn(void *context, const char *text);

/* A node that can stand in the file. What it does not have is zero. */
struct import_node {
	const char *name;
	const struct prefix *cidrs;
	uint32_t cidr_count;
	uint32_t created; /* seconds since 1970; 0: not known, which counts as the oldest */
	uint32_t vni;	  /* of flannel's tunnel; 0: not known */
	struct ip ip[IMPORT_FAMILIES];
	struct mac mac[IMPORT_FAMILIES]; /* of flannel's tunnels */
	bool ready;
	bool sprawls; /* a podCIDR of its holds claims of several other nodes */
	bool stays;
};

/*
 * All nodes of one input. Start with import_begin; filled by import_add; after import_resolve it
 * has the nodes that stay, sorted by name. Owns its arenas.
 */
struct import {
	enum import_address address;
	import_tell_fn *tell;
	void *context; /* of tell */
	struct arena nodes;
	struct arena cidrs; /* struct prefix */
	struct arena names; /* NUL-terminated */
	uint32_t seen;	    /* nodes that the input has, usable or not */
};

void import_begin(struct import *import, enum import_address address, import_tell_fn *tell,
		  void *context);
void import_release(struct import *import);

/*
 * Keep a Node as Kubernetes writes it (every scalar a string), or tell why it is left out. 0, or
 * -E2BIG with `err` when there are more than a file may have.
 */
int import_add(struct import *import, const struct json_t *node, struct origin at,
	       struct error *err);

/*
 * Drop nodes until no two of them clash (name, address, MAC, overlapping podCIDRs, a podCIDR over
 * an address), so that `validate` has nothing to refuse. Of two that do, the one that is Ready
 * stays, then the younger; but one whose podCIDR lies over several others gives way to these. What
 * is dropped is told. 0, or -ENOMEM with `err`.
 */
int import_resolve(struct import *import, struct error *err);

uint32_t import_count(const struct import *import);
struct import_node *import_at(const struct import *import, uint32_t i);

/* Hand a line to `tell`. */
void import_say(const struct import *import, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
