/* store.c - from the text of a value to config, one small function for each type of the schema. */
#include "core/decode/store.h"

#include <errno.h>
#include <string.h>

#include "core/decode/cell.h"
#include "core/decode/store_net.h"
#include "croute/base/buf.h"
#include "croute/core/parse/value.h"
#include "croute/core/parse/value_net.h"

static int store_number(const struct cell *cell, struct error *err)
{
	const struct schema_key *key = cell->key;
	uint64_t value;
	int code;

	if (!cell->item->plain)
		return cell_refuse_quotes(cell, "a number", err);
	code = value_number(cell->item->text, key->least, key->most, &value, err);
	if (code == 0)
		cell_put_number(cell, value);
	return code;
}

static int store_version(const struct cell *cell, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];

	if (cell->item->plain && text_is(cell->item->text, "1"))
		return 0;
	if (text_is(cell->item->text, "1"))
		return cell_refuse_quotes(cell, "a number", err);
	return error_set(err, EINVAL, "%s is not a version that this croute knows; write 1",
			 value_quote(cell->item->text, quoted));
}

static int store_flag(const struct cell *cell, struct error *err)
{
	int code = value_flag(cell->item->text, cell->place, err);

	if (code == 0 && !cell->item->plain)
		return cell_refuse_quotes(cell, "true or false", err);
	return code;
}

static void list_words(const struct schema_word *words, struct buf *buf)
{
	for (size_t i = 0; words[i].word != NULL; i++)
		buf_add(buf, "%s%s",
			i == 0			    ? ""
			: words[i + 1].word != NULL ? ", "
						    : " or ",
			words[i].word);
}

static int store_word(const struct cell *cell, struct error *err)
{
	const struct schema_word *words = cell->key->words;
	const char *nearest = schema_nearest_word(cell->key, cell->item->text);
	char quoted[VALUE_QUOTE_MAX];
	char all[100];
	struct buf buf = BUF_OVER(all);

	for (size_t i = 0; words[i].word != NULL; i++) {
		if (text_is(cell->item->text, words[i].word)) {
			cell_put_number(cell, words[i].value);
			return 0;
		}
	}
	(void)value_quote(cell->item->text, quoted);
	list_words(words, &buf);
	if (nearest != NULL)
		return error_set(err, EINVAL, "%s is no %s; did you mean \"%s\"?", quoted,
				 cell->key->name, nearest);
	return error_set(err, EINVAL, "%s is no %s; write %s", quoted, cell->key->name, all);
}

static int store_duration(const struct cell *cell, struct error *err)
{
	const struct schema_key *key = cell->key;
	char quoted[VALUE_QUOTE_MAX];
	uint64_t value;
	int code = value_duration(cell->item->text, &value, err);

	if (code < 0)
		return code;
	(void)value_quote(cell->item->text, quoted);
	if (value < key->least)
		return error_set(err, ERANGE, "%s is too short; %s is at least %llums", quoted,
				 key->name, (unsigned long long)key->least);
	if (value > key->most)
		return error_set(err, ERANGE, "%s is too long; %s is at most %lluh", quoted,
				 key->name, (unsigned long long)key->most / 3600000);
	cell_put_number(cell, value);
	return 0;
}

static int store_share(const struct cell *cell, struct error *err)
{
	struct config_guard *guard = cell->place;
	uint32_t value;
	bool is_percent;
	int code = value_share(cell->item->text, &value, &is_percent, err);

	if (code < 0)
		return code;
	if (!is_percent && !cell->item->plain)
		return cell_refuse_quotes(cell, "a number or a percentage", err);
	guard->max_delete = value;
	guard->max_delete_is_percent = is_percent;
	return 0;
}

static int store_time(const struct cell *cell, struct error *err)
{
	uint64_t value;
	int code = value_time(cell->item->text, &value, err);

	if (code == 0)
		cell_put_number(cell, value);
	return code;
}

static int store_path(const struct cell *cell, struct error *err)
{
	int code = value_path(cell->item->text, err);

	return code < 0 ? code : cell_put_string(cell, err);
}

static int store_listen(const struct cell *cell, struct error *err)
{
	int code = value_listen(cell->item->text, err);

	return code < 0 ? code : cell_put_string(cell, err);
}

static int store_name(const struct cell *cell, struct error *err)
{
	int code = value_name(cell->item->text, err);

	cell->reader->node.name = reader_spot_of(cell->reader, cell->item->at);
	return code < 0 ? code : cell_put_string(cell, err);
}

static int store_mtu(const struct cell *cell, struct error *err)
{
	if (!text_is(cell->item->text, "auto"))
		return store_number(cell, err);
	cell_put_number(cell, 0);
	return 0;
}

static cell_store_fn *const stores[SCHEMA_TYPES] = {
	[SCHEMA_VERSION] = store_version,
	[SCHEMA_NUMBER] = store_number,
	[SCHEMA_FLAG] = store_flag,
	[SCHEMA_WORD] = store_word,
	[SCHEMA_DURATION] = store_duration,
	[SCHEMA_SHARE] = store_share,
	[SCHEMA_TIME] = store_time,
	[SCHEMA_PATH] = store_path,
	[SCHEMA_LISTEN] = store_listen,
	[SCHEMA_NAME] = store_name,
	[SCHEMA_DEVICE] = store_device,
	[SCHEMA_MTU] = store_mtu,
	[SCHEMA_TABLE] = store_table,
	[SCHEMA_MAC] = store_mac,
	[SCHEMA_ADDRESS] = store_address,
	[SCHEMA_DESTINATION] = store_destination,
	[SCHEMA_NODE_ADDRESS] = store_node_address,
	[SCHEMA_PODCIDR] = store_podcidr,
	[SCHEMA_PREFIX] = store_prefix,
	[SCHEMA_HOST] = store_host,
	[SCHEMA_DEVICE_WORD] = store_device_word,
	[SCHEMA_REGEX] = store_regex,
	[SCHEMA_GLOB] = store_glob,
};

void store_value(struct config_reader *reader, const struct schema_key *key,
		 const struct yaml_item *item, void *target)
{
	struct error err = {0};
	struct cell cell = {.reader = reader,
			    .key = key,
			    .item = item,
			    .target = target,
			    .place = (char *)target + key->offset};

	if (stores[key->type](&cell, &err) < 0)
		diag_error(reader->diags, item->at, "%s", err.text);
}

void store_defaults(struct config_reader *reader, enum schema_map_id id, void *target)
{
	const struct schema_map *map = schema_map_of(id);

	for (uint32_t i = 0; i < map->count; i++) {
		const struct schema_key *key = &map->keys[i];
		struct yaml_item item = {.kind = YAML_VALUE, .plain = true};

		if (key->by_default == NULL)
			continue;
		item.text = text_of(key->by_default);
		store_value(reader, key, &item, target);
	}
}
