/* flannel.c - flannel's configuration as settings of croute's. */
/* SPDX-License-Identifier: MIT */
#include "app/import/flannel.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "app/import/nodes.h"
#include "app/import/text.h"
#include "croute/core/parse/value.h"

#define KEY_SHOWN_MAX 60
#define NOTES_MAX 8192
#define DEFAULT_PORT 8472 /* the kernel's, for flannel's Port 0 */
#define OVERHEAD_IPV4 50  /* of the tunnel, in bytes */
#define OVERHEAD_IPV6 70
#define MTU_LEAST 68
#define MTU_MOST 65535
#define VNI_MOST 16777215

static void release_json(json_t **json)
{
	json_decref(*json);
}
#define CLEANUP_JSON __attribute__((cleanup(release_json)))

/* What flannel's configuration says. */
struct net {
	const json_t *root;
	const json_t *backend; /* NULL: none */
	struct prefix network[IMPORT_FAMILIES];
	bool vxlan; /* else host-gw */
	uint64_t vni;
	uint64_t port;
	uint64_t mtu; /* 0: the interface's */
	bool direct;
	struct buf notes; /* comments, each a line */
};

/* Go's decoder takes keys in any case. What is null is as if it were missing. */
static const json_t *find(const json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (strcasecmp(key, name) == 0 && !json_is_null(value))
			return value;
	}
	return NULL;
}

static int read_number(const struct net *net, const char *key, uint64_t most, uint64_t *out,
		       struct error *err)
{
	const json_t *value = find(net->backend, key);

	if (value == NULL)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > most)
		return error_set(err, EINVAL, "Backend.%s is a number from 0 to %" PRIu64, key,
				 most);
	*out = (uint64_t)json_integer_value(value);
	return 0;
}

static bool read_flag(const json_t *object, const char *key, bool by_default)
{
	const json_t *value = find(object, key);

	return json_is_boolean(value) ? json_is_true(value) : by_default;
}

/* Its value may be a secret, and is not repeated. A comment ends with its line, and YAML knows line
 * ends beyond ASCII. */
static void note(struct net *net, const char *where, const char *key, const char *why)
{
	buf_add(&net->notes, "#   %s", where);
	for (size_t i = 0; i < KEY_SHOWN_MAX && key[i] != '\0'; i++)
		buf_add(&net->notes, "%c", key[i] >= ' ' && key[i] <= '~' ? key[i] : '?');
	buf_add(&net->notes, " - %s\n", why);
}

/* Go's ParseCIDR takes host bits and drops them. */
static int read_network(struct net *net, enum import_family family, struct error *err)
{
	static const struct {
		const char *name;
		const char *enable;
		uint8_t family;
	} rows[IMPORT_FAMILIES] = {{"Network", "EnableIPv4", AF_INET},
				   {"IPv6Network", "EnableIPv6", AF_INET6}};
	const char *name = rows[family].name;
	const json_t *value = find(net->root, name);
	struct prefix prefix;
	struct error why;
	int code;

	if (value == NULL)
		return 0;
	if (!json_is_string(value))
		return error_set(err, EINVAL, "%s is not text", name);
	if (!read_flag(net->root, rows[family].enable, family == IMPORT_IPV4)) {
		note(net, "", name, "not used: it is not enabled");
		return 0;
	}
	code = prefix_parse(text_of(json_string_value(value)), false, &prefix);
	if (code < 0 && code != -EDOM) {
		(void)value_prefix(text_of(json_string_value(value)), false, &prefix, &why);
		return error_set(err, EINVAL, "%s: %s", name, why.text);
	}
	if (prefix.ip.family != rows[family].family)
		return error_set(err, EINVAL, "%s is of the other family", name);
	net->network[family] = prefix;
	return 0;
}

static bool has_network(const struct net *net, enum import_family family)
{
	return net->network[family].ip.family != 0;
}

static int read_vxlan(struct net *net, struct error *err)
{
	if (read_number(net, "VNI", VNI_MOST, &net->vni, err) < 0 ||
	    read_number(net, "Port", 65535, &net->port, err) < 0 ||
	    read_number(net, "MTU", MTU_MOST, &net->mtu, err) < 0)
		return -EINVAL;
	if (net->vni == 0)
		return error_set(err, EINVAL, "Backend.VNI is a number from 1 to %d", VNI_MOST);
	if (net->port == 0)
		net->port = DEFAULT_PORT;
	net->direct = read_flag(net->backend, "DirectRouting", false);
	return 0;
}

