/* text.h - imported nodes as a file of croute's. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "app/import/nodes.h"
#include "croute/base/buf.h"

#define IMPORT_LINE_MAX 2048 /* bytes of a node's line, with its end */
#define IMPORT_HEAD_MAX 1024
#define IMPORT_MARK "# Made by croute import" /* how every file of it begins */

/*
 * What stands before the nodes' lines; `source` has what is to be said of the file, its `nodes`
 * aside, which is the number of all. Without a node in the file, `empty`.
 */
void import_text_head(const struct import *import, const struct config_source *source, bool empty,
		      struct buf *out);

/* An address, prefix or MAC, quoted where YAML would take it for something else. */
void import_text_address(const char *text, struct buf *out);

/* The line of a node. The same node gives the same bytes. */
void import_text_line(const struct import_node *node, struct buf *out);

#define IMPORT_SHARDS_MOST 512

/* Which of `count` files, a power of two, a node stands in: by a hash of its name alone, so that
 * the others stay as they are when it comes or goes. */
uint32_t import_text_shard(const char *name, uint32_t count);

/* The least power of two of files none of which is over `size` bytes, `head` of them before the
 * nodes. 0, or -E2BIG with `err`. */
int import_text_shards(const struct import *import, uint64_t head, uint64_t size, uint32_t *out,
		       struct error *err);
