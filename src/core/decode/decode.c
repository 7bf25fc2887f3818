/* decode.c - a generation from its defaults to its checks; the walk through each document. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/decode/decode.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/decode/store.h"
#include "croute/base/buf.h"
#include "croute/core/check/check.h"
#include "croute/core/parse/syntax.h"
#include "croute/core/parse/value.h"
#include "croute/core/parse/yaml.h"

/* What every step needs. */
struct decoder {
	struct places *places;
	struct yaml_cursor *yaml;
};

/* Mappings lie inside one another at most three deep, as the schema has them. */
static void decode_map(const struct decoder *d, enum schema_map_id id, void *target);

static void skip_value(const struct decoder *d)
{
	struct yaml_item item = yaml_next(d->yaml);

	yaml_skip(d->yaml, &item);
}

static const char *kind_name(const struct yaml_item *item)
{
	return item->kind == YAML_MAP ? "a mapping" : item->kind == YAML_LIST ? "a list" : "text";
}

static bool ends_in_colon(const struct yaml_item *item)
{
	return item->kind == YAML_VALUE && item->plain && item->text.len > 0 &&
	       item->text.at[item->text.len - 1] == ':';
}

/* Of `fd00::` without quotes YAML takes the last colon for the mark of a key: what is left is the
 * key of a mapping (`- fd00::`), or a value with a syntax error right behind it. */
static bool refuse_ipv6(const struct decoder *d, const struct yaml_item *key)
{
	char address[64];
	struct text text = {.at = address, .len = key->text.len + 1};

	if (text.len > sizeof(address))
		return false;
	memcpy(address, key->text.at, key->text.len);
	address[key->text.len] = ':';
	if (syntax_ipv6_at_end(text).len != text.len)
		return false;
	yaml_mark_told(d->yaml);
	diag_error(d->places->diags, key->at,
		   "an IPv6 address that ends in a colon must be quoted: '%.*s'", (int)text.len,
		   address);
	return true;
}

#define HINT_MAX (VALUE_QUOTE_MAX + 60)

/* How it is written, where a mistake of that kind is common: `backend: vxlan`, a mapping of nodes.
 */
static const char *hint(const struct schema_key *key, const struct yaml_item *item,
			char out[HINT_MAX])
{
	struct buf buf = {.data = out, .size = HINT_MAX};
	char quoted[VALUE_QUOTE_MAX];

	out[0] = '\0';
	if (key->lone != NULL && item->kind == YAML_VALUE)
		buf_add(&buf, "; write %s: {%s: %s}", key->name, key->lone,
			value_quote(item->text, quoted));
	else if (key->type == SCHEMA_NODES && item->kind == YAML_MAP)
		buf_add(&buf, "; begin each node with \"- name: worker-1\"");
	else if (key->type == SCHEMA_ROUTES && item->kind == YAML_MAP)
		buf_add(&buf, "; begin each route with \"- to: 10.96.0.0/12\"");
	return out;
}

/* The value is of another kind than the key wants. */
static void refuse_kind(const struct decoder *d, const struct schema_key *key,
			const struct yaml_item *item, const char *wanted)
{
	struct error err = {0};
	char text[HINT_MAX];
	struct yaml_item first;

	if (item->kind == YAML_MAP) {
		first = yaml_next(d->yaml);
		if (first.kind != YAML_MAP_END) {
			bool told = ends_in_colon(&first) && refuse_ipv6(d, &first);

			yaml_skip(d->yaml, &first);
			yaml_skip(d->yaml, item);
			if (told)
				return;
		}
	} else {
		yaml_skip(d->yaml, item);
	}
	if (d->yaml->broken || item->refused)
		return;
	if (item->kind == YAML_VALUE)
		yaml_mark_told(d->yaml);
	if (item->kind == YAML_VALUE && value_visible(item->text, &err) < 0)
		diag_error(d->places->diags, item->at, "%s", err.text);
	else
		diag_error(d->places->diags, item->at, "\"%s\" must be %s, not %s%s", key->name,
			   wanted, kind_name(item), hint(key, item, text));
}

