/* kube.c - a walk through a listing of nodes that takes along what makes a route. */
#include "app/import/kube.h"

#include <errno.h>
#include <string.h>

#include "app/import/kube_node.h"

#define IMPORT_VALUE_MOST ((size_t)4 * 1024 * 1024) /* bytes of one value; etcd takes 1.5 MiB */

/*
 * JSON is YAML but for a few characters, which Kubernetes allows in annotations: `\ud83d` (half of
 * a surrogate pair, which libyaml refuses), DEL and the C1 controls. In what begins as JSON they
 * are replaced by others, byte by byte; nothing that import looks for has any. Also the guard
 * against one endless value, which libyaml would gather in memory.
 */
struct import_bytes {
	stream_read_fn *read;
	void *source;
	const struct yaml_cursor *yaml;
	size_t tokens; /* that libyaml had taken when it last went on */
	size_t since;  /* bytes since then */
	bool begun;
	bool json;
	uint8_t escape; /* where in `\ud8..` the present byte stands; 0: nowhere */
	bool after_c2;
};

#define DEL 0x7f

/* What comes behind a backslash: `u`, then `d`, then the digit that makes it a surrogate. */
enum { NOWHERE, BEHIND_BACKSLASH, BEHIND_U, BEHIND_D };

static bool is_high_digit(unsigned char c)
{
	return c == '8' || c == '9' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A digit made low: `\ud83d` becomes `\ud03d`, an ordinary letter. */
static unsigned char bend_escape(struct import_bytes *bytes, unsigned char c)
{
	uint8_t at = bytes->escape;

	bytes->escape = NOWHERE;
	if (at == NOWHERE && c == '\\')
		bytes->escape = BEHIND_BACKSLASH;
	else if (at == BEHIND_BACKSLASH && c == 'u')
		bytes->escape = BEHIND_U;
	else if (at == BEHIND_U && (c == 'd' || c == 'D'))
		bytes->escape = BEHIND_D;
	else if (at == BEHIND_D && is_high_digit(c))
		return '0';
	return c;
}

static unsigned char bend_control(struct import_bytes *bytes, unsigned char c)
{
	bool after_c2 = bytes->after_c2;

	bytes->after_c2 = c == 0xc2;
	if (after_c2 && c >= 0x80 && c < 0xa0)
		return 0xa0;
	return c == DEL ? '?' : c;
}

/* What it is is told by the first character that is no blank. */
static void take(struct import_bytes *bytes, unsigned char *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!bytes->begun && at[i] > ' ' && at[i] < DEL) {
			bytes->begun = true;
			bytes->json = at[i] == '{' || at[i] == '[';
		}
		if (bytes->json)
			at[i] = bend_control(bytes, bend_escape(bytes, at[i]));
	}
}

/* A stream_read_fn. Never fewer bytes than were read. */
static int read_bytes(void *bytes, unsigned char *buffer, size_t size, size_t *got,
		      struct error *err)
{
	struct import_bytes *own = bytes;
	int status = own->read(own->source, buffer, size, got, err);

	if (status < 0)
		return status;
	if (own->yaml->parser.tokens_parsed != own->tokens) {
		own->tokens = own->yaml->parser.tokens_parsed;
		own->since = 0;
	}
	own->since += *got;
	if (own->since > IMPORT_VALUE_MOST)
		return error_set(err, EFBIG, "a single value has over %zu MiB: no node has that",
				 IMPORT_VALUE_MOST >> 20);
	take(own, buffer, *got);
	return 0;
}

#define DEPTH_MOST 64 /* managedFields lie a dozen deep */

static void take_kind(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_word(item, kube->kind);
}

static const struct import_kube_key node_keys[] = {
	{"kind", true, take_kind},
	{"metadata", false, import_kube_metadata},
	{"spec", false, import_kube_spec},
	{"status", false, import_kube_status},
	{NULL, false, NULL},
};

