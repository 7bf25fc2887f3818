/* shards.c - imported nodes as several files that each keep below a size. */
#include "app/import/shards.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "app/import/text.h"
#include "croute/base/hash.h"

/* Both halves mixed, since only the last bits count. */
uint32_t import_shards_of(const char *name, uint32_t count)
{
	uint64_t sum = hash_text(name);

	return (uint32_t)(sum ^ sum >> 32) & (count - 1);
}

/* How many bytes each of the most files would hold; fewer files hold sums of these. */
static void measure(const struct import *import, uint64_t sizes[IMPORT_SHARDS_MOST])
{
	memset(sizes, 0, IMPORT_SHARDS_MOST * sizeof(*sizes));
	for (uint32_t i = 0; i < import_count(import); i++) {
		const char *name = import_name(import, import_at(import, i));
		char space[IMPORT_LINE_MAX];
		struct buf line = BUF_OVER(space);

		import_text_line(import, i, &line);
		sizes[import_shards_of(name, IMPORT_SHARDS_MOST)] += line.len;
	}
}

static bool fits(const uint64_t sizes[IMPORT_SHARDS_MOST], uint32_t count, uint64_t most)
{
	uint64_t sums[IMPORT_SHARDS_MOST] = {0};

	for (uint32_t i = 0; i < IMPORT_SHARDS_MOST; i++) {
		sums[i & (count - 1)] += sizes[i];
		if (sums[i & (count - 1)] > most)
			return false;
	}
	return true;
}

int import_shards_count(const struct import *import, uint64_t head, uint64_t size, uint32_t *out,
			struct error *err)
{
	uint64_t sizes[IMPORT_SHARDS_MOST];

	measure(import, sizes);
	for (uint32_t count = 1; count <= IMPORT_SHARDS_MOST; count *= 2) {
		if (fits(sizes, count, size - head)) {
			*out = count;
			return 0;
		}
	}
	return error_set(err, E2BIG, "%u nodes do not fit into %d files of %" PRIu64 " bytes",
			 import_count(import), IMPORT_SHARDS_MOST, size);
}
