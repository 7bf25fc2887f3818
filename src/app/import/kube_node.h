/* kube_node.h - the parts of one Node in a listing. */
#pragma once

#include "app/import/nodes.h"
#include "croute/core/parse/yaml.h"

#define IMPORT_WORD_MAX 80 /* longer than any address, type or kind that counts */

struct import_bytes;

/* A walk through a listing. */
struct import_kube {
	struct import *import;
	struct yaml_cursor *yaml;
	const struct import_bytes *bytes;
	struct import_facts facts; /* of the present node */
	char list_kind[IMPORT_WORD_MAX];
	char kind[IMPORT_WORD_MAX];  /* of the present entry of the list */
	char type[IMPORT_WORD_MAX];  /* of the present address or condition, */
	char value[IMPORT_WORD_MAX]; /* and what it says */
	bool in_list;
	bool has_items;
	bool continued; /* the API server has more of it */
	int status;	/* the first that stopped it */
	struct error *err;
};

typedef void import_kube_take_fn(struct import_kube *kube, const struct yaml_item *value);

/* A key that is looked for; a table of them ends in one without a name. What `take` is given it
 * reads to its end. */
struct import_kube_key {
	const char *name;
	bool text; /* only a value that says something is taken */
	import_kube_take_fn *take;
};

/* Take the keys of a mapping, or each entry of a list; anything else is passed over. */
void import_kube_map(struct import_kube *kube, const struct yaml_item *map,
		     const struct import_kube_key *keys);
void import_kube_list(struct import_kube *kube, const struct yaml_item *list,
		      import_kube_take_fn *take);

void import_kube_word(const struct yaml_item *item, char out[IMPORT_WORD_MAX]);

/* The parts of a node, into `facts`; a list has metadata too. */
void import_kube_metadata(struct import_kube *kube, const struct yaml_item *item);
void import_kube_spec(struct import_kube *kube, const struct yaml_item *item);
void import_kube_status(struct import_kube *kube, const struct yaml_item *item);
