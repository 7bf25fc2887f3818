/* schema_json.c - one schema of JSON for each type of value in the table. */
#include "croute/core/config/schema_json.h"

#include <jansson.h>
#include <string.h>

#include "croute/core/config/schema.h"

#define ADDRESS_PATTERN "^[0-9A-Fa-f:.]+$"
#define PREFIX_PATTERN "^[0-9A-Fa-f:.]+/[0-9]{1,3}$"
#define DURATION_PATTERN "^[0-9]+(ms|s|m|h)$"
#define SHARE_PATTERN "^[0-9]{1,3}%$"
#define MAC_PATTERN "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$"
#define TIME_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].+$"

static json_t *map_schema(enum schema_map_id id);

static json_t *text_schema(const char *pattern)
{
	if (pattern == NULL)
		return json_pack("{s:s}", "type", "string");
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

/* A bound past what a JSON number can safely say is none. */
static json_t *number_schema(const struct schema_key *key)
{
	json_int_t least = (json_int_t)key->least;

	if (key->most > INT64_MAX)
		return json_pack("{s:s, s:I}", "type", "integer", "minimum", least);
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", least, "maximum",
			 (json_int_t)key->most);
}

/* Either of two; takes both references. */
static json_t *either(json_t *one, json_t *other)
{
	return json_pack("{s:[o,o]}", "anyOf", one, other);
}

static json_t *words_schema(const struct schema_key *key)
{
	json_t *words = json_array();

	for (const struct schema_word *word = key->words; word->word != NULL; word++)
		(void)json_array_append_new(words, json_string(word->word));
	return json_pack("{s:o}", "enum", words);
}

static json_t *items_schema(const struct schema_key *key)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", map_schema(key->map));
}

/* The pattern of types that are text; NULL: any text. */
static const char *pattern_of(enum schema_type type)
{
	static const char *const patterns[SCHEMA_TYPES] = {
		[SCHEMA_TIME] = TIME_PATTERN,	    [SCHEMA_MAC] = MAC_PATTERN,
		[SCHEMA_ADDRESS] = ADDRESS_PATTERN, [SCHEMA_NODE_ADDRESS] = ADDRESS_PATTERN,
		[SCHEMA_HOST] = ADDRESS_PATTERN,    [SCHEMA_PREFIX] = PREFIX_PATTERN,
		[SCHEMA_PODCIDR] = PREFIX_PATTERN,
	};

	return patterns[type];
}

/* Types that are no plain text, by the function that makes their schema. */
static json_t *special_schema(const struct schema_key *key)
{
	static const char *const automatic[] = {"auto"};

	if (key->type == SCHEMA_DURATION)
		return either(json_pack("{s:i}", "const", 0), text_schema(DURATION_PATTERN));
	if (key->type == SCHEMA_SHARE)
		return either(json_pack("{s:s, s:i}", "type", "integer", "minimum", 0),
			      text_schema(SHARE_PATTERN));
	if (key->type == SCHEMA_MTU)
		return either(json_pack("{s:s}", "const", automatic[0]), number_schema(key));
	if (key->type == SCHEMA_TABLE)
		return either(json_pack("{s:s, s:i}", "type", "integer", "minimum", 1),
			      text_schema(NULL));
	return text_schema(pattern_of(key->type));
}

static json_t *value_schema(const struct schema_key *key)
{
	if (key->type == SCHEMA_MAP)
		return map_schema(key->map);
	if (key->type == SCHEMA_NODES || key->type == SCHEMA_ROUTES)
		return items_schema(key);
	if (key->type == SCHEMA_VERSION)
		return json_pack("{s:i}", "const", 1);
	if (key->type == SCHEMA_NUMBER)
		return number_schema(key);
	if (key->type == SCHEMA_FLAG)
		return json_pack("{s:s}", "type", "boolean");
	return key->type == SCHEMA_WORD ? words_schema(key) : special_schema(key);
}

static json_t *list_schema(const struct schema_key *key)
{
	json_t *item = value_schema(key);

	return either(json_incref(item), json_pack("{s:s, s:o}", "type", "array", "items", item));
}

/* Numbers and flags are written in YAML as in JSON. */
static json_t *default_of(const struct schema_key *key)
{
	if (key->type == SCHEMA_NUMBER || key->type == SCHEMA_FLAG)
		return json_loads(key->by_default, JSON_DECODE_ANY, NULL);
	return json_string(key->by_default);
}

static json_t *key_schema(const struct schema_key *key)
{
	json_t *schema = key->list ? list_schema(key) : value_schema(key);

	if (schema != NULL && key->help != NULL)
		(void)json_object_set_new(schema, "description", json_string(key->help));
	if (schema != NULL && key->by_default != NULL)
		(void)json_object_set_new(schema, "default", default_of(key));
	return schema;
}

static json_t *map_schema(enum schema_map_id id)
{
	const struct schema_map *map = schema_map_of(id);
	json_t *properties = json_object();
	json_t *required = json_array();
	json_t *schema;

	for (uint32_t i = 0; i < map->count; i++) {
		const struct schema_key *key = &map->keys[i];

		(void)json_object_set_new(properties, key->name, key_schema(key));
		if (key->required)
			(void)json_array_append_new(required, json_string(key->name));
	}
	schema = json_pack("{s:s, s:o, s:{s:b}, s:b}", "type", "object", "properties", properties,
			   "patternProperties", "^x-", 1, "additionalProperties", 0);
	if (json_array_size(required) > 0)
		(void)json_object_set(schema, "required", required);
	json_decref(required);
	return schema;
}

json_t *schema_json(void)
{
	json_t *schema = map_schema(SCHEMA_FILE);

	if (schema == NULL)
		return NULL;
	(void)json_object_set_new(schema, "$schema",
				  json_string("http://json-schema.org/draft-07/schema#"));
	(void)json_object_set_new(schema, "title", json_string("croute.yaml"));
	return schema;
}
