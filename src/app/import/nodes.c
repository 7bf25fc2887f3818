/* nodes.c - which parts of a Node make a route, and why the others are left out. */
/* SPDX-License-Identifier: MIT */
#include "app/import/nodes.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "croute/base/buf.h"
#include "croute/core/parse/value.h"

#define LABEL_MAX (VALUE_NAME_MAX + 1)
#define DATA_MOST 4096 /* bytes of backend data; flannel writes about fifty */
#define FLANNEL "flannel.alpha.coreos.com/"

void import_begin(struct import *import, enum import_address address, import_tell_fn *tell,
		  void *context)
{
	*import = (struct import){
		.address = address,
		.tell = tell,
		.context = context,
		.nodes.limit = CONFIG_NODES_MOST * sizeof(struct import_node),
		.cidrs.limit = CONFIG_PODCIDRS_MOST * sizeof(struct prefix),
		.names.limit = CONFIG_NODES_MOST * (size_t)(VALUE_NAME_MAX + 1),
	};
}

void import_release(struct import *import)
{
	arena_release(&import->nodes);
	arena_release(&import->cidrs);
	arena_release(&import->names);
}

uint32_t import_count(const struct import *import)
{
	return (uint32_t)(import->nodes.used / sizeof(struct import_node));
}

struct import_node *import_at(const struct import *import, uint32_t i)
{
	return (struct import_node *)(void *)import->nodes.base + i;
}

void import_say(const struct import *import, const char *format, ...)
{
	struct buf text = BUF_LOCAL(IMPORT_TEXT_MAX);
	va_list args;

	va_start(args, format);
	buf_add_args(&text, format, args);
	va_end(args);
	import->tell(import->context, text.data);
}

struct reading {
	const struct import *import;
	const json_t *node;
	char label[LABEL_MAX]; /* how people find it: by its name, else by its place */
	struct import_node row;
	struct prefix cidrs[IMPORT_CIDRS_MOST];
	struct ip flannel[IMPORT_FAMILIES]; /* where flannel reaches it */
};

/* Missing or non-text values have length 0. */
static struct text text_in(const json_t *object, const char *key)
{
	const json_t *value = key != NULL ? json_object_get(object, key) : object;

	return json_is_string(value) ? (struct text){.at = json_string_value(value),
						     .len = json_string_length(value)}
				     : (struct text){.at = ""};
}

static const json_t *part_of(const struct reading *reading, const char *group, const char *key)
{
	return json_object_get(json_object_get(reading->node, group), key);
}

/* Whether Kubernetes takes it as a node's name: a subdomain of RFC 1123. */
static bool is_name(struct text text)
{
	static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

	if (text.len == 0 || text.len > VALUE_NAME_MAX || strspn(text.at, inner) != text.len)
		return false;
	return strchr("-.", text.at[0]) == NULL && strchr("-.", text.at[text.len - 1]) == NULL;
}

/* A name is kept in the label until the node is. */
static void read_name(struct reading *reading, struct origin at)
{
	struct text name = text_in(json_object_get(reading->node, "metadata"), "name");
	struct buf label = BUF_OVER(reading->label);
	char quoted[VALUE_QUOTE_MAX];

	if (is_name(name)) {
		buf_add_text(&label, name);
		reading->row.name = reading->label;
		return;
	}
	buf_add(&label, "the node of line %u, column %u", at.line, at.column);
	if (name.len > 0)
		import_say(reading->import, "%s: %s cannot be the name of a node", reading->label,
			   value_quote(name, quoted));
}

/* An address of either family, unless it is refused with `what`. */
static bool read_address(const struct reading *reading, const char *what, struct text text,
			 struct ip *out)
{
	struct error err;

	if (value_address(text, out, &err) < 0)
		import_say(reading->import, "%s: %s %s", reading->label, what, err.text);
	else if (ip_is_link_local(out))
		import_say(reading->import, "%s: %s %.*s is link-local", reading->label, what,
			   (int)text.len, text.at);
	else
		return true;
	return false;
}

/* The first InternalIP of a family is the one that kubelet and flannel use. */
static void read_addresses(struct reading *reading)
{
	const json_t *entry;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)part_of(reading, "status", "addresses"), i, entry)
	{
		struct ip *place;
		struct ip ip;

		if (!text_is(text_in(entry, "type"), "InternalIP") ||
		    !read_address(reading, "InternalIP", text_in(entry, "address"), &ip))
			continue;
		place = &reading->row.ip[ip.family == AF_INET ? IMPORT_IPV4 : IMPORT_IPV6];
		if (!ip_is_set(place))
			*place = ip;
	}
}

