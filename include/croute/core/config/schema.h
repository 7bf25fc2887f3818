/* schema.h - the one table of the file's keys. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/text.h"

struct json_t;

/* What a key's value is, which says how it is read and into what it is stored. */
enum schema_type {
	SCHEMA_MAP,	    /* nested keys: `map` */
	SCHEMA_NODES,	    /* a list of mappings: `map` is one of them */
	SCHEMA_ROUTES,	    /* likewise */
	SCHEMA_VERSION,	    /* the number 1 */
	SCHEMA_NUMBER,	    /* least to most; 2, 4 or 8 bytes */
	SCHEMA_FLAG,	    /* bool */
	SCHEMA_WORD,	    /* one of `words`; 1 or 4 bytes */
	SCHEMA_DURATION,    /* milliseconds, least to most; 8 bytes */
	SCHEMA_SHARE,	    /* percentage or count: struct config_guard */
	SCHEMA_TIME,	    /* RFC 3339; seconds since 1970, 8 bytes */
	SCHEMA_PATH,	    /* string in config.text */
	SCHEMA_LISTEN,	    /* likewise */
	SCHEMA_NAME,	    /* of a node; likewise */
	SCHEMA_DEVICE,	    /* name of an interface: likewise, or a char array */
	SCHEMA_MTU,	    /* `auto` (0) or a number */
	SCHEMA_TABLE,	    /* routing table by number or name */
	SCHEMA_MAC,	    /* struct mac */
	SCHEMA_ADDRESS,	    /* struct ip */
	SCHEMA_DESTINATION, /* `to` of struct config_route */
	SCHEMA_NODE_ADDRESS,
	SCHEMA_NODE_VIA,
	SCHEMA_PODCIDR,
	/* list items; stored into a struct config_list */
	SCHEMA_PREFIX,
	SCHEMA_HOST, /* an address, kept as a prefix of full length */
	SCHEMA_DEVICE_WORD,
	SCHEMA_REGEX,
	SCHEMA_GLOB,
	SCHEMA_TYPES,
};

/* The mappings of the file. */
enum schema_map_id {
	SCHEMA_FILE,
	SCHEMA_BACKEND,
	SCHEMA_HOST_GW,
	SCHEMA_VXLAN,
	SCHEMA_INTERFACE,
	SCHEMA_NODE,
	SCHEMA_ROUTE,
	SCHEMA_KERNEL,
	SCHEMA_GUARD,
	SCHEMA_REACH,
	SCHEMA_SOURCE,
	SCHEMA_AGENT,
	SCHEMA_MAPS,
};

#define SCHEMA_KEYS_MOST 12 /* of one mapping */

struct schema_word {
	const char *word;
	uint32_t value;
};

struct schema_key {
	const char *name;
	uint32_t name_len; /* its bytes, counted once: names are compared for each node */
	enum schema_type type;
	bool list;     /* a list of them, or a lone one */
	bool required; /* of a node or route; these come first */
	bool adds_up;  /* of the file: may stand in several files of a directory */
	/* Where it goes: of nodes and routes inside struct config_node and config_route, of
	 * `source` inside struct config_source, of all else inside struct config. */
	size_t offset;
	size_t size;
	bool or_zero; /* 0 is good, too, though below `least` */
	uint64_t least;
	uint64_t most;
	bool is_protocol;		 /* a number that no other program uses */
	const struct schema_word *words; /* ended by a NULL word */
	enum schema_map_id map;		 /* of its value, or of each item */
	const char *also;    /* what others call it: words apart by a blank; NULL: nothing */
	const char *pattern; /* of a text: what the JSON Schema says of it, or NULL */
	const char *lone;    /* of a map: the key that a lone value in its place is for, or NULL */
	const char *by_default; /* as one would write it; NULL: nothing */
	const char *help;	/* one sentence for people, without a full stop */
};

struct schema_map {
	const char *title; /* "… is not a key of TITLE" */
	const struct schema_key *keys;
	uint32_t count;
};

/* Never NULL. schema_map_of(SCHEMA_FILE) is the whole file; all others hang below it. */
const struct schema_map *schema_map_of(enum schema_map_id id);

/* What the file calls an enum backend_type. */
const char *schema_backend_word(uint32_t backend);

#define SCHEMA_NO_KEY UINT32_MAX

/* Number of the key of that name, or SCHEMA_NO_KEY. */
uint32_t schema_find(const struct schema_map *map, struct text name);

/* The key of the mapping that was likely meant by an unknown one; NULL when nothing is near. */
const char *schema_meant(const struct schema_map *map, struct text name);

/* Another mapping that has a key of that name, one below this first; or NULL. */
const struct schema_map *schema_elsewhere(const struct schema_map *map, struct text name);

/* Who else uses a routing protocol number of kernel.protocol's range; NULL: nobody. */
const char *schema_protocol_owner(uint32_t number);

/* What was likely meant by an unknown word of a key; NULL when nothing is near. */
const char *schema_nearest_word(const struct schema_key *key, struct text word);

/*
 * A JSON Schema (draft 7, which editors know best) of the whole file. It says what can be said of
 * one value by itself; what concerns several, as overlapping podCIDRs, only `croute validate`
 * finds. The caller's; NULL without memory.
 */
struct json_t *schema_json(void);