/* `kubectl get nodes,pods` lists other things too. */
static void add_node(struct import_kube *kube)
{
	int status;

	if (kube->yaml->ended || kube->status < 0)
		return;
	if (kube->kind[0] != '\0' && strcmp(kube->kind, "Node") != 0)
		return;
	status = import_add(kube->import, &kube->facts, kube->err);
	if (status < 0) {
		kube->status = status;
		yaml_stop(kube->yaml);
	}
}

static void take_node(struct import_kube *kube, const struct yaml_item *item)
{
	kube->facts = (struct import_facts){.at = item->at};
	kube->kind[0] = '\0';
	kube->in_list = true;
	import_kube_map(kube, item, node_keys);
	kube->in_list = false;
	add_node(kube);
}

static void take_items(struct import_kube *kube, const struct yaml_item *item)
{
	kube->has_items = true;
	import_kube_list(kube, item, take_node);
}

static void take_list_kind(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_word(item, kube->list_kind);
}

/* Of a list, or of a lone node. */
static const struct import_kube_key root_keys[] = {
	{"items", false, take_items},
	{"kind", true, take_list_kind},
	{"metadata", false, import_kube_metadata},
	{"spec", false, import_kube_spec},
	{"status", false, import_kube_status},
	{NULL, false, NULL},
};

/* Whether what was read is all that there is; a block of YAML may end anywhere, and the key `kind`
 * stands behind the items. */
static int check_whole(const struct import_kube *kube, struct error *err)
{
	if (!kube->has_items && strcmp(kube->list_kind, "Node") != 0)
		return error_set(err, EINVAL,
				 "no list of nodes: neither \"items\" nor a Node; "
				 "kubectl get nodes -o json prints one");
	if (kube->continued)
		return error_set(err, EINVAL,
				 "a piece of a longer list (metadata.continue is set); "
				 "kubectl get nodes -o json prints all of it");
	if (kube->has_items && !kube->bytes->json && kube->list_kind[0] == '\0')
		return error_set(err, EINVAL,
				 "the list has no \"kind\" behind its items: is it cut off?");
	return 0;
}

static int read_document(struct import_kube *kube, const struct yaml_item *root, struct error *err)
{
	kube->facts.at = root->at;
	import_kube_map(kube, root, root_keys);
	memcpy(kube->kind, kube->list_kind, sizeof(kube->kind));
	if (!kube->has_items && strcmp(kube->kind, "Node") == 0)
		add_node(kube);
	if (!kube->yaml->ended)
		(void)yaml_next(kube->yaml); /* what may stand behind it */
	if (kube->status < 0)
		return kube->status;
	return kube->yaml->broken || kube->yaml->diags->errors > 0 ? -EINVAL
								   : check_whole(kube, err);
}

static int read_all(struct import_kube *kube, struct error *err)
{
	struct yaml_item root = yaml_next(kube->yaml);

	if (root.kind == YAML_END && !kube->yaml->broken)
		return error_set(err, EINVAL, "the input is empty");
	if (root.kind != YAML_MAP && !kube->yaml->broken)
		return error_set(err, EINVAL,
				 "no list of nodes; kubectl get nodes -o json prints one");
	return read_document(kube, &root, err);
}

int import_kube_read(struct import *import, stream_read_fn *read, void *source, struct diags *diags,
		     struct error *err)
{
	struct import_bytes bytes = {.read = read, .source = source};
	struct yaml_cursor yaml;
	struct stream stream;
	struct import_kube kube = {.import = import, .yaml = &yaml, .bytes = &bytes, .err = err};
	int status;

	*err = (struct error){0};
	stream_begin(&stream, read_bytes, &bytes, 0);
	stream.most = UINT64_MAX;
	if (yaml_begin(&yaml, &stream, diags) < 0)
		return error_set(err, ENOMEM, "no memory left");
	yaml.depth_most = DEPTH_MOST;
	bytes.yaml = &yaml;
	status = read_all(&kube, err);
	yaml_end(&yaml);
	if (stream.io.code != 0)
		return error_set(err, stream.io.code, "%s", stream.io.text);
	return status;
}
