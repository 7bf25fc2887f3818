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
#include "croute/core/parse/stream.h"

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

/*
 * Read a List, a NodeList or a single Node, and add each to `import`. In memory stands one node at
 * a time, whatever the size of the listing. 0; -EINVAL when it is none of these, or not whole:
 * syntax errors are then in `diags`, anything else in `err`, whose code is else 0; or -errno with
 * `err` when its bytes cannot be read.
 */
int import_kube_read(struct import *import, stream_read_fn *read, void *source, struct diags *diags,
		     struct error *err);

/* A YAML document that stands behind `before` lines as a tree, to be given back with json_decref:
 * every scalar a string, but null. NULL with `err`, which names the place. */
struct json_t *import_kube_tree(struct text yaml, uint32_t before, struct error *err);
