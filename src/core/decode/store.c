/* store.c - from the text of a value to config, one small function for each type of the schema. */
/* SPDX-License-Identifier: MIT */
#include "core/decode/store.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "croute/base/buf.h"
#include "croute/core/parse/value.h"

/* One value of the file on its way to its place. Borrowed, all of it. */
struct slot {
	struct places *places;
	const struct schema_key *key;
	const struct yaml_item *item;
	void *target; /* what the key's offset counts from */
	void *place;  /* target + offset */
};

/* 0, or -errno with `err` saying what is wrong with the value; the place then keeps what it had. */
typedef int store_fn(const struct slot *slot, struct error *err);

/* Numbers and flags are not text: the quotes make the difference. */
static int refuse_quotes(const struct slot *slot, const char *what, struct error *err)
{
	return value_refuse(slot->item->text, err,
			    "in quotes is text; %s is %s, write it without quotes", slot->key->name,
			    what);
}

static int put_number(const struct slot *slot, uint64_t value)
{
	uint32_t u32 = (uint32_t)value;
	uint16_t u16 = (uint16_t)value;
	uint8_t u8 = (uint8_t)value;
	size_t size = slot->key->size;
	const void *from = size == sizeof(value) ? (const void *)&value
			   : size == sizeof(u32) ? (const void *)&u32
			   : size == sizeof(u16) ? (const void *)&u16
						 : (const void *)&u8;

	memcpy(slot->place, from, size);
	return 0;
}

static int no_room(struct error *err)
{
	return error_set(err, ENOSPC, "%s", PLACES_NO_ROOM);
}

static int put_string(const struct slot *slot, struct error *err)
{
	return places_add_string(slot->places, slot->item->text, slot->place) ? 0 : no_room(err);
}

static int put_word(const struct slot *slot, struct error *err)
{
	bool added = places_add_word(slot->places, slot->item->at, slot->item->text, slot->place);

	return added ? 0 : no_room(err);
}

static int put_prefix(const struct slot *slot, const struct prefix *prefix, struct error *err)
{
	bool added = places_add_prefix(slot->places, slot->item->at, prefix, slot->place);

	return added ? 0 : no_room(err);
}

static int put_name(const struct slot *slot, struct error *err)
{
	slot->places->node.name = places_near(slot->places, slot->item->at);
	return put_string(slot, err);
}

static int put_device(const struct slot *slot, struct error *err)
{
	struct text text = slot->item->text;

	if (slot->key->size != LINK_NAME_MAX)
		return put_string(slot, err);
	memset(slot->place, 0, LINK_NAME_MAX);
	memcpy(slot->place, text.at, text.len);
	return 0;
}

static int store_number(const struct slot *slot, struct error *err)
{
	const struct schema_key *key = slot->key;
	uint64_t value;
	int code;

	if (!slot->item->plain)
		return refuse_quotes(slot, "a number", err);
	code = value_number(slot->item->text, key->least, key->most, &value, err);
	return code < 0 ? code : put_number(slot, value);
}

static int store_version(const struct slot *slot, struct error *err)
{
	if (!text_is(slot->item->text, "1"))
		return value_refuse(slot->item->text, err,
				    "is not a version that this croute knows; write 1");
	return slot->item->plain ? 0 : refuse_quotes(slot, "a number", err);
}

static int store_flag(const struct slot *slot, struct error *err)
{
	int code = value_flag(slot->item->text, slot->place, err);

	return code == 0 && !slot->item->plain ? refuse_quotes(slot, "true or false", err) : code;
}

