/* plain.h - the plain form of YAML that nearly all files have, read without libyaml. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "croute/base/diag.h"
#include "croute/base/text.h"
#include "croute/core/parse/stream.h"

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
	bool visible;	  /* known to be: printable ASCII */
	bool refused;	  /* an alias: told already, without a value */
	struct text text; /* of a value; valid until the next item */
	struct origin at;
};

#define PLAIN_BYTES (2 * STREAM_CHUNK) /* read ahead at most */
#define PLAIN_ITEMS 128		       /* of an entry of the file, or of a list in it */
#define PLAIN_PREFIX 80

/* What plain.h reads: the bytes ahead, and the items of one entry. */
struct plain {
	struct stream *stream;
	bool stopped;	      /* libyaml reads the rest */
	bool last;	      /* the stream has ended */
	bool closed;	      /* the file's mapping, with the items at hand */
	bool dashes;	      /* the file begins with --- */
	uint32_t line;	      /* of the byte at `at` */
	int32_t list;	      /* indent of the top-level list that is open; -1: none */
	uint32_t opened;      /* collections that are open at `at`: the file's mapping, the list */
	yaml_mark_t begun[2]; /* where they begin */
	size_t at;
	size_t end;
	size_t line_len; /* of the line at `at`; 0: not looked for */
	int32_t line_indent;
	uint32_t next;
	uint32_t count;
	struct yaml_item items[PLAIN_ITEMS];
	char data[PLAIN_PREFIX + PLAIN_BYTES];
};

/*
 * The form: ASCII, one document, block mappings and lists, lists and mappings in brackets that end
 * in the line where they begin, words without blanks, text in quotes without escapes, comments.
 * Whatever else a file holds, even a mistake, stops the reader in front of that entry, and libyaml
 * decides. It costs a tenth of libyaml's time.
 */
void plain_begin(struct plain *plain, struct stream *stream);

/* The items of the next entry, ends of lists and mappings without a place; their texts are valid
 * until the next call. False: from here on libyaml reads, after plain_hand_over. */
bool plain_read(struct plain *plain);

/*
 * What libyaml is to read first, NUL-free, valid until the next plain call. It begins with lines
 * that open again what stands open here, so that libyaml sees the rest as it would have seen it:
 * their number, and the number of the events that they cause, are for the caller to take off.
 */
struct text plain_hand_over(struct plain *plain, uint32_t *prefix_lines, uint32_t *events);
