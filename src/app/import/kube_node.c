/* kube_node.c - what of a Node makes a route: names, addresses, podCIDRs. */
#include "app/import/kube_node.h"

#include <jansson.h>
#include <string.h>

#include "croute/core/parse/value.h"

static void take_one(struct import_kube *kube, const struct import_kube_key *key,
		     const struct yaml_item *value)
{
	bool says = value->kind == YAML_VALUE && !yaml_is_null(value);

	if (key != NULL && (!key->text || says))
		key->take(kube, value);
	else
		yaml_skip(kube->yaml, value);
}

static const struct import_kube_key *find_key(const struct import_kube_key *keys,
					      const struct yaml_item *item)
{
	if (item->kind != YAML_VALUE)
		return NULL;
	while (keys->name != NULL && !text_is(item->text, keys->name))
		keys++;
	return keys->name != NULL ? keys : NULL;
}

/* Take the keys of a mapping; of anything else, nothing. */
void import_kube_map(struct import_kube *kube, const struct yaml_item *map,
		     const struct import_kube_key *keys)
{
	struct yaml_item item;

	if (map->kind != YAML_MAP) {
		yaml_skip(kube->yaml, map);
		return;
	}
	for (item = yaml_next(kube->yaml); item.kind != YAML_MAP_END && item.kind != YAML_END;
	     item = yaml_next(kube->yaml)) {
		const struct import_kube_key *key = find_key(keys, &item);
		struct yaml_item value;

		yaml_skip(kube->yaml, &item);
		value = yaml_next(kube->yaml);
		take_one(kube, key, &value);
	}
}

void import_kube_list(struct import_kube *kube, const struct yaml_item *list,
		      import_kube_take_fn *take)
{
	struct yaml_item item;

	if (list->kind != YAML_LIST) {
		yaml_skip(kube->yaml, list);
		return;
	}
	for (item = yaml_next(kube->yaml); item.kind != YAML_LIST_END && item.kind != YAML_END;
	     item = yaml_next(kube->yaml))
		take(kube, &item);
}

void import_kube_word(const struct yaml_item *item, char out[IMPORT_WORD_MAX])
{
	size_t len = item->text.len < IMPORT_WORD_MAX ? item->text.len : IMPORT_WORD_MAX - 1;

	memcpy(out, item->text.at, len);
	out[len] = '\0';
}

static void take_type(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_word(item, kube->type);
}

static void take_value(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_word(item, kube->value);
}

static void take_name(struct import_kube *kube, const struct yaml_item *item)
{
	struct import_facts *facts = &kube->facts;
	char quoted[VALUE_QUOTE_MAX];

	memset(facts->name, 0, sizeof(facts->name));
	if (import_is_name(item->text))
		memcpy(facts->name, item->text.at, item->text.len);
	else
		import_problem(facts, "%s cannot be the name of a node",
			       value_quote(item->text, quoted));
}

static void take_created(struct import_kube *kube, const struct yaml_item *item)
{
	struct error err;

	if (value_time(item->text, &kube->facts.created, &err) < 0)
		import_problem(&kube->facts, "creationTimestamp: %s", err.text);
}

/* A piece of a listing that was asked for in pieces. */
static void take_continue(struct import_kube *kube, const struct yaml_item *item)
{
	kube->continued = kube->continued || (!kube->in_list && item->text.len > 0);
}

#define DATA_MOST 4096 /* bytes of backend data; flannel writes about fifty */

typedef void annotation_take_fn(struct import_facts *facts, const char *key,
				enum import_family family, struct text value);

static void release_json(json_t **json)
{
	json_decref(*json);
}
#define CLEANUP_JSON __attribute__((cleanup(release_json)))

static void take_vtep_mac(struct import_facts *facts, const char *key, enum import_family family,
			  const char *text)
{
	struct error err;

	if (value_mac(text_of(text), &facts->mac[family], &err) < 0)
		import_problem(facts, "%s: %s", key, err.text);
}

