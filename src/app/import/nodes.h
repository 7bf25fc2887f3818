/* nodes.h - nodes of a cluster, to become a file of croute's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/cli/options.h"
#include "croute/base/arena.h"
#include "croute/base/diag.h"
#include "croute/base/error.h"
#include "croute/base/text.h"
#include "croute/core/config/config.h"
#include "croute/core/parse/value.h"

#define IMPORT_CIDRS_MOST 16 /* podCIDRs of one node; Kubernetes allows one of each family */
#define IMPORT_PROBLEMS_MOST 4
#define IMPORT_PROBLEM_MAX 256
#define IMPORT_TEXT_MAX 1200 /* bytes of anything that is told */

enum import_family { IMPORT_IPV4, IMPORT_IPV6, IMPORT_FAMILIES };

/* Takes a line for people: what was left out and why. Without an end of line. */
typedef void import_tell_fn(void *context, const char *text);

/* What was read of one node, as it stands there. Zero is nothing. */
struct import_facts {
	struct origin at;
	char name[VALUE_NAME_MAX + 1];
	struct ip internal[IMPORT_FAMILIES];
	struct ip public[IMPORT_FAMILIES];
	struct ip overwrite[IMPORT_FAMILIES];
	struct mac mac[IMPORT_FAMILIES];
	uint32_t vni;
	struct prefix cidrs[IMPORT_CIDRS_MOST];
	uint32_t cidr_count;
	struct prefix lone_cidr; /* spec.podCIDR: counts when there are no podCIDRs */
	uint64_t created;	 /* seconds since 1970 */
	bool ready;
	char problems[IMPORT_PROBLEMS_MOST][IMPORT_PROBLEM_MAX]; /* values that mean nothing */
	uint32_t problem_count;
};

/* A node that can stand in the file. An address or MAC that it has not is zero. */
struct import_node {
	uint32_t name;	  /* offset into names */
	uint32_t created; /* seconds since 1970; 0: not known, which counts as the oldest */
	uint32_t cidrs;	  /* number of its first podCIDR */
	uint32_t six;	  /* number of its IPv6 part, from 1; 0: none */
	uint32_t vni;	  /* of flannel's tunnel; 0: not known */
	uint8_t address4[4];
	struct mac mac;
	uint8_t cidr_count;
	bool ready : 1;
	bool sprawls : 1; /* a podCIDR of its holds claims of several other nodes */
	bool out : 1;
};
_Static_assert(sizeof(struct import_node) <= 32, "large clusters are read in little memory");

struct import_six {
	uint8_t address[16];
	struct mac mac;
};

/*
 * All nodes of one input. Begin with import_begin; filled by import_add, then import_resolve once;
 * then `order` has the nodes that stay, sorted by name. Owns its arenas.
 */
struct import {
	enum import_address address;
	import_tell_fn *tell;
	void *context; /* of tell */
	struct arena nodes;
	struct arena sixes; /* struct import_six */
	struct arena cidrs; /* struct prefix */
	struct arena names; /* NUL-terminated */
	struct arena order; /* uint32_t: numbers of nodes */
	uint32_t seen;	    /* nodes that the input has, usable or not */
};

void import_begin(struct import *import, enum import_address address, import_tell_fn *tell,
		  void *context);
void import_release(struct import *import);

/*
 * Note a value of the node that means nothing; it is told with the node's name when that is known.
 */
void import_problem(struct import_facts *facts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether Kubernetes takes it as a node's name: a subdomain of RFC 1123. */
bool import_is_name(struct text text);

/*
 * Keep a node, or tell why it is left out. 0, or -E2BIG with `err` when there are more than a file
 * may have.
 */
int import_add(struct import *import, const struct import_facts *facts, struct error *err);

/*
 * Drop nodes until no two of them clash (name, address, MAC, overlapping podCIDRs, a podCIDR over
 * an address), so that `validate` has nothing to refuse. Of two that do, the one that is Ready
 * stays, then the younger; but one whose podCIDR lies over several others gives way to these. What
 * is dropped is told. 0, or -ENOMEM.
 */
int import_resolve(struct import *import, struct error *err);

/* Nodes that stay; the i-th of them in the order of names. After import_resolve. */
uint32_t import_count(const struct import *import);
const struct import_node *import_at(const struct import *import, uint32_t i);

const struct import_node *import_node_at(const struct import *import, uint32_t node);
const char *import_name(const struct import *import, const struct import_node *node);
const struct prefix *import_cidr(const struct import *import, const struct import_node *node,
				 uint32_t i);

/* The node's address, family 0 when it has none; its tunnel's MAC, zero when that is not known. */
struct ip import_ip(const struct import *import, const struct import_node *node,
		    enum import_family family);
struct mac import_mac(const struct import *import, const struct import_node *node,
		      enum import_family family);

/* Hand a line to `tell`. */
void import_say(const struct import *import, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
