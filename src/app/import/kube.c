/* kube.c - a walk through a listing of nodes that takes along what makes a route. */
#include "app/import/kube.h"

#include <errno.h>
#include <string.h>

#include "app/import/kube_bytes.h"
#include "app/import/kube_node.h"

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
	stream_begin(&stream, import_bytes_read, &bytes, 0);
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