/* One value: of a key, or of a list. Whether it is good. */
static bool decode_lone(const struct decoder *d, const struct schema_key *key,
			const struct yaml_item *item, void *target)
{
	bool is_lone = item->kind == YAML_VALUE;

	if (!is_lone) {
		refuse_kind(d, key, item,
			    !key->list		      ? "one value"
			    : item->kind == YAML_LIST ? "made of values"
						      : "one value, or a list of them");
	} else if (item->refused || (ends_in_colon(item) && refuse_ipv6(d, item))) {
		return false;
	} else if (yaml_is_null(item)) {
		diag_error(d->places->diags, item->at, "an item of \"%s\" is empty here",
			   key->name);
	} else if (store_value(d->places, key, item, target)) {
		return true;
	} else {
		yaml_mark_told(d->yaml);
	}
	return false;
}

static bool decode_list(const struct decoder *d, const struct schema_key *key,
			const struct yaml_item *list, void *target)
{
	struct yaml_item item = yaml_next(d->yaml);
	bool good = true;

	if (item.kind == YAML_LIST_END && key->required)
		diag_error(d->places->diags, list->at,
			   "\"%s\" is an empty list; it has one or more", key->name);
	for (; item.kind != YAML_LIST_END && item.kind != YAML_END; item = yaml_next(d->yaml))
		good &= decode_lone(d, key, &item, target);
	return good;
}

/* What is missing of a node or route that was read to its end. */
static void check_required(const struct decoder *d, enum schema_map_id id, struct origin at)
{
	const struct schema_map *map = schema_map_of(id);

	for (uint32_t i = 0; i < map->count && map->keys[i].required; i++) {
		if (d->places->where[id][i].key.line == 0 &&
		    !places_lost(d->places, id, map->keys[i].name))
			diag_error(d->places->diags, at, "%s without \"%s\"", map->title,
				   map->keys[i].name);
	}
}

/* Reading ends here. */
static void refuse_more(const struct decoder *d, struct origin at, int most, const char *what)
{
	diag_error(d->places->diags, at, "more than %d %s", most, what);
	d->yaml->broken = true;
	yaml_stop(d->yaml);
}

static void decode_node(const struct decoder *d, struct origin at)
{
	struct places *places = d->places;
	struct config_node *node = arena_push(&places->config->nodes, sizeof(*node));
	struct node_places *parts = arena_push(&places->nodes, sizeof(*parts));

	if (node == NULL || parts == NULL || places->entries > CONFIG_NODES_MOST) {
		refuse_more(d, at, CONFIG_NODES_MOST, "nodes");
		return;
	}
	node->origin = at;
	places->node_at = at;
	places->node = (struct node_places){0};
	places_forget(places, SCHEMA_NODE);
	decode_map(d, SCHEMA_NODE, node);
	*parts = places->node;
}

static void decode_route(const struct decoder *d, struct origin at)
{
	struct places *places = d->places;
	struct config_route *route = arena_push(&places->config->routes, sizeof(*route));
	struct route_places *parts = arena_push(&places->routes, sizeof(*parts));

	if (route == NULL || parts == NULL) {
		refuse_more(d, at, CONFIG_ROUTES_MOST, "routes");
		return;
	}
	route->origin = at;
	places_forget(places, SCHEMA_ROUTE);
	store_defaults(places, SCHEMA_ROUTE, route);
	decode_map(d, SCHEMA_ROUTE, route);
	parts->to = places_of(places, SCHEMA_ROUTE, "to")->value;
	parts->via = places_of(places, SCHEMA_ROUTE, "via")->value;
}

/* The last node or route, once it is known that reading goes on behind it: what an entry lacks
 * before a syntax error is no second mistake. */
static void check_entry(const struct decoder *d, enum schema_map_id id, struct origin at)
{
	struct arena *routes = &d->places->config->routes;

	check_required(d, id, at);
	if (id == SCHEMA_ROUTE)
		check_route(d->places,
			    (struct config_route *)(void *)(routes->base + routes->used) - 1);
}

/* `nodes` and `routes`. */
static void decode_entries(const struct decoder *d, const struct schema_key *key,
			   const struct yaml_item *list)
{
	struct yaml_item item;

	if (list->kind != YAML_LIST) {
		d->places->partial = true;
		refuse_kind(d, key, list, "a list of mappings");
		return;
	}
	item = yaml_next(d->yaml);
	while (item.kind != YAML_LIST_END && item.kind != YAML_END) {
		struct origin at = item.at;
		bool is_map = item.kind == YAML_MAP;

		d->places->entries += key->type == SCHEMA_NODES;
		if (!is_map)
			refuse_kind(d, key, &item, "made of mappings");
		else if (key->type == SCHEMA_NODES)
			decode_node(d, at);
		else
			decode_route(d, at);
		item = yaml_next(d->yaml);
		if (is_map && !d->yaml->ended)
			check_entry(d, key->map, at);
	}
}

