/* test_schema.c - the table of keys is whole, and its defaults are what a file could say. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/schema.h"

#include "config_case.h"
#include "core/decode/store.h"
#include "croute/core/decode/decode.h"

static void every_key_has_a_name_of_its_own_and_a_sentence(void **state)
{
	(void)state;
	for (int id = 0; id < SCHEMA_MAPS; id++) {
		const struct schema_map *map = schema_map_of((enum schema_map_id)id);

		assert_true(map->count > 0 && map->count <= SCHEMA_KEYS_MOST);
		assert_non_null(map->title);
		for (uint32_t i = 0; i < map->count; i++) {
			const struct schema_key *key = &map->keys[i];

			assert_int_equal(schema_find(map, text_of(key->name)), i);
			assert_true(strlen(key->help) > 10);
			assert_true(key->help[strlen(key->help) - 1] != '.');
			assert_true(key->least <= key->most);
			assert_true(!key->required || i == 0 || map->keys[i - 1].required);
			assert_true((key->type == SCHEMA_WORD) == (key->words != NULL));
			assert_false(text_starts(text_of(key->name), "x-"));
		}
	}
}

static void every_mapping_hangs_below_the_file(void **state)
{
	bool seen[SCHEMA_MAPS] = {[SCHEMA_FILE] = true};

	(void)state;
	for (int id = 0; id < SCHEMA_MAPS; id++) {
		const struct schema_map *map = schema_map_of((enum schema_map_id)id);

		for (uint32_t i = 0; i < map->count; i++) {
			enum schema_type type = map->keys[i].type;

			if (type == SCHEMA_MAP || type == SCHEMA_NODES || type == SCHEMA_ROUTES)
				seen[map->keys[i].map] = true;
		}
	}
	for (int id = 0; id < SCHEMA_MAPS; id++)
		assert_true(seen[id]);
}

static void every_default_could_stand_in_a_file(void **state)
{
	struct config config;
	struct config_route route = {0};
	struct diags diags = {0};
	struct places places = {.config = &config, .diags = &diags};

	(void)state;
	decode_defaults(&config);
	for (int id = 0; id < SCHEMA_MAPS; id++) {
		if (id == SCHEMA_NODE || id == SCHEMA_SOURCE)
			continue;
		store_defaults(&places, (enum schema_map_id)id,
			       id == SCHEMA_ROUTE ? (void *)&route : (void *)&config);
	}
	assert_int_equal(diags.errors, 0);
	config_release(&config);
}

static void guesses_the_key_and_the_word_that_was_meant(void **state)
{
	const struct schema_map *node = schema_map_of(SCHEMA_NODE);
	const struct schema_map *backend = schema_map_of(SCHEMA_BACKEND);
	const struct schema_key *type = &backend->keys[schema_find(backend, text_of("type"))];

	(void)state;
	assert_string_equal(schema_meant(node, text_of("podCIDR")), "podCIDRs");
	assert_string_equal(schema_meant(node, text_of("adress")), "address");
	assert_string_equal(schema_meant(node, text_of("InternalIP")), "address");
	assert_string_equal(schema_meant(schema_map_of(SCHEMA_ROUTE), text_of("gateway")), "via");
	assert_null(schema_meant(node, text_of("colour")));
	assert_string_equal(schema_elsewhere(backend, text_of("mtu"))->title, "backend.vxlan");
	assert_null(schema_elsewhere(node, text_of("colour")));
	assert_string_equal(schema_nearest_word(type, text_of("host_gw")), "host-gw");
	assert_int_equal(schema_find(node, text_of("name ")), SCHEMA_NO_KEY);
	assert_int_equal(schema_find(node, text_of("Name")), SCHEMA_NO_KEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_a_name_of_its_own_and_a_sentence),
		cmocka_unit_test(every_mapping_hangs_below_the_file),
		cmocka_unit_test(every_default_could_stand_in_a_file),
		cmocka_unit_test(guesses_the_key_and_the_word_that_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
