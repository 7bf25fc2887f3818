/* places.c - places and rows while files are read. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct places *places_new(const struct config_host *host, struct config *config,
			  struct diags *diags)
{
	struct places *places = calloc(1, sizeof(*places));

	if (places != NULL)
		places_begin(places, host, config, diags);
	return places;
}

void places_begin(struct places *places, const struct config_host *host, struct config *config,
		  struct diags *diags)
{
	places->host = host;
	places->config = config;
	places->diags = diags;
	arena_set_limit(&places->nodes, CONFIG_NODES_MOST * sizeof(struct node_places));
	arena_set_limit(&places->routes, CONFIG_ROUTES_MOST * sizeof(struct route_places));
	arena_set_limit(&places->said_all, (UINT16_MAX + 1) * sizeof(struct source_count));
	arena_set_limit(&places->order, CONFIG_NODES_MOST * sizeof(uint32_t));
}

void places_empty(struct places *places)
{
	struct arena *const arenas[] = {&places->nodes, &places->routes, &places->said_all,
					&places->claims, &places->order};

	for (size_t i = 0; i < sizeof(arenas) / sizeof(arenas[0]); i++) {
		arena_trim(arenas[i]);
		arena_reset(arenas[i]);
	}
	*places = (struct places){.nodes = places->nodes,
				  .routes = places->routes,
				  .said_all = places->said_all,
				  .claims = places->claims,
				  .order = places->order};
}

bool places_exhausted(const struct places *places)
{
	const struct config *config = places->config;

	return places->nodes.exhausted || places->routes.exhausted || places->said_all.exhausted ||
	       places->claims.exhausted || places->order.exhausted || config->nodes.exhausted ||
	       config->podcidrs.exhausted || config->routes.exhausted || config->words.exhausted ||
	       config->prefixes.exhausted || config->text.exhausted;
}

void places_free(struct places *places)
{
	if (places == NULL)
		return;
	arena_release(&places->nodes);
	arena_release(&places->routes);
	arena_release(&places->said_all);
	arena_release(&places->claims);
	arena_release(&places->order);
	free(places);
}

void places_forget(struct places *places, enum schema_map_id id)
{
	memset(places->where[id], 0, sizeof(places->where[id]));
	places->lost[id] = 0;
}

const struct key_place *places_of(const struct places *places, enum schema_map_id id,
				  const char *key)
{
	return &places->where[id][schema_find(schema_map_of(id), text_of(key))];
}

bool places_has(const struct places *places, enum schema_map_id id, const char *key)
{
	return places_of(places, id, key)->key.line != 0;
}

#define UNKNOWN (1U << 31) /* any key that is not given */

void places_lose(struct places *places, enum schema_map_id id, uint32_t key)
{
	places->lost[id] |= key == SCHEMA_NO_KEY ? UNKNOWN : 1U << key;
}

bool places_lost(const struct places *places, enum schema_map_id id, const char *key)
{
	uint32_t index = schema_find(schema_map_of(id), text_of(key));
	bool given = places->where[id][index].key.line != 0;

	return (places->lost[id] >> index & 1) != 0 ||
	       (!given && (places->lost[id] & UNKNOWN) != 0);
}

const char *places_text(const struct places *places, struct origin at, struct origin seen_from,
			char out[PLACES_TEXT_MAX])
{
	const struct config_host *host = places->host;

	if (origin_file(at) == origin_file(seen_from))
		(void)snprintf(out, PLACES_TEXT_MAX, "line %u", at.line);
	else if (host != NULL && host->file_name != NULL)
		(void)snprintf(out, PLACES_TEXT_MAX, "line %u of %s", at.line,
			       host->file_name(host->names, origin_file(at)));
	else
		(void)snprintf(out, PLACES_TEXT_MAX, "line %u of file %u", at.line,
			       origin_file(at) + 1U);
	return out;
}

struct near_place places_near(const struct places *places, struct origin at)
{
	struct origin node = places->node_at;
	uint32_t lines = at.line - node.line;
	uint32_t column = lines == 0 ? at.column - node.column : at.column;

	if (at.line < node.line || lines >= 1U << 10 || column >= 1U << 22)
		return (struct near_place){0};
	return (struct near_place){.lines = lines & 0x3ff, .column = column & 0x3fffff};
}

struct origin places_origin(const struct config_node *node, struct near_place place)
{
	struct origin at = node->origin;

	if (place.lines == 0)
		return origin_at(origin_file(at), at.line, (uint64_t)at.column + place.column);
	return origin_at(origin_file(at), (uint64_t)at.line + place.lines, place.column);
}

const struct node_places *places_node(const struct places *places, uint32_t node)
{
	return (const struct node_places *)(const void *)places->nodes.base + node;
}

bool places_add_string(struct places *places, struct text text, uint32_t *out)
{
	struct arena *arena = &places->config->text;
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

bool places_add_word(struct places *places, struct origin at, struct text text,
		     struct config_list *list)
{
	struct arena *arena = &places->config->words;
	uint32_t index = (uint32_t)(arena->used / sizeof(struct config_word));
	struct config_word *word = arena_push(arena, sizeof(*word));

	if (word == NULL || !places_add_string(places, text, &word->text))
		return false;
	word->origin = at;
	if (list->count++ == 0)
		list->first = index;
	return true;
}

bool places_add_prefix(struct places *places, struct origin at, const struct prefix *prefix,
		       struct config_list *list)
{
	struct arena *arena = &places->config->prefixes;
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
