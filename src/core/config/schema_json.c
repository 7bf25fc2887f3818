/* schema_json.c - one schema of JSON for each type of value in the table. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/schema.h"

#include <jansson.h>
#include <stdbool.h>

/* Regular expressions of ECMA 262 that take what parse/value.c and parse/value_net.c take, as far
 * as that goes: none knows host bits, dates and what is too long. */
#define OCTET "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define IPV4 OCTET "(\\." OCTET "){3}"
#define HEX "[0-9A-Fa-f]"
#define GROUP HEX "{1,4}"
#define AT_MOST(groups) "(?!(:*" GROUP "(?!" HEX ")){" groups "})"
#define IPV6                                                                                       \
	"((" GROUP ":){7}" GROUP "|(" GROUP ":){6}" IPV4                                           \
	"|" AT_MOST("8") "(" GROUP "(:" GROUP ")*)?::(" GROUP "(:" GROUP                           \
			 ")*)?|" AT_MOST("7") "(" GROUP "(:" GROUP ")*)?::(" GROUP ":)*" IPV4 ")"
#define NOT_MAPPED "(?![0:]*:[Ff]{4}:[^:]+(:[^:]+)?$)"
#define HOST4 "(?!(0|127|22[4-9]|2[3-5][0-9])\\.)" IPV4
#define HOST6 NOT_MAPPED "(?![Ff]{2}" HEX "{2}:|[0:]*1?$)" IPV6
#define LEN4 "/(3[0-2]|[12]?[0-9])"
#define LEN6 "/(12[0-8]|1[01][0-9]|[1-9]?[0-9])"
#define PREFIX IPV4 LEN4 "|" NOT_MAPPED IPV6 LEN6
#define LINK_LOCAL "[Ff][Ee][89ABab]" HEX ":"
#define SOME_LEN "(?!.*/0$)"

#define ADDRESS_PATTERN "^(" HOST4 "|" HOST6 ")$"
#define NODE_ADDRESS_PATTERN "^(?!" LINK_LOCAL ")(" HOST4 "|" HOST6 ")$"
#define PREFIX_PATTERN "^(" PREFIX ")$"
#define PODCIDR_PATTERN                                                                            \
	"^" SOME_LEN "(" HOST4 LEN4 "|(?![Ff]{2}" HEX "{2}:|" LINK_LOCAL ")" NOT_MAPPED IPV6 LEN6  \
	")$"
#define DESTINATION_PATTERN "^(default|" IPV4 "(" LEN4 ")?|" NOT_MAPPED IPV6 "(" LEN6 ")?)$"
#define MAC_PATTERN "^(?!(00:){5}00)" HEX "[02468ACEace](:" HEX "{2}){5}$"
#define LISTEN_PATTERN                                                                             \
	"^((node|" IPV4 "|\\[" IPV6 "\\])?:0*(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|"            \
	"6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?$"
#define DURATION_PATTERN "^(0|[0-9]{1,10}(ms|s|m|h))$"
#define LEAST_DURATION_PATTERN "^0*[1-9][0-9]{0,9}(ms|s|m|h)$"
#define SHARE_PATTERN "^0*(100|[1-9]?[0-9])%$"
#define TIME_PATTERN                                                                               \
	"^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]"               \
	"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"

/* No blank, nothing that does not show, and no curly quotes around it (value_visible). */
#define HIDDEN                                                                                     \
	"\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5"   \
	"\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164\\ufe00-"       \
	"\\ufe0f"                                                                                  \
	"\\ufeff\\uffa0\\ufff0-\\ufffb"
#define CURLY "[\\u2018-\\u201f]"
#define UNQUOTED "^(?!" CURLY "|.*" CURLY "$)"
#define NAME_PATTERN UNQUOTED "[^" HIDDEN "]{1,253}$"
#define DEVICE_PATTERN UNQUOTED "(?!\\.{1,2}$)[^" HIDDEN "/:]{1,15}$"
#define TABLE_PATTERN UNQUOTED "(?!local$|[0-9]+$)[^" HIDDEN "]+$"
#define REGEX_PATTERN "^(?=.)[^\\u0000]{1,1000}$"

static json_t *map_schema(enum schema_map_id id);