/* {"VNI":1,"VtepMAC":"2a:2c:18:5f:e2:6e"}; old versions wrote no VNI. */
static void take_data(struct import_facts *facts, const char *key, enum import_family family,
		      struct text value)
{
	CLEANUP_JSON json_t *data = NULL;
	const char *mac;
	json_int_t vni;

	if (value.len == 0)
		return;
	if (value.len <= DATA_MOST)
		data = json_loadb(value.at, value.len, JSON_DECODE_ANY, NULL);
	if (data == NULL) {
		import_problem(facts, "%s is not JSON; its VTEP MAC is not known", key);
		return;
	}
	mac = json_string_value(json_object_get(data, "VtepMAC"));
	vni = json_integer_value(json_object_get(data, "VNI"));
	if (mac != NULL)
		take_vtep_mac(facts, key, family, mac);
	if (vni > 0 && vni < 1 << 24)
		facts->vni = (uint32_t)vni;
}

static int read_address(struct import_facts *facts, const char *key, struct text value,
			struct ip *out)
{
	struct error err;
	int status = value_address(value, out, &err);

	if (status < 0)
		import_problem(facts, "%s: %s", key, err.text);
	return status;
}

/* The key says the family, and a value of the other one is a mistake. */
static void take_public_ip(struct import_facts *facts, const char *key, enum import_family family,
			   struct text value)
{
	struct ip *place = strstr(key, "-overwrite") != NULL ? &facts->overwrite[family]
							     : &facts->public[family];
	struct ip ip;

	if (value.len == 0 || read_address(facts, key, value, &ip) < 0)
		return;
	if ((ip.family == AF_INET) != (family == IMPORT_IPV4))
		import_problem(facts, "%s is of the other family: %.*s", key, (int)value.len,
			       value.at);
	else if (ip_is_link_local(&ip))
		import_problem(facts, "%s is link-local: %.*s", key, (int)value.len, value.at);
	else
		*place = ip;
}

/* What flannel writes into annotations (pkg/subnet/kube/annotations.go). A value that means nothing
 * becomes a problem; backend data of another backend than vxlan, or `null`, is nothing. */
#define FLANNEL "flannel.alpha.coreos.com/"
static const struct annotation {
	const char *key;
	enum import_family family;
	annotation_take_fn *take;
} annotations[] = {
	{FLANNEL "backend-data", IMPORT_IPV4, take_data},
	{FLANNEL "backend-v6-data", IMPORT_IPV6, take_data},
	{FLANNEL "public-ip", IMPORT_IPV4, take_public_ip},
	{FLANNEL "public-ip-overwrite", IMPORT_IPV4, take_public_ip},
	{FLANNEL "public-ipv6", IMPORT_IPV6, take_public_ip},
	{FLANNEL "public-ipv6-overwrite", IMPORT_IPV6, take_public_ip},
};

static const struct annotation *find_annotation(struct text key)
{
	for (size_t i = 0; i < sizeof(annotations) / sizeof(annotations[0]); i++) {
		if (text_is(key, annotations[i].key))
			return &annotations[i];
	}
	return NULL;
}

static void take_annotations(struct import_kube *kube, const struct yaml_item *map)
{
	struct yaml_item item;

	if (map->kind != YAML_MAP) {
		yaml_skip(kube->yaml, map);
		return;
	}
	for (item = yaml_next(kube->yaml); item.kind != YAML_MAP_END && item.kind != YAML_END;
	     item = yaml_next(kube->yaml)) {
		const struct annotation *row = NULL;

		if (item.kind == YAML_VALUE)
			row = find_annotation(item.text);
		yaml_skip(kube->yaml, &item);
		item = yaml_next(kube->yaml);
		if (row != NULL && item.kind == YAML_VALUE)
			row->take(&kube->facts, row->key + strlen(FLANNEL), row->family, item.text);
		yaml_skip(kube->yaml, &item);
	}
}

