/* yaml.h - a cursor over one YAML document, each item with its place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yaml.h>

#include "croute/base/diag.h"
#include "croute/base/text.h"
#include "croute/core/parse/stream.h"

#define YAML_DEPTH_MOST 16

enum yaml_kind {
	YAML_END, /* of the document, or of what could be read of it */
	YAML_VALUE,
	YAML_LIST,
	YAML_LIST_END,
	YAML_MAP,
	YAML_MAP_END,
};

struct yaml_item {
	enum yaml_kind kind;
	bool plain;	  /* a value without quotes */
	bool refused;	  /* an alias: told already, without a value */
	struct text text; /* of a value; valid until the next item */
	struct origin at;
};

/*
 * Walks libyaml's events one by one; no tree is built. Aliases, anchors, tags, a second document,
 * depth over depth_most and all syntax errors go to `diags`, in users' words. Where reading
 * cannot go on, `broken` is set and every further item is YAML_END. It owns libyaml's memory:
 * yaml_end gives it back.
 */
struct yaml_cursor {
	yaml_parser_t parser;
	yaml_event_t event; /* the present item's */
	bool broken;
	bool ended;
	unsigned depth;
	unsigned depth_most; /* YAML_DEPTH_MOST to begin with */
	yaml_mark_t told;    /* yaml_mark_told; index 0: nothing */
	struct diags *diags;
	struct stream *stream;
};

/* `stream` and `diags` outlive the cursor. 0, or -ENOMEM. */
int yaml_begin(struct yaml_cursor *yaml, struct stream *stream, struct diags *diags);
struct yaml_item yaml_next(struct yaml_cursor *yaml);

/* Pass over the rest of the list or mapping that `item` has begun; nothing for a value. */
void yaml_skip(struct yaml_cursor *yaml, const struct yaml_item *item);

/* The present item is refused: a syntax error right behind it is the same mistake. */
void yaml_mark_told(struct yaml_cursor *yaml);

/* Stop here: every further item is YAML_END. */
void yaml_stop(struct yaml_cursor *yaml);
void yaml_end(struct yaml_cursor *yaml);

/* Whether a value says nothing: empty, ~ or null, without quotes. */
bool yaml_is_null(const struct yaml_item *item);