static int read_backend(struct net *net, struct error *err)
{
	const json_t *type;
	const char *word;
	char shown[VALUE_QUOTE_MAX];

	net->backend = find(net->root, "Backend");
	if (net->backend != NULL && !json_is_object(net->backend))
		return error_set(err, EINVAL, "Backend is not an object");
	type = find(net->backend, "Type");
	word = type == NULL ? "udp" : json_string_value(type);
	if (word == NULL)
		return error_set(err, EINVAL, "Backend.Type is not text");
	net->vxlan = strcasecmp(word, "vxlan") == 0;
	if (net->vxlan)
		return read_vxlan(net, err);
	if (strcasecmp(word, "host-gw") == 0)
		return 0;
	return error_set(
		err, EINVAL, "croute has no backend %s%s; its backends are vxlan and host-gw",
		value_quote(text_of(word), shown), type == NULL ? ", flannel's default" : "");
}

#define SUBNETS "the podCIDRs of the nodes say it"

/* Keys of either level, and why they are left out; NULL: they are taken. */
static const struct reason {
	const char *key;
	const char *why;
} reasons[] = {
	{"Network", NULL},
	{"IPv6Network", NULL},
	{"EnableIPv4", NULL},
	{"EnableIPv6", NULL},
	{"Backend", NULL},
	{"Type", NULL},
	{"VNI", NULL},
	{"Port", NULL},
	{"MTU", NULL},
	{"DirectRouting", NULL},
	{"SubnetLen", SUBNETS},
	{"SubnetMin", SUBNETS},
	{"SubnetMax", SUBNETS},
	{"IPv6SubnetLen", SUBNETS},
	{"IPv6SubnetMin", SUBNETS},
	{"IPv6SubnetMax", SUBNETS},
	{"EnableNFTables", "masquerading is agent.masquerade"},
	{"GBP", "croute's tunnel has no group policy; such a device cannot be taken over"},
	{"Learning", "croute fills the forwarding table itself"},
	{"MacPrefix", "MACs are those of the nodes, else made from their names"},
};

static void note_keys(struct net *net, const json_t *object, const char *where)
{
	const size_t count = sizeof(reasons) / sizeof(reasons[0]);
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t i = 0;

		while (i < count && strcasecmp(reasons[i].key, key) != 0)
			i++;
		if (i == count || reasons[i].why != NULL)
			note(net, where, key, i < count ? reasons[i].why : "unknown to croute");
	}
}

static void add_networks(const struct net *net, struct buf *out)
{
	const char *before = "podNetwork: [";
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < IMPORT_FAMILIES; i++) {
		if (!has_network(net, (enum import_family)i))
			continue;
		buf_add(out, "%s", before);
		import_text_address(prefix_format(&net->network[i], text), out);
		before = ", ";
	}
	buf_add(out, "]\n");
}

/* Flannel's own names, which a device of more than seven or four digits would not fit into; nor
 * does croute's default for the second. */
static void add_devices(const struct net *net, struct buf *out)
{
	if (net->vni <= 9999999)
		buf_add(out,
			"    device: flannel.%" PRIu64
			"    # as flannel calls it, to be taken over\n",
			net->vni);
	if (net->vni <= 9999)
		buf_add(out, "    deviceV6: flannel-v6.%" PRIu64 "\n", net->vni);
	else if (net->vni > 99999)
		buf_add(out, "    deviceV6: cr-v6.%" PRIu64 "\n", net->vni);
}

/* Flannel's MTU is that of the packets outside, croute's that of the device. */
static void add_mtu(const struct net *net, struct buf *out)
{
	uint64_t overhead = has_network(net, IMPORT_IPV6) ? OVERHEAD_IPV6 : OVERHEAD_IPV4;

	if (net->mtu >= MTU_LEAST + overhead)
		buf_add(out,
			"    mtu: %" PRIu64 "    # of the device; flannel's MTU %" PRIu64
			" is that of the packets outside\n",
			net->mtu - overhead, net->mtu);
	else
		buf_add(out, "    mtu: auto\n");
}