static int store_word(const struct slot *slot, struct error *err)
{
	const struct schema_word *words = slot->key->words;
	const char *nearest = schema_nearest_word(slot->key, slot->item->text);
	struct buf all = BUF_LOCAL(100);

	for (size_t i = 0; words[i].word != NULL; i++) {
		if (text_is(slot->item->text, words[i].word))
			return put_number(slot, words[i].value);
		buf_add(&all, "%s%s",
			i == 0			    ? ""
			: words[i + 1].word != NULL ? ", "
						    : " or ",
			words[i].word);
	}
	if (nearest != NULL)
		return value_refuse(slot->item->text, err,
				    "is not a value of %s; did you mean \"%s\"?", slot->key->name,
				    nearest);
	return value_refuse(slot->item->text, err, "is not a value of %s; write %s",
			    slot->key->name, all.data);
}

static int store_duration(const struct slot *slot, struct error *err)
{
	const struct schema_key *key = slot->key;
	struct text text = slot->item->text;
	bool hours = key->most % 3600000 == 0;
	uint64_t value;
	int code = value_duration(text, &value, err);

	if (code < 0)
		return code;
	if (value < key->least && !(key->or_zero && value == 0))
		return value_refuse(text, err, "is too short; %s is %sat least %llums", key->name,
				    key->or_zero ? "0 (off) or " : "",
				    (unsigned long long)key->least);
	if (value > key->most)
		return value_refuse(text, err, "is too long; %s is at most %llu%s", key->name,
				    (unsigned long long)key->most / (hours ? 3600000 : 1000),
				    hours ? "h" : "s");
	return put_number(slot, value);
}

static int store_share(const struct slot *slot, struct error *err)
{
	struct config_guard *guard = slot->place;
	uint32_t value;
	bool is_percent;
	int code = value_share(slot->item->text, &value, &is_percent, err);

	if (code < 0)
		return code;
	if (!is_percent && !slot->item->plain)
		return refuse_quotes(slot, "a number or a percentage", err);
	guard->max_delete = value;
	guard->max_delete_is_percent = is_percent;
	return 0;
}

static int store_time(const struct slot *slot, struct error *err)
{
	return value_time(slot->item->text, slot->place, err);
}

static int store_mtu(const struct slot *slot, struct error *err)
{
	return text_is(slot->item->text, "auto") ? put_number(slot, 0) : store_number(slot, err);
}

static const struct table_name built_in[] = {
	{"main", RT_TABLE_MAIN}, {"default", RT_TABLE_DEFAULT}, {"local", RT_TABLE_LOCAL}};