/* Whether the value is good as far as it stands alone. */
static bool decode_value(const struct decoder *d, const struct schema_key *key,
			 const struct yaml_item *item, void *target)
{
	if (key->type == SCHEMA_NODES || key->type == SCHEMA_ROUTES)
		decode_entries(d, key, item);
	else if (key->type == SCHEMA_MAP && item->kind != YAML_MAP)
		refuse_kind(d, key, item, "a mapping");
	else if (key->type == SCHEMA_MAP)
		decode_map(d, key->map, key->map == SCHEMA_SOURCE ? &d->places->said : target);
	else
		return key->list && item->kind == YAML_LIST ? decode_list(d, key, item, target)
							    : decode_lone(d, key, item, target);
	return true;
}

/* Suggest the nearest key, or a mapping that has a key of that name. */
static void refuse_key(const struct decoder *d, enum schema_map_id id, const struct yaml_item *item)
{
	const struct schema_map *map = schema_map_of(id);
	const struct schema_map *other = schema_elsewhere(map, item->text);
	const char *meant = schema_meant(map, item->text);
	struct error err = {0};
	char quoted[VALUE_QUOTE_MAX];

	(void)value_quote(item->text, quoted);
	places_lose(d->places, id,
		    meant != NULL ? schema_find(map, text_of(meant)) : SCHEMA_NO_KEY);
	if (value_visible(item->text, &err) < 0)
		diag_error(d->places->diags, item->at, "%s", err.text);
	else if (meant != NULL)
		diag_error(d->places->diags, item->at,
			   "%s is not a key of %s; did you mean \"%s\"?", quoted, map->title,
			   meant);
	else if (other != NULL)
		diag_error(d->places->diags, item->at, "%s is not a key of %s, but of %s", quoted,
			   map->title, other->title);
	else
		diag_error(d->places->diags, item->at, "%s is not a key of %s", quoted, map->title);
}

/* A key may stand once; of the whole file, some in each file of a directory. */
static bool refuse_repeated(const struct decoder *d, const struct schema_key *key,
			    struct origin before, struct origin at)
{
	char place[PLACES_TEXT_MAX];

	if (before.line == 0 || (key->adds_up && origin_file(before) != origin_file(at)))
		return false;
	diag_error(d->places->diags, at, "\"%s\" appears twice; the other is in %s%s", key->name,
		   places_text(d->places, before, at, place),
		   origin_file(before) == origin_file(at) ? ""
							  : ", and it may appear in one file only");
	return true;
}

/* The value of a key that may stand here. */
static bool decode_known(const struct decoder *d, const struct schema_key *key,
			 struct key_place *where, void *target)
{
	struct yaml_item value = yaml_next(d->yaml);

	where->value = value.at;
	if (value.kind == YAML_END)
		return false;
	if (!yaml_is_null(&value) || value.refused)
		return decode_value(d, key, &value, target);
	diag_error(d->places->diags, where->key,
		   "\"%s\" is empty here; give it a value or leave it out", key->name);
	return false;
}

/* A key that was read, and its value. */
static void decode_pair(const struct decoder *d, enum schema_map_id id,
			const struct yaml_item *item, void *target)
{
	const struct schema_map *map = schema_map_of(id);
	uint32_t index = schema_find(map, item->text);
	const struct schema_key *key = index == SCHEMA_NO_KEY ? NULL : &map->keys[index];
	struct key_place *where = key == NULL ? NULL : &d->places->where[id][index];

	if (key == NULL) {
		refuse_key(d, id, item);
		skip_value(d);
	} else if (refuse_repeated(d, key, where->key, item->at)) {
		skip_value(d);
		return;
	} else {
		where->key = item->at;
		if (decode_known(d, key, where, target))
			return;
		places_lose(d->places, id, index);
	}
	d->places->partial |= id == SCHEMA_FILE && (key == NULL || key->type == SCHEMA_NODES ||
						    key->type == SCHEMA_ROUTES);
}

