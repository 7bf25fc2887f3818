/* shards.h - imported nodes as several files that each keep below a size. */
#ifndef CROUTE_APP_IMPORT_SHARDS_H
#define CROUTE_APP_IMPORT_SHARDS_H

#include "app/import/nodes.h"

#define IMPORT_SHARDS_MOST 512
/* Which of `count` files, a power of two, a node stands in: by a hash of its name alone, so that
 * the others stay as they are when it comes or goes. */
uint32_t import_shards_of(const char *name, uint32_t count);

/* The least power of two of files none of which is over `size` bytes, `head` of them before the
 * nodes. 0, or -E2BIG with `err`. */
int import_shards_count(const struct import *import, uint64_t head, uint64_t size, uint32_t *out,
			struct error *err);

#endif
