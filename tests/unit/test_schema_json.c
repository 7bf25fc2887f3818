/* test_schema_json.c - the JSON Schema says of every key what the table says. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef void key_check_fn(const struct schema_key *key, const json_t *schema);

/* What stands behind a list of mappings, or the schema itself. */
static const json_t *behind(const json_t *schema)
{
	const json_t *items = json_object_get(schema, "items");

	return items != NULL ? items : schema;
}

static void each_key(enum schema_map_id id, const json_t *schema, key_check_fn *check)
{
	const struct schema_map *map = schema_map_of(id);
	const json_t *properties = json_object_get(schema, "properties");

	assert_int_equal(json_object_size(properties), map->count);
	for (uint32_t i = 0; i < map->count; i++) {
		const struct schema_key *key = &map->keys[i];
		const json_t *found = json_object_get(properties, key->name);

		if (found == NULL)
			fail_msg("no key %s", key->name);
		check(key, found);
		if (key->type == SCHEMA_MAP || key->type == SCHEMA_NODES ||
		    key->type == SCHEMA_ROUTES)
			each_key(key->map, behind(found), check);
	}
}

static void walk(key_check_fn *check)
{
	json_t *schema = schema_json();

	assert_non_null(schema);
	each_key(SCHEMA_FILE, schema, check);
	json_decref(schema);
}

static const char *text_at(const json_t *schema, const char *key)
{
	const char *text = json_string_value(json_object_get(schema, key));

	return text != NULL ? text : "";
}

static void check_description(const struct schema_key *key, const json_t *schema)
{
	assert_non_null(key->help);
	assert_string_equal(text_at(schema, "description"), key->help);
}

static void every_key_of_the_table_is_described(void **state)
{
	(void)state;
	walk(check_description);
}

static void check_default(const struct schema_key *key, const json_t *schema)
{
	const json_t *value = json_object_get(schema, "default");
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (key->by_default == NULL)
		assert_null(value);
	else
		assert_string_equal(json_is_string(value) ? json_string_value(value) : text,
				    key->by_default);
	if (value != NULL && (key->type == SCHEMA_NUMBER || key->type == SCHEMA_FLAG))
		assert_false(json_is_string(value));
	free(text);
}

static void every_default_is_told(void **state)
{
	(void)state;
	walk(check_default);
}

static void check_strict(const struct schema_key *key, const json_t *schema)
{
	const json_t *map = behind(schema);

	if (key->type != SCHEMA_MAP && key->type != SCHEMA_NODES && key->type != SCHEMA_ROUTES)
		return;
	assert_true(json_is_false(json_object_get(map, "additionalProperties")));
	assert_non_null(json_object_get(json_object_get(map, "patternProperties"), "^x-"));
}

static void unknown_keys_are_errors_except_those_of_the_user(void **state)
{
	json_t *schema = schema_json();

	(void)state;
	assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
	assert_non_null(json_object_get(json_object_get(schema, "patternProperties"), "^x-"));
	json_decref(schema);
	walk(check_strict);
}

static void check_range(const struct schema_key *key, const json_t *schema)
{
	const json_t *most = json_object_get(schema, "maximum");

	if (key->type != SCHEMA_NUMBER)
		return;
	assert_string_equal(text_at(schema, "type"), "integer");
	assert_int_equal(json_integer_value(json_object_get(schema, "minimum")), key->least);
	if (key->most > INT64_MAX)
		assert_null(most);
	else
		assert_int_equal(json_integer_value(most), key->most);
}

static void every_number_has_its_range(void **state)
{
	(void)state;
	walk(check_range);
}

static void check_words(const struct schema_key *key, const json_t *schema)
{
	const json_t *words = json_object_get(schema, "enum");
	size_t count = 0;

	if (key->type != SCHEMA_WORD)
		return;
	for (; key->words[count].word != NULL; count++)
		assert_string_equal(json_string_value(json_array_get(words, count)),
				    key->words[count].word);
	assert_int_equal(json_array_size(words), count);
}

static void every_choice_lists_its_words(void **state)
{
	(void)state;
	walk(check_words);
}

static void check_list(const struct schema_key *key, const json_t *schema)
{
	const json_t *either = json_object_get(schema, "anyOf");

	if (!key->list)
		return;
	assert_int_equal(json_array_size(either), 2);
	assert_true(json_equal(json_array_get(either, 0),
			       json_object_get(json_array_get(either, 1), "items")));
}

static void a_list_may_be_a_lone_value(void **state)
{
	(void)state;
	walk(check_list);
}

static bool is_required(const json_t *map, const char *name)
{
	const json_t *required = json_object_get(map, "required");

	for (size_t i = 0; i < json_array_size(required); i++) {
		if (strcmp(json_string_value(json_array_get(required, i)), name) == 0)
			return true;
	}
	return false;
}

static void check_required(const struct schema_key *key, const json_t *schema)
{
	const struct schema_map *map;

	if (key->type != SCHEMA_NODES && key->type != SCHEMA_ROUTES)
		return;
	map = schema_map_of(key->map);
	for (uint32_t i = 0; i < map->count; i++)
		assert_int_equal(is_required(behind(schema), map->keys[i].name),
				 map->keys[i].required);
}

static void what_a_node_or_route_needs_is_required(void **state)
{
	(void)state;
	walk(check_required);
}

/* Of a directory it stands in one file, and the schema is for each. */
static void the_version_is_one_and_may_stand_elsewhere(void **state)
{
	json_t *schema = schema_json();
	const json_t *version = json_object_get(json_object_get(schema, "properties"), "version");

	(void)state;
	assert_string_equal(text_at(schema, "$schema"), "http://json-schema.org/draft-07/schema#");
	assert_int_equal(json_integer_value(json_object_get(version, "const")), 1);
	assert_null(json_object_get(schema, "required"));
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_the_table_is_described),
		cmocka_unit_test(every_default_is_told),
		cmocka_unit_test(unknown_keys_are_errors_except_those_of_the_user),
		cmocka_unit_test(every_number_has_its_range),
		cmocka_unit_test(every_choice_lists_its_words),
		cmocka_unit_test(a_list_may_be_a_lone_value),
		cmocka_unit_test(what_a_node_or_route_needs_is_required),
		cmocka_unit_test(the_version_is_one_and_may_stand_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
