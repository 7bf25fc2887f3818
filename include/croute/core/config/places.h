/* places.h - what is known while the files of one generation are read. */
#ifndef CROUTE_CORE_CONFIG_PLACES_H
#define CROUTE_CORE_CONFIG_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/base/diag.h"
#include "croute/core/config/config.h"
#include "croute/core/config/schema.h"

/* Where a key stands and where its value begins; line 0: not given. */
struct reader_where {
	struct origin key;
	struct origin value;
};

/* A place near a node's beginning; lines 0 and column 0: none. At 1,000,000 nodes its size counts.
 */
struct reader_spot {
	uint16_t lines;
	uint16_t column;
};

/* Where the parts of a node stand that other nodes may clash with; one for each node of config. */
struct reader_node {
	struct reader_spot name;
	struct reader_spot address4;
	struct reader_spot address6;
	struct reader_spot mac;
	struct reader_spot mac6;
};

/* Likewise of a route. */
struct reader_route {
	struct origin to;
	struct origin via;
};

/* What one file says of itself. */
struct reader_said {
	struct origin at; /* of source.nodes */
	uint32_t said;	  /* source.nodes */
	uint32_t entries; /* of its own `nodes` */
};

/* A config_reader; made by config_reader_new. */
struct config_reader {
	const struct config_host *host;
	struct config *config;
	struct diags *diags;
	uint16_t file;
	bool broken;	  /* a file is empty or could not be read to its end: what is missing means
			      nothing */
	bool partial;	  /* nodes or routes may have stood under a key that was refused */
	uint32_t entries; /* of `nodes` in the present file */
	uint32_t all_entries;
	struct config_source said; /* by the present file */
	struct origin serial_at;   /* of the first file that has one */
	struct reader_where where[SCHEMA_MAPS]
				 [SCHEMA_KEYS_MOST]; /* of nodes, routes: the present */
	struct origin node_at;			     /* where the present node begins */
	struct reader_node node;		     /* the present node's */
	struct arena nodes;			     /* struct reader_node */
	struct arena routes;			     /* struct reader_route */
	struct arena said_all;			     /* struct reader_said */
	struct arena claims;			     /* of check_twins */
	struct arena order; /* uint32_t: numbers of nodes, sorted by what is looked at */
};

/* Forget where the keys of a mapping stood, before the next one of its kind. */
void reader_forget(struct config_reader *reader, enum schema_map_id id);

/* Where a key of the present file (or node, or route) stands. */
const struct reader_where *reader_where(const struct config_reader *reader, enum schema_map_id id,
					const char *key);
bool reader_has(const struct config_reader *reader, enum schema_map_id id, const char *key);

#define READER_PLACE_MAX 300

/* "line 12", or "line 12 of b.yaml" when seen from another file; in `out`, which is returned. */
const char *reader_place(const struct config_reader *reader, struct origin at, uint16_t seen_from,
			 char out[READER_PLACE_MAX]);

/* `at` as a spot of the present node, and a spot as an origin again; one too far from the node's
 * beginning is told as that. */
struct reader_spot reader_spot_of(const struct config_reader *reader, struct origin at);
struct origin reader_spot_at(const struct config_node *node, struct reader_spot spot);
const struct reader_node *reader_node_at(const struct config_reader *reader, uint32_t node);

#define READER_NO_ROOM "no room for more of these: over what croute takes, or out of memory"

/* Append to config. False when it has no room left. */
bool reader_add_string(struct config_reader *reader, struct text text, uint32_t *out);
bool reader_add_word(struct config_reader *reader, struct origin at, struct text text,
		     struct config_list *list);
bool reader_add_prefix(struct config_reader *reader, struct origin at, const struct prefix *prefix,
		       struct config_list *list);

#endif
