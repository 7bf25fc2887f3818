/* yaml.h - a cursor over one YAML document, each item with its place. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yaml.h>

#include "croute/base/diag.h"
#include "croute/base/text.h"
#include "croute/core/parse/plain.h"

#define YAML_DEPTH_MOST 16

/*
 * Walks a document item by item; no tree is built. As long as the file has the plain form of
 * plain.h it is read there, then libyaml's events are taken. Aliases, anchors, tags, a second
 * document, depth over depth_most and all syntax errors go to `diags`, in users' words. Where
 * reading cannot go on, `broken` is set and every further item is YAML_END. It owns libyaml's
 * memory: yaml_end gives it back.
 */
struct yaml_cursor {
	yaml_parser_t parser;
	yaml_event_t event; /* the present item's */
	bool broken;
	bool ended;
	unsigned depth;	     /* of libyaml's item */
	unsigned depth_most; /* YAML_DEPTH_MOST to begin with */
	yaml_mark_t told;    /* yaml_mark_told; index 0: nothing */
	struct diags *diags;
	struct stream *stream;
	struct plain plain;
	struct text pending;   /* what plain_hand_over gave libyaml, still to be read */
	uint32_t prefix_lines; /* of it */
	uint32_t ahead;	       /* events of the prefix, still to come */
};

/* `stream` and `diags` outlive the cursor. 0, or -ENOMEM. */
int yaml_begin(struct yaml_cursor *yaml, struct stream *stream, struct diags *diags);

/* The next item where none of plain.h's is at hand. */
struct yaml_item yaml_next_entry(struct yaml_cursor *yaml);

/* Inline, for it is asked for every word of a file. */
static inline struct yaml_item yaml_next(struct yaml_cursor *yaml)
{
	struct plain *plain = &yaml->plain;

	return plain->next < plain->count ? plain->items[plain->next++] : yaml_next_entry(yaml);
}

/* Skip the rest of the list or mapping that `item` has begun; nothing for a value. */
void yaml_skip(struct yaml_cursor *yaml, const struct yaml_item *item);

/* The present item is refused: a syntax error right behind it is the same mistake. */
void yaml_mark_told(struct yaml_cursor *yaml);

/* Stop here: every further item is YAML_END. */
void yaml_stop(struct yaml_cursor *yaml);
void yaml_end(struct yaml_cursor *yaml);

/* Whether a value says nothing: empty, ~ or null, without quotes. Inline, as yaml_next. */
static inline bool yaml_is_null(const struct yaml_item *item)
{
	return item->kind == YAML_VALUE && item->plain && item->text.len <= 4 &&
	       (item->text.len == 0 || text_is(item->text, "~") || text_is(item->text, "null") ||
		text_is(item->text, "Null") || text_is(item->text, "NULL"));
}
