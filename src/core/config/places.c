/* places.c - places and rows while files are read. */
#include "croute/core/config/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reader_forget(struct config_reader *reader, enum schema_map_id id)
{
	memset(reader->where[id], 0, sizeof(reader->where[id]));
}

const struct reader_where *reader_where(const struct config_reader *reader, enum schema_map_id id,
					const char *key)
{
	return &reader->where[id][schema_find(schema_map_of(id), text_of(key))];
}

bool reader_has(const struct config_reader *reader, enum schema_map_id id, const char *key)
{
	return reader_where(reader, id, key)->key.line != 0;
}

const char *reader_place(const struct config_reader *reader, struct origin at, uint16_t seen_from,
			 char out[READER_PLACE_MAX])
{
	const struct config_host *host = reader->host;

	if (at.file == seen_from)
		(void)snprintf(out, READER_PLACE_MAX, "line %u", at.line);
	else if (host != NULL && host->file_name != NULL)
		(void)snprintf(out, READER_PLACE_MAX, "line %u of %s", at.line,
			       host->file_name(host->names, at.file));
	else
		(void)snprintf(out, READER_PLACE_MAX, "line %u of file %u", at.line, at.file + 1U);
	return out;
}

struct reader_spot reader_spot_of(const struct config_reader *reader, struct origin at)
{
	struct origin node = reader->node_at;
	uint32_t lines = at.line - node.line;

	if (at.line < node.line || lines > UINT16_MAX)
		return (struct reader_spot){.column = node.column};
	return (struct reader_spot){.lines = (uint16_t)lines, .column = at.column};
}

struct origin reader_spot_at(const struct config_node *node, struct reader_spot spot)
{
	struct origin at = node->origin;

	if (spot.column == 0)
		return at;
	at.line += spot.lines;
	at.column = spot.column;
	return at;
}

const struct reader_node *reader_node_at(const struct config_reader *reader, uint32_t node)
{
	return (const struct reader_node *)(const void *)reader->nodes.base + node;
}

bool reader_add_string(struct config_reader *reader, struct text text, uint32_t *out)
{
	struct arena *arena = &reader->config->text;
	char *place;

	if (text.len == 0) {
		*out = 0;
		return true;
	}
	if (arena->used == 0 && arena_push(arena, 1) == NULL)
		return false;
	place = arena_push(arena, text.len + 1);
	if (place == NULL)
		return false;
	memcpy(place, text.at, text.len);
	*out = (uint32_t)(place - (char *)arena->base);
	return true;
}

bool reader_add_word(struct config_reader *reader, struct origin at, struct text text,
		     struct config_list *list)
{
	struct arena *arena = &reader->config->words;
	uint32_t index = (uint32_t)(arena->used / sizeof(struct config_word));
	struct config_word *word = arena_push(arena, sizeof(*word));

	if (word == NULL || !reader_add_string(reader, text, &word->text))
		return false;
	word->origin = at;
	if (list->count++ == 0)
		list->first = index;
	return true;
}

bool reader_add_prefix(struct config_reader *reader, struct origin at, const struct prefix *prefix,
		       struct config_list *list)
{
	struct arena *arena = &reader->config->prefixes;
	uint32_t index = (uint32_t)(arena->used / sizeof(struct config_prefix));
	struct config_prefix *row = arena_push(arena, sizeof(*row));

	if (row == NULL)
		return false;
	row->origin = at;
	row->prefix = *prefix;
	if (list->count++ == 0)
		list->first = index;
	return true;
}
