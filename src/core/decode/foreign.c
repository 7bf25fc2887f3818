/* foreign.c - recognises other programs' files by their keys. */
/* SPDX-License-Identifier: MIT */
#include "core/decode/store.h"

#include "croute/base/buf.h"

/* What is known of it at its end. */
struct foreign {
	char kind[64]; /* empty: none */
	bool is_config_map;
	bool has_nodes;
	bool has_net_conf;
};

static bool is_one_of(struct text text, const char *const words[])
{
	while (*words != NULL && !text_is(text, *words))
		words++;
	return *words != NULL;
}

static bool is_of_kubernetes(struct text key)
{
	static const char *const keys[] = {"apiVersion", "kind", "items", "metadata", NULL};

	return is_one_of(key, keys);
}

/* flannel, pkg/subnet/config.go */
static bool is_of_net_conf(struct text key)
{
	static const char *const keys[] = {"Network",	"IPv6Network", "EnableIPv4", "EnableIPv6",
					   "SubnetLen", "Backend",     "SubnetMin",  NULL};

	return is_one_of(key, keys);
}

static void take_kind(struct foreign *foreign, struct text kind)
{
	static const char *const nodes[] = {"Node", "NodeList", "List", NULL};
	struct buf buf = BUF_OVER(foreign->kind);

	foreign->kind[0] = '\0';
	buf_add_safe(&buf, kind);
	foreign->is_config_map = text_is(kind, "ConfigMap");
	foreign->has_nodes = is_one_of(kind, nodes);
}

/* The keys of a ConfigMap's `data`. */
static void look_into_data(struct foreign *foreign, struct yaml_cursor *yaml)
{
	struct yaml_item item = yaml_next(yaml);

	for (; item.kind != YAML_MAP_END && item.kind != YAML_END; item = yaml_next(yaml)) {
		foreign->has_net_conf |= text_is(item.text, "net-conf.json");
		yaml_skip(yaml, &item);
		item = yaml_next(yaml);
		yaml_skip(yaml, &item);
	}
}

/* A key and its value. */
static void look_at(struct foreign *foreign, struct yaml_cursor *yaml, const struct yaml_item *key)
{
	bool is_kind = text_is(key->text, "kind");
	bool is_data = text_is(key->text, "data");
	struct yaml_item value;

	yaml_skip(yaml, key);
	value = yaml_next(yaml);
	if (is_kind && value.kind == YAML_VALUE)
		take_kind(foreign, value.text);
	if (is_data && value.kind == YAML_MAP)
		look_into_data(foreign, yaml);
	else
		yaml_skip(yaml, &value);
}

static void say_what(struct diags *diags, struct origin at, const struct foreign *foreign)
{
	if (foreign->has_net_conf)
		diag_error(diags, at,
			   "this is flannel's ConfigMap; croute import --from flannel turns it "
			   "into a croute file (get it with kubectl -o json)");
	else if (foreign->is_config_map)
		diag_error(diags, at,
			   "this is a ConfigMap; a croute file is what is under its \"data\", "
			   "so mount it as a volume or save that text as a file");
	else if (foreign->has_nodes)
		diag_error(diags, at,
			   "this is a Kubernetes %s; croute import --from kube-nodes turns it "
			   "into a croute file",
			   foreign->kind);
	else
		diag_error(diags, at, "this is a Kubernetes %s, not a croute file",
			   foreign->kind[0] != '\0' ? foreign->kind : "object");
}

bool foreign_refuse(struct places *places, struct yaml_cursor *yaml, const struct yaml_item *first)
{
	bool is_net_conf = first->kind == YAML_VALUE && is_of_net_conf(first->text);
	struct foreign foreign = {.kind = ""};
	struct yaml_item item = *first;
	uint32_t errors = places->diags->errors;

	if (!is_net_conf && (first->kind != YAML_VALUE || !is_of_kubernetes(first->text)))
		return false;
	for (; item.kind != YAML_MAP_END && item.kind != YAML_END; item = yaml_next(yaml))
		look_at(&foreign, yaml, &item);
	places->broken = true;
	if (places->diags->errors > errors)
		return true; /* of YAML */
	if (is_net_conf)
		diag_error(places->diags, first->at,
			   "this is flannel's net-conf.json; croute import --from flannel turns "
			   "it into a croute file");
	else
		say_what(places->diags, first->at, &foreign);
	return true;
}