static void read_conditions(struct reading *reading)
{
	const json_t *entry;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)part_of(reading, "status", "conditions"), i, entry)
	{
		if (text_is(text_in(entry, "type"), "Ready"))
			reading->row.ready = text_is(text_in(entry, "status"), "True");
	}
}

static void read_created(struct reading *reading)
{
	struct text text = text_in(part_of(reading, "metadata", "creationTimestamp"), NULL);
	uint64_t created = 0;
	struct error err;

	if (text.len > 0 && value_time(text, &created, &err) < 0)
		import_say(reading->import, "%s: creationTimestamp: %s", reading->label, err.text);
	reading->row.created = created < UINT32_MAX ? (uint32_t)created : UINT32_MAX;
}

static void add_cidr(struct reading *reading, struct text text)
{
	struct prefix *next = &reading->cidrs[reading->row.cidr_count];
	struct prefix cidr;
	struct error err;

	if (text.len == 0)
		return;
	if (value_podcidr(text, &cidr, &err) < 0) {
		import_say(reading->import, "%s: podCIDR %s", reading->label, err.text);
		return;
	}
	for (uint32_t i = 0; i < reading->row.cidr_count; i++) {
		if (prefix_same(&reading->cidrs[i], &cidr))
			return;
	}
	if (reading->row.cidr_count == IMPORT_CIDRS_MOST) {
		import_say(reading->import, "%s: it has more than %d podCIDRs", reading->label,
			   IMPORT_CIDRS_MOST);
		return;
	}
	*next = cidr;
	reading->row.cidr_count++;
}

static void read_cidrs(struct reading *reading)
{
	const json_t *entry;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)part_of(reading, "spec", "podCIDRs"), i, entry)
	{
		add_cidr(reading, text_in(entry, NULL));
	}
	if (reading->row.cidr_count == 0)
		add_cidr(reading, text_in(part_of(reading, "spec", "podCIDR"), NULL));
}

/* {"VNI":1,"VtepMAC":"2a:2c:18:5f:e2:6e"}; old versions wrote no VNI, other backends write other
 * things, or `null`. */
static void read_backend_data(struct reading *reading, const char *key, enum import_family family,
			      struct text text)
{
	json_t *data = text.len <= DATA_MOST ? json_loadb(text.at, text.len, JSON_DECODE_ANY, NULL)
					     : NULL;
	struct text mac = text_in(data, "VtepMAC");
	json_int_t vni = json_integer_value(json_object_get(data, "VNI"));
	struct error err;

	if (data == NULL)
		import_say(reading->import, "%s: %s is not JSON; its VTEP MAC is not known",
			   reading->label, key);
	else if (mac.len > 0 && value_mac(mac, &reading->row.mac[family], &err) < 0)
		import_say(reading->import, "%s: %s: %s", reading->label, key, err.text);
	if (vni > 0 && vni < 1 << 24)
		reading->row.vni = (uint32_t)vni;
	json_decref(data);
}

/* The key says the family, and a value of the other one is a mistake. */
static void read_public_ip(struct reading *reading, const char *key, enum import_family family,
			   struct text text)
{
	struct ip ip;

	if (!read_address(reading, key, text, &ip))
		return;
	if ((ip.family == AF_INET) != (family == IMPORT_IPV4))
		import_say(reading->import, "%s: %s is of the other family: %.*s", reading->label,
			   key, (int)text.len, text.at);
	else
		reading->flannel[family] = ip;
}

/* What flannel writes into annotations (pkg/subnet/kube/annotations.go); an overwrite, by the
 * operator, comes behind what it replaces. */
static void read_annotations(struct reading *reading)
{
	static const struct {
		const char *key;
		enum import_family family;
		void (*read)(struct reading *reading, const char *key, enum import_family family,
			     struct text text);
	} rows[] = {
		{FLANNEL "backend-data", IMPORT_IPV4, read_backend_data},
		{FLANNEL "backend-v6-data", IMPORT_IPV6, read_backend_data},
		{FLANNEL "public-ip", IMPORT_IPV4, read_public_ip},
		{FLANNEL "public-ip-overwrite", IMPORT_IPV4, read_public_ip},
		{FLANNEL "public-ipv6", IMPORT_IPV6, read_public_ip},
		{FLANNEL "public-ipv6-overwrite", IMPORT_IPV6, read_public_ip},
	};
	const json_t *annotations = part_of(reading, "metadata", "annotations");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text text = text_in(annotations, rows[i].key);

		if (text.len > 0)
			rows[i].read(reading, rows[i].key + strlen(FLANNEL), rows[i].family, text);
	}
}