static json_t *text_schema(const char *pattern)
{
	if (pattern == NULL)
		return json_pack("{s:s}", "type", "string");
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *range_schema(json_int_t least, json_int_t most)
{
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", least, "maximum", most);
}

static json_t *protocol_schema(const struct schema_key *key)
{
	json_t *taken = json_array();

	for (uint32_t number = (uint32_t)key->least; number <= key->most; number++) {
		if (schema_protocol_owner(number) != NULL)
			(void)json_array_append_new(taken, json_integer(number));
	}
	return json_pack("{s:s, s:I, s:I, s:{s:o}}", "type", "integer", "minimum",
			 (json_int_t)key->least, "maximum", (json_int_t)key->most, "not", "enum",
			 taken);
}

/* A bound past what a JSON number can safely say is none. */
static json_t *number_schema(const struct schema_key *key)
{
	json_int_t least = (json_int_t)key->least;

	if (key->most > INT64_MAX)
		return json_pack("{s:s, s:I}", "type", "integer", "minimum", least);
	return key->is_protocol ? protocol_schema(key) : range_schema(least, (json_int_t)key->most);
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

/* The pattern of types that are text. */
static const char *pattern_of(const struct schema_key *key)
{
	static const char *const patterns[SCHEMA_TYPES] = {
		[SCHEMA_TIME] = TIME_PATTERN,	    [SCHEMA_MAC] = MAC_PATTERN,
		[SCHEMA_ADDRESS] = ADDRESS_PATTERN, [SCHEMA_NODE_ADDRESS] = NODE_ADDRESS_PATTERN,
		[SCHEMA_HOST] = ADDRESS_PATTERN,    [SCHEMA_PREFIX] = PREFIX_PATTERN,
		[SCHEMA_PODCIDR] = PODCIDR_PATTERN, [SCHEMA_DESTINATION] = DESTINATION_PATTERN,
		[SCHEMA_LISTEN] = LISTEN_PATTERN,   [SCHEMA_NODE_VIA] = ADDRESS_PATTERN,
		[SCHEMA_NAME] = NAME_PATTERN,	    [SCHEMA_GLOB] = NAME_PATTERN,
		[SCHEMA_DEVICE] = DEVICE_PATTERN,   [SCHEMA_DEVICE_WORD] = DEVICE_PATTERN,
		[SCHEMA_REGEX] = REGEX_PATTERN,
	};

	return key->pattern != NULL ? key->pattern : patterns[key->type];
}

/* A word may look like a number or a flag, and be meant as text. */
static bool is_word(const struct schema_key *key)
{
	return key->pattern == NULL &&
	       (key->type == SCHEMA_NAME || key->type == SCHEMA_GLOB ||
		key->type == SCHEMA_DEVICE || key->type == SCHEMA_DEVICE_WORD ||
		key->type == SCHEMA_REGEX || key->type == SCHEMA_PATH);
}

static json_t *word_schema(const char *pattern)
{
	json_t *schema = json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");

	if (schema != NULL && pattern != NULL)
		(void)json_object_set_new(schema, "pattern", json_string(pattern));
	return schema;
}

static json_t *duration_schema(const struct schema_key *key)
{
	if (key->least > 0 && !key->or_zero)
		return text_schema(LEAST_DURATION_PATTERN);
	return either(json_pack("{s:i}", "const", 0), text_schema(DURATION_PATTERN));
}

/* 255 is the kernel's own (SPEC 4). */
static json_t *table_schema(void)
{
	return json_pack("{s:[o,o,o]}", "anyOf", range_schema(1, 254),
			 range_schema(256, UINT32_MAX), text_schema(TABLE_PATTERN));
}

/* Types that are no plain text, by the function that makes their schema. */
static json_t *special_schema(const struct schema_key *key)
{
	if (key->type == SCHEMA_DURATION)
		return duration_schema(key);
	if (key->type == SCHEMA_SHARE)
		return either(range_schema(0, UINT32_MAX), text_schema(SHARE_PATTERN));
	if (key->type == SCHEMA_MTU)
		return either(json_pack("{s:s}", "const", "auto"), number_schema(key));
	if (key->type == SCHEMA_TABLE)
		return table_schema();
	return is_word(key) ? word_schema(pattern_of(key)) : text_schema(pattern_of(key));
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
	json_t *list = json_pack("{s:s, s:O}", "type", "array", "items", item);

	if (list != NULL && key->required)
		(void)json_object_set_new(list, "minItems", json_integer(1));
	return either(item, list);
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

/* How a route's packets leave the host: see check/routes.c. */
static json_t *ways_schema(void)
{
	static const char text[] =
		"[{\"required\": [\"via\"], \"properties\": {\"type\": {\"const\": \"unicast\"}}},"
		" {\"required\": [\"dev\"], \"properties\": {\"type\": {\"const\": \"unicast\"},"
		" \"onLink\": {\"const\": false}}},"
		" {\"required\": [\"type\"], \"properties\": {\"type\": {\"not\": {\"const\": "
		"\"unicast\"}},"
		" \"via\": false, \"dev\": false, \"onLink\": false}}]";

	return json_loads(text, 0, NULL);
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
	if (schema != NULL && id == SCHEMA_ROUTE)
		(void)json_object_set_new(schema, "anyOf", ways_schema());
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
