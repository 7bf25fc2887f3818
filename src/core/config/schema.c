/* schema.c - finding a key in the table. */
#include "croute/core/config/schema.h"

#include "croute/core/config/schema_table.h"

uint32_t schema_find(const struct schema_map *map, struct text name)
{
	for (uint32_t i = 0; i < map->count; i++) {
		if (text_is(name, map->keys[i].name))
			return i;
	}
	return SCHEMA_NO_KEY;
}

static const char *key_at(const void *words, size_t i)
{
	const struct schema_map *map = words;

	return i < map->count ? map->keys[i].name : NULL;
}

const char *schema_nearest_key(const struct schema_map *map, struct text name)
{
	return text_nearest(name, key_at, map);
}

static const char *word_at(const void *words, size_t i)
{
	return ((const struct schema_word *)words)[i].word;
}

const char *schema_nearest_word(const struct schema_key *key, struct text word)
{
	return text_nearest(word, word_at, key->words);
}
