/* kube.c - what kubectl prints, one Node at a time as a tree. */
/* SPDX-License-Identifier: MIT */
#include "app/import/nodes.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "croute/core/parse/yaml.h"

#define DEPTH_MOST 64 /* managedFields nest a dozen deep */

/*
 * JSON is YAML except for a few characters, which Kubernetes allows in annotations: `\ud83d` (half
 * of a surrogate pair, which libyaml refuses), DEL and the C1 controls. In what begins as JSON they
 * are replaced by others, byte by byte; nothing that import looks for has any.
 */
struct bytes {
	stream_read_fn *read;
	void *source;
	bool begun;
	bool json;
	uint32_t last; /* the bytes before, the latest lowest */
};

#define DEL 0x7f
#define HALF_MASK 0xffffdf /* `d` in either case */
#define HALF ('\\' << 16 | 'u' << 8 | 'D')

/* `\ud83d` becomes `\ud03d`, an ordinary letter. */
static unsigned char bend(uint32_t last, unsigned char c)
{
	if ((last & HALF_MASK) == HALF && strchr("89abcdefABCDEF", c) != NULL && c != '\0')
		return '0';
	if ((last & 0xff) == 0xc2 && c >= 0x80 && c < 0xa0)
		return 0xa0;
	return c == DEL ? '?' : c;
}

/* The first non-blank character tells JSON from YAML. */
static void take(struct bytes *bytes, unsigned char *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char c = at[i];

		if (!bytes->begun && c > ' ' && c < DEL) {
			bytes->begun = true;
			bytes->json = c == '{' || c == '[';
		}
		if (bytes->json)
			at[i] = bend(bytes->last, c);
		bytes->last = bytes->last << 8 | c;
	}
}

/* A stream_read_fn. Never fewer bytes than were read. */
static int read_bytes(void *bytes, unsigned char *buffer, size_t size, size_t *got,
		      struct error *err)
{
	struct bytes *own = bytes;
	int status = own->read(own->source, buffer, size, got, err);

	if (status == 0)
		take(own, buffer, *got);
	return status;
}

/* Large, and never needed. */
static bool is_dull(struct text key)
{
	return text_is(key, "managedFields") || text_is(key, "images") || text_is(key, "labels");
}

static json_t *tree_of(struct yaml_cursor *yaml, const struct yaml_item *item);

static json_t *list_of(struct yaml_cursor *yaml)
{
	json_t *list = json_array();
	struct yaml_item item;

	for (item = yaml_next(yaml); item.kind != YAML_LIST_END && item.kind != YAML_END;
	     item = yaml_next(yaml))
		(void)json_array_append_new(list, tree_of(yaml, &item));
	return list;
}

/* The key of a mapping as JSON text, and the item behind it; false at its end. */
static bool next_key(struct yaml_cursor *yaml, json_t **key, struct yaml_item *value)
{
	struct yaml_item item = yaml_next(yaml);
	bool dull = item.kind == YAML_VALUE && is_dull(item.text);

	json_decref(*key);
	*key = NULL;
	if (item.kind == YAML_MAP_END || item.kind == YAML_END)
		return false;
	if (item.kind == YAML_VALUE && !dull)
		*key = json_stringn(item.text.at, item.text.len);
	yaml_skip(yaml, &item);
	*value = yaml_next(yaml);
	return true;
}

/* Values of keys that are not text, or of no interest, are skipped. */
static json_t *map_of(struct yaml_cursor *yaml)
{
	json_t *map = json_object();
	struct yaml_item value;
	json_t *key = NULL;

	while (next_key(yaml, &key, &value)) {
		if (key != NULL)
			(void)json_object_set_new(map, json_string_value(key),
						  tree_of(yaml, &value));
		else
			yaml_skip(yaml, &value);
	}
	return map;
}

/* Its depth is that of the cursor, DEPTH_MOST. Without memory something is missing from it, as if
 * it were not there. */
static json_t *tree_of(struct yaml_cursor *yaml, const struct yaml_item *item)
{
	if (item->kind == YAML_LIST)
		return list_of(yaml);
	if (item->kind == YAML_MAP)
		return map_of(yaml);
	if (item->kind != YAML_VALUE || yaml_is_null(item))
		return json_null();
	return json_stringn(item->text.at, item->text.len);
}

struct walk {
	struct import *import;
	struct yaml_cursor yaml;
	struct bytes bytes;
	json_t *root; /* all but the items */
	bool has_items;
	int status; /* the first that stopped it */
	struct error *err;
};

static bool is_kind(const json_t *object, const char *kind)
{
	const char *own = json_string_value(json_object_get(object, "kind"));

	return own != NULL && strcmp(own, kind) == 0;
}

/* `kubectl get nodes,pods` lists other things too; items of a NodeList have no kind. */
static void add_node(struct walk *walk, const json_t *node, struct origin at)
{
	if (walk->yaml.ended || walk->status < 0 ||
	    (json_is_string(json_object_get(node, "kind")) && !is_kind(node, "Node")))
		return;
	walk->status = import_add(walk->import, node, at, walk->err);
	if (walk->status < 0)
		yaml_stop(&walk->yaml);
}

