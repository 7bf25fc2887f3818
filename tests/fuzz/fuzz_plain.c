/* fuzz_plain.c - the plain form gives what libyaml gives: items, places, errors. */
/* SPDX-License-Identifier: MIT */
/* covers: src/core/parse/plain.c src/core/parse/yaml.c src/core/parse/stream.c */
/* seeds: tests/golden */
#include <stdlib.h>
#include <string.h>

#include "croute/base/hash.h"
#include "croute/core/parse/yaml.h"
#include "pieces.h"

#define ITEMS_MOST 4096

struct reading {
	uint64_t items[ITEMS_MOST]; /* a hash of each */
	uint32_t count;
	struct diags diags;
	bool refused; /* the stream did: how far libyaml came before is its own affair */
};

static uint64_t hash_item(const struct yaml_item *item)
{
	bool end = item->kind == YAML_LIST_END || item->kind == YAML_MAP_END;
	const uint64_t facts[] = {item->kind, item->plain, item->refused, end ? 0 : item->at.line,
				  end ? 0 : item->at.column};
	uint64_t hash = hash_bytes(HASH_BEGIN, facts, sizeof(facts));

	return hash_bytes(hash, item->text.at, item->text.len);
}

static void read_all(const uint8_t *data, size_t size, bool plain, struct reading *out)
{
	struct pieces pieces = {.data = data, .size = size, .most = 1 + size % 4096};
	static struct yaml_cursor yaml;
	struct stream stream;
	struct yaml_item item;

	memset(out, 0, sizeof(*out));
	stream_begin(&stream, pieces_read, &pieces, 0);
	if (yaml_begin(&yaml, &stream, &out->diags) < 0)
		abort();
	yaml.plain.stopped = !plain;
	for (item = yaml_next(&yaml); item.kind != YAML_END && out->count < ITEMS_MOST;
	     item = yaml_next(&yaml))
		out->items[out->count++] = hash_item(&item);
	out->refused = stream.problem.code != 0;
	yaml_end(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading plain;
	static struct reading other;
	uint32_t least;

	read_all(data, size, true, &plain);
	read_all(data, size, false, &other);
	if (other.refused || plain.refused)
		return 0;
	least = other.diags.count > 0 ? other.count : plain.count;
	if (plain.count < other.count || (other.diags.count == 0 && plain.count != other.count) ||
	    memcmp(plain.items, other.items, least * sizeof(plain.items[0])) != 0 ||
	    plain.diags.count != other.diags.count ||
	    memcmp(plain.diags.list, other.diags.list, sizeof(plain.diags.list)) != 0)
		abort();
	return 0;
}