static const struct import_kube_key metadata_keys[] = {
	{"annotations", false, take_annotations},
	{"continue", true, take_continue},
	{"creationTimestamp", true, take_created},
	{"name", true, take_name},
	{NULL, false, NULL},
};

void import_kube_metadata(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_map(kube, item, metadata_keys);
}

static bool read_cidr(struct import_kube *kube, const struct yaml_item *item, struct prefix *out)
{
	struct error err;

	if (item->kind != YAML_VALUE || yaml_is_null(item) || item->text.len == 0) {
		yaml_skip(kube->yaml, item);
		return false;
	}
	if (value_podcidr(item->text, out, &err) == 0)
		return true;
	import_problem(&kube->facts, "podCIDR %s", err.text);
	return false;
}

static void take_cidr(struct import_kube *kube, const struct yaml_item *item)
{
	(void)read_cidr(kube, item, &kube->facts.lone_cidr);
}

static void take_cidrs_entry(struct import_kube *kube, const struct yaml_item *item)
{
	struct import_facts *facts = &kube->facts;
	struct prefix prefix = {.len = 0};

	if (!read_cidr(kube, item, &prefix))
		return;
	if (facts->cidr_count < IMPORT_CIDRS_MOST)
		facts->cidrs[facts->cidr_count++] = prefix;
	else
		import_problem(facts, "it has more than %d podCIDRs", IMPORT_CIDRS_MOST);
}

static void take_cidrs(struct import_kube *kube, const struct yaml_item *item)
{
	kube->facts.cidr_count = 0;
	import_kube_list(kube, item, take_cidrs_entry);
}

static const struct import_kube_key spec_keys[] = {
	{"podCIDR", false, take_cidr},
	{"podCIDRs", false, take_cidrs},
	{NULL, false, NULL},
};

void import_kube_spec(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_map(kube, item, spec_keys);
}

/* The first InternalIP of a family is the one that kubelet and flannel use. */
static void keep_internal(struct import_facts *facts, const char *text)
{
	enum import_family family;
	struct error err;
	struct ip ip;

	if (value_address(text_of(text), &ip, &err) < 0) {
		import_problem(facts, "InternalIP %s", err.text);
		return;
	}
	family = ip.family == AF_INET ? IMPORT_IPV4 : IMPORT_IPV6;
	if (ip_is_link_local(&ip))
		import_problem(facts, "InternalIP %s is link-local", text);
	else if (!ip_is_set(&facts->internal[family]))
		facts->internal[family] = ip;
}

static const struct import_kube_key address_keys[] = {
	{"address", true, take_value},
	{"type", true, take_type},
	{NULL, false, NULL},
};

static void take_address(struct import_kube *kube, const struct yaml_item *item)
{
	kube->type[0] = '\0';
	kube->value[0] = '\0';
	import_kube_map(kube, item, address_keys);
	if (strcmp(kube->type, "InternalIP") == 0)
		keep_internal(&kube->facts, kube->value);
}

static void take_addresses(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_list(kube, item, take_address);
}

static const struct import_kube_key condition_keys[] = {
	{"status", true, take_value},
	{"type", true, take_type},
	{NULL, false, NULL},
};

static void take_condition(struct import_kube *kube, const struct yaml_item *item)
{
	kube->type[0] = '\0';
	kube->value[0] = '\0';
	import_kube_map(kube, item, condition_keys);
	if (strcmp(kube->type, "Ready") == 0)
		kube->facts.ready = strcmp(kube->value, "True") == 0;
}

static void take_conditions(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_list(kube, item, take_condition);
}

static const struct import_kube_key status_keys[] = {
	{"addresses", false, take_addresses},
	{"conditions", false, take_conditions},
	{NULL, false, NULL},
};

void import_kube_status(struct import_kube *kube, const struct yaml_item *item)
{
	import_kube_map(kube, item, status_keys);
}