static void add_vxlan(const struct net *net, struct buf *out)
{
	buf_add(out, "backend:\n  type: vxlan\n  vxlan:\n");
	buf_add(out, "    vni: %" PRIu64 "\n    port: %" PRIu64 "\n", net->vni, net->port);
	add_devices(net, out);
	add_mtu(net, out);
	buf_add(out, "    directRouting: %s\n", net->direct ? "true" : "false");
}

static void write_all(struct net *net, struct buf *out)
{
	buf_add(out, IMPORT_MARK
		" --from flannel: settings, to stand in a directory beside the nodes:\n"
		"# kubectl get nodes -o json | croute import --from kube-nodes --address flannel\n"
		"version: 1\n");
	add_networks(net, out);
	if (net->vxlan)
		add_vxlan(net, out);
	else
		buf_add(out, "backend:\n  type: host-gw\n");
	buf_add(out, "adopt: flannel    # takes over what flannel left; see croute.yaml(5)\n");
	note_keys(net, net->root, "");
	note_keys(net, net->backend, "Backend.");
	if (net->notes.len > 0)
		buf_add(out, "# Without a counterpart here:\n%s", net->notes.data);
}

/* The text that a ConfigMap, or a list with one in it, has as net-conf.json; NULL: none. */
static const char *inner_of(const json_t *root)
{
	const json_t *data = json_object_get(root, "data");
	const char *inner = json_string_value(json_object_get(data, "net-conf.json"));
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)json_object_get(root, "items"), i, item)
	{
		if (inner == NULL)
			inner = inner_of(item);
	}
	return inner;
}

static json_t *load_inner(const char *text, struct error *err)
{
	json_error_t why;
	json_t *net = json_loads(text, 0, &why);

	if (net == NULL)
		(void)error_set(err, EINVAL, "net-conf.json, line %d: %s", why.line, why.text);
	return net;
}

/* Up to the next line `---`; `lines` are those taken off. */
static struct text next_document(struct text *rest, uint32_t *lines)
{
	struct text document = {.at = rest->at};

	while (rest->len > 0) {
		struct text line = text_next_line(rest);

		++*lines;
		if (text_starts(line, "---"))
			break;
		document.len = (size_t)(rest->at - document.at);
	}
	return document;
}

/* Of the documents the one that holds net-conf.json. */
static json_t *load_yaml(struct text text, struct error *err)
{
	uint32_t lines = 0;

	while (text.len > 0) {
		uint32_t before = lines;
		struct text document = next_document(&text, &lines);
		CLEANUP_JSON json_t *root = import_kube_tree(document, before, err);
		const char *inner = inner_of(root);

		if (root == NULL)
			return NULL;
		if (inner != NULL)
			return load_inner(inner, err);
	}
	(void)error_set(err, EINVAL, "neither net-conf.json nor a ConfigMap that holds it");
	return NULL;
}

static json_t *load(struct text text, struct error *err)
{
	json_error_t why;
	CLEANUP_JSON json_t *root = json_loadb(text.at, text.len, 0, &why);

	if (root != NULL)
		return inner_of(root) != NULL ? load_inner(inner_of(root), err) : json_incref(root);
	if (text.len > 0 && text.at[0] != '{' && text.at[0] != '[')
		return load_yaml(text, err);
	(void)error_set(err, EINVAL, "line %d, column %d: %s", why.line, why.column, why.text);
	return NULL;
}

int import_flannel_read(struct text text, struct buf *out, struct error *err)
{
	CLEANUP_JSON json_t *root = load(text, err);
	char space[NOTES_MAX] = "";
	struct net net = {.root = root, .vni = 1, .notes = BUF_OVER(space)};

	if (root == NULL)
		return -EINVAL;
	if (!json_is_object(root))
		return error_set(err, EINVAL, "net-conf.json is an object: {\"Network\": ...}");
	if (read_network(&net, IMPORT_IPV4, err) < 0 || read_network(&net, IMPORT_IPV6, err) < 0)
		return -EINVAL;
	if (!has_network(&net, IMPORT_IPV4) && !has_network(&net, IMPORT_IPV6))
		return error_set(err, EINVAL, "neither Network nor IPv6Network is set");
	if (read_backend(&net, err) < 0)
		return -EINVAL;
	write_all(&net, out);
	return 0;
}