static void take_items(struct walk *walk, const struct yaml_item *list)
{
	struct yaml_item item;

	walk->has_items = true;
	if (list->kind != YAML_LIST) {
		yaml_skip(&walk->yaml, list);
		return;
	}
	for (item = yaml_next(&walk->yaml); item.kind != YAML_LIST_END && item.kind != YAML_END;
	     item = yaml_next(&walk->yaml)) {
		struct origin at = item.at;
		json_t *node = tree_of(&walk->yaml, &item);

		add_node(walk, node, at);
		json_decref(node);
	}
}

static void take_root(struct walk *walk)
{
	struct yaml_item value;
	json_t *key = NULL;

	while (next_key(&walk->yaml, &key, &value)) {
		if (key == NULL)
			yaml_skip(&walk->yaml, &value);
		else if (strcmp(json_string_value(key), "items") == 0)
			take_items(walk, &value);
		else
			(void)json_object_set_new(walk->root, json_string_value(key),
						  tree_of(&walk->yaml, &value));
	}
}

/* Whether what was read is all that there is; a block of YAML may end anywhere, and the key `kind`
 * stands behind the items. */
static int check_whole(const struct walk *walk, struct error *err)
{
	const json_t *more = json_object_get(json_object_get(walk->root, "metadata"), "continue");

	if (!walk->has_items && !is_kind(walk->root, "Node"))
		return error_set(err, EINVAL,
				 "not a list of nodes: neither \"items\" nor a Node; "
				 "kubectl get nodes -o json prints one");
	if (json_string_length(more) > 0)
		return error_set(err, EINVAL,
				 "one page of a longer list (metadata.continue is set); "
				 "kubectl get nodes -o json prints all of it");
	if (walk->has_items && !walk->bytes.json &&
	    !json_is_string(json_object_get(walk->root, "kind")))
		return error_set(err, EINVAL,
				 "the list has no \"kind\" behind its items: is it cut off?");
	return 0;
}

static int read_all(struct walk *walk, struct error *err)
{
	struct yaml_item root = yaml_next(&walk->yaml);

	if (root.kind == YAML_END && !walk->yaml.broken)
		return error_set(err, EINVAL, "the input is empty");
	if (root.kind != YAML_MAP && !walk->yaml.broken)
		return error_set(err, EINVAL,
				 "not a list of nodes; kubectl get nodes -o json prints one");
	take_root(walk);
	if (!walk->has_items && is_kind(walk->root, "Node"))
		add_node(walk, walk->root, root.at);
	if (!walk->yaml.ended)
		(void)yaml_next(&walk->yaml); /* what may stand behind it */
	if (walk->status < 0)
		return walk->status;
	return walk->yaml.broken || walk->yaml.diags->errors > 0 ? -EINVAL : check_whole(walk, err);
}

int import_kube_read(struct import *import, stream_read_fn *read, void *source, struct diags *diags,
		     struct error *err)
{
	struct walk walk = {
		.import = import, .bytes = {.read = read, .source = source}, .err = err};
	struct stream stream;
	int status;

	*err = (struct error){0};
	stream_begin(&stream, read_bytes, &walk.bytes, 0);
	stream.most = UINT64_MAX;
	if (yaml_begin(&walk.yaml, &stream, diags) < 0)
		return error_set(err, ENOMEM, "no memory left");
	walk.yaml.depth_most = DEPTH_MOST;
	walk.root = json_object();
	status = read_all(&walk, err);
	json_decref(walk.root);
	yaml_end(&walk.yaml);
	if (stream.io.code != 0)
		return error_set(err, stream.io.code, "%s", stream.io.text);
	return status;
}

static int read_text(void *text, unsigned char *buffer, size_t size, size_t *got, struct error *err)
{
	struct text *rest = text;

	(void)err;
	*got = rest->len < size ? rest->len : size;
	memcpy(buffer, rest->at, *got);
	*rest = (struct text){.at = rest->at + *got, .len = rest->len - *got};
	return 0;
}

json_t *import_kube_tree(struct text yaml, uint32_t before, struct error *err)
{
	struct diags diags = {.count = 0};
	struct yaml_cursor cursor;
	struct yaml_item item;
	struct stream stream;
	json_t *tree;

	stream_begin(&stream, read_text, &yaml, 0);
	if (yaml_begin(&cursor, &stream, &diags) < 0) {
		(void)error_set(err, ENOMEM, "no memory left");
		return NULL;
	}
	cursor.depth_most = DEPTH_MOST;
	item = yaml_next(&cursor);
	tree = tree_of(&cursor, &item);
	if (!cursor.ended)
		(void)yaml_next(&cursor);
	yaml_end(&cursor);
	if (diags.errors == 0)
		return tree;
	(void)error_set(err, EINVAL, "line %u, column %u: %s", before + diags.list[0].at.line,
			diags.list[0].at.column, diags.list[0].text);
	json_decref(tree);
	return NULL;
}
