/* annotation.c - what flannel writes into a Node's annotations. */
#include "app/import/annotation.h"

#include <jansson.h>
#include <string.h>

#include "croute/core/parse/value.h"
#include "croute/core/parse/value_net.h"

#define DATA_MOST 4096 /* bytes of backend data; flannel writes about fifty */

typedef void annotation_take_fn(struct import_facts *facts, const char *key,
				enum import_family family, struct text value);

static void release_json(json_t **json)
{
	json_decref(*json);
}
#define CLEANUP_JSON __attribute__((cleanup(release_json)))

static void take_mac(struct import_facts *facts, const char *key, enum import_family family,
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
		import_problem(facts, "%s is no JSON; its VTEP MAC is not known", key);
		return;
	}
	mac = json_string_value(json_object_get(data, "VtepMAC"));
	vni = json_integer_value(json_object_get(data, "VNI"));
	if (mac != NULL)
		take_mac(facts, key, family, mac);
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
static void take_address(struct import_facts *facts, const char *key, enum import_family family,
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

#define FLANNEL "flannel.alpha.coreos.com/"
static const struct annotation {
	const char *key;
	enum import_family family;
	annotation_take_fn *take;
} annotations[] = {
	{FLANNEL "backend-data", IMPORT_IPV4, take_data},
	{FLANNEL "backend-v6-data", IMPORT_IPV6, take_data},
	{FLANNEL "public-ip", IMPORT_IPV4, take_address},
	{FLANNEL "public-ip-overwrite", IMPORT_IPV4, take_address},
	{FLANNEL "public-ipv6", IMPORT_IPV6, take_address},
	{FLANNEL "public-ipv6-overwrite", IMPORT_IPV6, take_address},
};

static const struct annotation *find(struct text key)
{
	for (size_t i = 0; i < sizeof(annotations) / sizeof(annotations[0]); i++) {
		if (text_is(key, annotations[i].key))
			return &annotations[i];
	}
	return NULL;
}

const char *import_annotation_key(struct text key)
{
	const struct annotation *row = find(key);

	return row != NULL ? row->key : NULL;
}

void import_annotation(struct import_facts *facts, const char *key, struct text value)
{
	const struct annotation *row = find(text_of(key));

	if (row != NULL)
		row->take(facts, row->key + strlen(FLANNEL), row->family, value);
}