static bool find_table(const struct config_host *host, struct text name, uint64_t *out)
{
	const struct table_name *rows = NULL;
	uint32_t count = 0;

	if (host != NULL && host->tables != NULL)
		rows = host->tables(host->tables_context, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (text_is(name, rows[i].name)) {
			*out = rows[i].number;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		if (text_is(name, built_in[i].name)) {
			*out = built_in[i].number;
			return true;
		}
	}
	return false;
}

static int store_table(const struct slot *slot, struct error *err)
{
	struct text text = slot->item->text;
	uint64_t number = RT_TABLE_MAIN;

	if (text_to_u64(text, UINT32_MAX, &number) == 0) {
		if (!slot->item->plain)
			return refuse_quotes(slot, "a number or a name", err);
	} else if (!find_table(slot->places->host, text, &number)) {
		return value_refuse(
			text, err,
			"is not a routing table: neither a number nor a name of rt_tables");
	}
	if (number == 0 || number == RT_TABLE_LOCAL)
		return value_refuse(text, err,
				    "is a table of the kernel's own; table is not 0 or 255");
	return put_number(slot, number);
}

static int store_mac(const struct slot *slot, struct error *err)
{
	struct node_places *node = &slot->places->node;
	struct near_place at = places_near(slot->places, slot->item->at);
	bool is_ipv4 = slot->key->offset == offsetof(struct config_node, vtep_mac);

	*(is_ipv4 ? &node->mac : &node->mac6) = at;
	slot->places->gives_mac[is_ipv4 ? 0 : 1] = true;
	return value_mac(slot->item->text, slot->place, err);
}

static int store_address(const struct slot *slot, struct error *err)
{
	return value_address(slot->item->text, slot->place, err);
}

/* `default` gets its family when the route is whole. */
static int store_destination(const struct slot *slot, struct error *err)
{
	struct config_route *route = slot->target;
	struct text text = slot->item->text;

	if (text_is(text, "default")) {
		route->both_families = true;
		route->to = (struct prefix){.ip = {.family = AF_INET}};
		return 0;
	}
	if (memchr(text.at, '/', text.len) == NULL && memchr(text.at, ':', text.len) == NULL &&
	    memchr(text.at, '.', text.len) == NULL)
		return value_refuse(text, err, "is neither a CIDR, an address nor \"default\"");
	return value_prefix(text, true, &route->to, err);
}

/* One more of its family, of another underlay. */
static int add_address(const struct slot *slot, const struct ip *ip, struct error *err)
{
	struct config *config = slot->places->config;
	uint32_t node = config_node_count(config) - 1;
	struct config_node_ip *row;
	uint32_t i = 0;

	for (struct ip known; i < CONFIG_ADDRESSES_MOST; i++) {
		known = config_address_at(config, node, ip->family, i);
		if (!ip_is_set(&known))
			break;
		if (ip_same(&known, ip))
			return value_refuse(slot->item->text, err,
					    "is there twice; the addresses of a node are of "
					    "different underlays");
	}
	if (i == CONFIG_ADDRESSES_MOST)
		return value_refuse(slot->item->text, err,
				    "is one %s address too many; a node has %d at most of each "
				    "family",
				    ip->family == AF_INET ? "IPv4" : "IPv6", CONFIG_ADDRESSES_MOST);
	row = arena_push(&config->more, sizeof(*row));
	if (row == NULL)
		return no_room(err);
	*row = (struct config_node_ip){.origin = slot->item->at, .node = node, .ip = *ip};
	return 0;
}

static int store_node_address(const struct slot *slot, struct error *err)
{
	struct config_node *node = slot->target;
	struct text text = slot->item->text;
	struct near_place at = places_near(slot->places, slot->item->at);
	struct ip ip;
	int code = value_address(text, &ip, err);

	if (code < 0)
		return code;
	if (ip_is_link_local(&ip))
		return value_refuse(
			text, err,
			"is link-local; other hosts cannot tell on which of their links "
			"it is");
	if (config_has_address(node, ip.family))
		return add_address(slot, &ip, err);
	if (ip.family == AF_INET) {
		memcpy(node->address4, ip.bytes, sizeof(node->address4));
		slot->places->node.address4 = at;
	} else {
		memcpy(node->address6, ip.bytes, sizeof(node->address6));
		slot->places->node.address6 = at;
	}
	return 0;
}

static int store_node_via(const struct slot *slot, struct error *err)
{
	struct config *config = slot->places->config;
	uint32_t node = config_node_count(config) - 1;
	struct config_node_ip *row;
	struct ip present;
	struct ip ip;
	int code = value_address(slot->item->text, &ip, err);

	if (code < 0)
		return code;
	present = config_node_via(config, node, ip.family);
	if (ip_is_set(&present))
		return value_refuse(
			slot->item->text, err,
			"is a second %s next hop; a node has one at most of each family",
			ip.family == AF_INET ? "IPv4" : "IPv6");
	row = arena_push(&config->vias, sizeof(*row));
	if (row == NULL)
		return no_room(err);
	*row = (struct config_node_ip){.origin = slot->item->at, .node = node, .ip = ip};
	return 0;
}

static int store_podcidr(const struct slot *slot, struct error *err)
{
	struct config *config = slot->places->config;
	struct config_node *node = slot->target;
	struct config_podcidr *row;
	struct prefix prefix;
	uint32_t lines;
	int code = value_podcidr(slot->item->text, &prefix, err);

	if (code < 0)
		return code;
	row = arena_push(&config->podcidrs, sizeof(*row));
	if (row == NULL)
		return no_room(err);
	row->prefix = prefix;
	lines = slot->item->at.line - node->origin.line;
	row->lines = lines < UINT16_MAX ? (uint16_t)lines : UINT16_MAX;
	row->column = slot->item->at.column;
	row->node = config_node_count(config) - 1;
	node->podcidrs++;
	return 0;
}

static int store_prefix(const struct slot *slot, struct error *err)
{
	struct prefix prefix;
	int code = value_prefix(slot->item->text, false, &prefix, err);

	return code < 0 ? code : put_prefix(slot, &prefix, err);
}

static int store_host(const struct slot *slot, struct error *err)
{
	struct ip ip;
	int code = value_address(slot->item->text, &ip, err);
	struct prefix prefix;

	if (code < 0)
		return code;
	prefix = prefix_of(&ip, ip_bits(ip.family));
	return put_prefix(slot, &prefix, err);
}

/* For each type what says whether the text is good, where that is all, and what stores it. */
static const struct {
	int (*check)(struct text text, struct error *err);
	store_fn *store;
} types[SCHEMA_TYPES] = {
	[SCHEMA_VERSION] = {NULL, store_version},
	[SCHEMA_NUMBER] = {NULL, store_number},
	[SCHEMA_FLAG] = {NULL, store_flag},
	[SCHEMA_WORD] = {NULL, store_word},
	[SCHEMA_DURATION] = {NULL, store_duration},
	[SCHEMA_SHARE] = {NULL, store_share},
	[SCHEMA_TIME] = {NULL, store_time},
	[SCHEMA_PATH] = {value_path, put_string},
	[SCHEMA_LISTEN] = {value_listen, put_string},
	[SCHEMA_NAME] = {value_name, put_name},
	[SCHEMA_DEVICE] = {value_device, put_device},
	[SCHEMA_MTU] = {NULL, store_mtu},
	[SCHEMA_TABLE] = {NULL, store_table},
	[SCHEMA_MAC] = {NULL, store_mac},
	[SCHEMA_ADDRESS] = {NULL, store_address},
	[SCHEMA_DESTINATION] = {NULL, store_destination},
	[SCHEMA_NODE_ADDRESS] = {NULL, store_node_address},
	[SCHEMA_NODE_VIA] = {NULL, store_node_via},
	[SCHEMA_PODCIDR] = {NULL, store_podcidr},
	[SCHEMA_PREFIX] = {NULL, store_prefix},
	[SCHEMA_HOST] = {NULL, store_host},
	[SCHEMA_DEVICE_WORD] = {value_device, put_word},
	[SCHEMA_REGEX] = {value_regex, put_word},
	[SCHEMA_GLOB] = {value_name, put_word},
};

static int check_text(const struct slot *slot, struct error *err)
{
	struct text text = slot->item->text;
	int code = 0;

	if (!slot->item->visible && slot->key->type != SCHEMA_PATH)
		code = value_visible(text, err);

	if (code == 0 && types[slot->key->type].check != NULL)
		code = types[slot->key->type].check(text, err);
	return code;
}

bool store_value(struct places *places, const struct schema_key *key, const struct yaml_item *item,
		 void *target)
{
	struct error err; /* filled on failure; of every value that would be 300 bytes of zeros */
	struct slot slot = {.places = places,
			    .key = key,
			    .item = item,
			    .target = target,
			    .place = (char *)target + key->offset};

	if (check_text(&slot, &err) < 0 || types[key->type].store(&slot, &err) < 0) {
		diag_error(places->diags, item->at, "%s", err.text);
		return false;
	}
	return true;
}

void store_defaults(struct places *places, enum schema_map_id id, void *target)
{
	const struct schema_map *map = schema_map_of(id);

	for (uint32_t i = 0; i < map->count; i++) {
		const struct schema_key *key = &map->keys[i];
		struct yaml_item item = {.kind = YAML_VALUE, .plain = true};

		if (key->by_default == NULL)
			continue;
		item.text = text_of(key->by_default);
		(void)store_value(places, key, &item, target);
	}
}