static void decode_map(const struct decoder *d, enum schema_map_id id, void *target)
{
	struct yaml_item item = yaml_next(d->yaml);

	if (id == SCHEMA_FILE && foreign_refuse(d->places, d->yaml, &item))
		return;
	for (; item.kind != YAML_MAP_END && item.kind != YAML_END; item = yaml_next(d->yaml)) {
		if (item.kind != YAML_VALUE) {
			diag_error(d->places->diags, item.at, "a key is a word, not %s",
				   kind_name(&item));
			yaml_skip(d->yaml, &item);
			skip_value(d);
		} else if (item.refused || text_starts(item.text, "x-")) {
			skip_value(d);
		} else {
			decode_pair(d, id, &item, target);
		}
	}
}

static void decode_file(struct places *places, struct yaml_cursor *yaml)
{
	struct decoder d = {.places = places, .yaml = yaml};
	struct yaml_item item = yaml_next(yaml);
	struct origin begin = origin_at(places->file, 1, 1);

	if (item.kind == YAML_MAP) {
		decode_map(&d, SCHEMA_FILE, places->config);
	} else if (!yaml->broken && (item.kind == YAML_END || yaml_is_null(&item))) {
		places->broken = true;
		diag_error(places->diags, begin,
			   "the file is empty; it says \"version: 1\" at least");
	} else if (!yaml->broken) {
		places->broken = true;
		diag_error(places->diags, item.at,
			   "the file is %s; it must be a mapping, as \"version: 1\"",
			   kind_name(&item));
		yaml_skip(yaml, &item);
	}
	if (!yaml->ended)
		(void)yaml_next(yaml);
	places->broken |= yaml->broken;
}

void decode_begin(struct config *config)
{
	struct diags none = {0}; /* the defaults are good: a unit test reads them back */
	struct places places = {.config = config, .diags = &none};

	arena_set_limit(&config->nodes, CONFIG_NODES_MOST * sizeof(struct config_node));
	arena_set_limit(&config->vias, CONFIG_VIAS_MOST * sizeof(struct config_node_ip));
	arena_set_limit(&config->more, CONFIG_MORE_MOST * sizeof(struct config_node_ip));
	arena_set_limit(&config->podcidrs, CONFIG_PODCIDRS_MOST * sizeof(struct config_podcidr));
	arena_set_limit(&config->routes, CONFIG_ROUTES_MOST * sizeof(struct config_route));
	arena_set_limit(&config->words, CONFIG_WORDS_MOST * sizeof(struct config_word));
	arena_set_limit(&config->prefixes, CONFIG_PREFIXES_MOST * sizeof(struct config_prefix));
	arena_set_limit(&config->text, CONFIG_TEXT_MOST);
	for (int id = SCHEMA_FILE; id < SCHEMA_MAPS; id++) {
		if (id != SCHEMA_NODE && id != SCHEMA_ROUTE && id != SCHEMA_SOURCE)
			store_defaults(&places, (enum schema_map_id)id, config);
	}
}

void decode_defaults(struct config *config)
{
	*config = (struct config){0};
	decode_begin(config);
}

int decode_read(struct places *places, uint16_t file, stream_read_fn *read, void *source,
		struct error *err)
{
	struct stream stream;
	struct yaml_cursor yaml;

	places->file = file;
	stream_begin(&stream, read, source, file);
	if (yaml_begin(&yaml, &stream, places->diags) < 0)
		return error_set(err, ENOMEM, "out of memory");
	source_begin(places);
	decode_file(places, &yaml);
	source_end(places);
	yaml_end(&yaml);
	if (stream.io.code == 0)
		return 0;
	return error_set(err, stream.io.code, "%s", stream.io.text);
}

/* Cut where it is too long, which check_settings refuses where it matters. */
static void name_device(char device[LINK_NAME_MAX], const char *stem, uint32_t vni)
{
	struct buf buf = {.data = device, .size = LINK_NAME_MAX};

	if (device[0] == '\0')
		buf_add(&buf, "%s.%" PRIu32, stem, vni);
}

void decode_finish(struct places *places)
{
	struct config *config = places->config;

	name_device(config->vxlan.device, "croute", config->vxlan.vni);
	name_device(config->vxlan.device_v6, "croute-v6", config->vxlan.vni);
	check_settings(places);
	check_nodes(places);
	check_podcidrs(places);
	check_routes(places);
}
