/* places.h - what is known while the files of one generation are read. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/base/diag.h"
#include "croute/core/config/config.h"
#include "croute/core/config/schema.h"

/* Where a key stands and where its value begins; line 0: not given. */
struct key_place {
	struct origin key;
	struct origin value;
};

/* A place counted from its node's beginning, since at 1,000,000 nodes its size counts: lines
 * further down, and characters further right, or the column when it is in another line. */
struct near_place {
	uint32_t lines : 10;
	uint32_t column : 22;
};

/* Where the parts of a node stand that other nodes may clash with; one for each node of config. */
struct node_places {
	struct near_place name;
	struct near_place address4;
	struct near_place address6;
	struct near_place mac;
	struct near_place mac6;
};

struct route_places {
	struct origin to;
	struct origin via;
};

/* What one file says under source.nodes, and where, beside the number of its own `nodes`. */
struct source_count {
	struct origin at;
	uint32_t said;
	uint32_t entries;
};

struct places {
	const struct config_host *host;
	struct config *config;
	struct diags *diags;
	uint16_t file;
	bool broken;  /* a file is empty or could not be read to its end: what is missing means
			  nothing */
	bool partial; /* nodes or routes may have stood under a key that was refused */
	bool gives_mac[FAMILIES]; /* some node */
	uint32_t entries;	  /* of `nodes` in the present file */
	uint32_t all_entries;
	struct config_source said;			       /* by the present file */
	struct origin serial_at;			       /* of the first file that has one */
	struct key_place where[SCHEMA_MAPS][SCHEMA_KEYS_MOST]; /* of nodes, routes: the present */
	uint32_t lost[SCHEMA_MAPS];			       /* bits of keys: places_lose */
	struct origin node_at;				       /* where the present node begins */
	struct node_places node;			       /* the present node's */
	struct arena nodes;				       /* struct node_places */
	struct arena routes;				       /* struct route_places */
	struct arena said_all;				       /* struct source_count */
	struct arena claims;				       /* of check_same_row */
	struct arena order;				       /* uint32_t: numbers of nodes */
};

/* NULL without memory. `host`, `config` and `diags` are borrowed and outlive it. */
struct places *places_new(const struct config_host *host, struct config *config,
			  struct diags *diags);
/* The same for what places_empty left, with the memory that it has. */
void places_begin(struct places *places, const struct config_host *host, struct config *config,
		  struct diags *diags);
/* Forget all, and keep what arena_reset keeps of the memory that was used. */
void places_empty(struct places *places);
/* Whether the system had no memory for all that the file says: what was read and found wrong counts
 * for nothing then. */
bool places_exhausted(const struct places *places);
void places_free(struct places *places);

/* Forget where the keys of a mapping stood, before the next one of its kind. */
void places_forget(struct places *places, enum schema_map_id id);

/* Where a key of the present file (or node, or route) stands. */
const struct key_place *places_of(const struct places *places, enum schema_map_id id,
				  const char *key);
bool places_has(const struct places *places, enum schema_map_id id, const char *key);

/* The value of a key is not known, since it, or a key in place of it, was refused: nothing that
 * follows from it is a second mistake. SCHEMA_NO_KEY: in
 * place of any that is not given. */
void places_lose(struct places *places, enum schema_map_id id, uint32_t key);
bool places_lost(const struct places *places, enum schema_map_id id, const char *key);

#define PLACES_TEXT_MAX 300

/* "line 12", or "line 12 of b.yaml" when seen from another file; in `out`, which is returned. */
const char *places_text(const struct places *places, struct origin at, struct origin seen_from,
			char out[PLACES_TEXT_MAX]);

/* `at` seen from the present node's beginning, and back; one too far away becomes that beginning.
 */
struct near_place places_near(const struct places *places, struct origin at);
struct origin places_origin(const struct config_node *node, struct near_place place);
const struct node_places *places_node(const struct places *places, uint32_t node);

#define PLACES_NO_ROOM "no room for more of these: over what croute takes, or out of memory"

/* Append to config. False when it has no room left. */
bool places_add_string(struct places *places, struct text text, uint32_t *out);
bool places_add_word(struct places *places, struct origin at, struct text text,
		     struct config_list *list);
bool places_add_prefix(struct places *places, struct origin at, const struct prefix *prefix,
		       struct config_list *list);

/* Around the reading of one file, for its `source`: forget what the one before said; keep what this
 * one said. */
void source_begin(struct places *places);
void source_end(struct places *places);

/* After the last file: whether every source.nodes is the number of nodes of its file, or of all. */
void source_check_counts(const struct places *places);