/* Of two addresses of a family, the one that was asked for. */
static void choose_address(struct reading *reading, enum import_family family)
{
	bool by_flannel = reading->import->address == IMPORT_FLANNEL;
	struct ip *own = &reading->row.ip[family];
	const struct ip *theirs = &reading->flannel[family];
	char internal[IP_TEXT_MAX];
	char public[IP_TEXT_MAX];

	if (!ip_is_set(theirs))
		return;
	(void)ip_format(own, internal);
	(void)ip_format(theirs, public);
	if (ip_is_set(own) && !ip_same(own, theirs))
		import_say(reading->import,
			   "%s: its InternalIP is %s, flannel's address of it %s; %s is taken",
			   reading->label, internal, public, by_flannel ? public : internal);
	if (by_flannel)
		*own = *theirs;
}

static void choose_addresses(struct reading *reading)
{
	bool known = ip_is_set(&reading->flannel[IMPORT_IPV4]) ||
		     ip_is_set(&reading->flannel[IMPORT_IPV6]);

	for (unsigned i = 0; i < IMPORT_FAMILIES; i++)
		choose_address(reading, (enum import_family)i);
	if (reading->import->address == IMPORT_FLANNEL && !known &&
	    (ip_is_set(&reading->row.ip[IMPORT_IPV4]) || ip_is_set(&reading->row.ip[IMPORT_IPV6])))
		import_say(reading->import,
			   "%s: flannel has no address of it; its InternalIP is taken",
			   reading->label);
}

/* Why it cannot stand in a file; NULL: it can. */
static const char *find_lack(const struct reading *reading)
{
	const struct import_node *row = &reading->row;

	if (row->name == NULL)
		return "it has no name";
	if (!ip_is_set(&row->ip[IMPORT_IPV4]) && !ip_is_set(&row->ip[IMPORT_IPV6]))
		return reading->import->address == IMPORT_FLANNEL
			       ? "no address of flannel's and no InternalIP"
			       : "no InternalIP in status.addresses";
	if (row->cidr_count == 0)
		return "no podCIDR in spec";
	for (uint32_t i = 0; i < row->cidr_count; i++) {
		if (prefix_holds(&reading->cidrs[i], &row->ip[IMPORT_IPV4]) ||
		    prefix_holds(&reading->cidrs[i], &row->ip[IMPORT_IPV6]))
			return "a podCIDR of it covers its own address";
		for (uint32_t j = 0; j < i; j++) {
			if (prefix_overlaps(&reading->cidrs[i], &reading->cidrs[j]))
				return "its podCIDRs overlap";
		}
	}
	return NULL;
}

/* IPv6 is not carried over IPv4 but by a tunnel; `validate` warns too. */
static void tell_unreachable(const struct reading *reading)
{
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < reading->row.cidr_count; i++) {
		bool v4 = reading->cidrs[i].ip.family == AF_INET;

		if (!ip_is_set(&reading->row.ip[v4 ? IMPORT_IPV4 : IMPORT_IPV6]) &&
		    !(v4 && ip_is_set(&reading->row.ip[IMPORT_IPV6])))
			import_say(reading->import,
				   "%s: no %s address, so its podCIDR %s is not routed",
				   reading->label, v4 ? "IPv4" : "IPv6",
				   prefix_format(&reading->cidrs[i], text));
	}
}

static int keep(struct import *import, const struct reading *reading, struct error *err)
{
	size_t size = reading->row.cidr_count * sizeof(struct prefix);
	size_t len = strlen(reading->row.name) + 1;
	struct import_node *node = NULL;
	struct prefix *cidrs = arena_push(&import->cidrs, size);
	char *name = arena_push(&import->names, len);

	if (import_count(import) < CONFIG_NODES_MOST)
		node = arena_push(&import->nodes, sizeof(*node));
	if (node == NULL || cidrs == NULL || name == NULL)
		return error_set(err, E2BIG, "more than %d nodes, or no memory left for them",
				 CONFIG_NODES_MOST);
	*node = reading->row;
	node->cidrs = memcpy(cidrs, reading->cidrs, size);
	node->name = memcpy(name, reading->row.name, len);
	return 0;
}

int import_add(struct import *import, const json_t *node, struct origin at, struct error *err)
{
	struct reading reading = {.import = import, .node = node};
	const char *lack;

	import->seen++;
	read_name(&reading, at);
	read_addresses(&reading);
	read_conditions(&reading);
	read_created(&reading);
	read_cidrs(&reading);
	read_annotations(&reading);
	choose_addresses(&reading);
	lack = find_lack(&reading);
	if (lack != NULL) {
		import_say(import, "%s is left out: %s", reading.label, lack);
		return 0;
	}
	tell_unreachable(&reading);
	return keep(import, &reading, err);
}
