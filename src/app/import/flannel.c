/* flannel.c - flannel's net-conf.json as settings of croute's. */
#include "app/import/flannel.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/import/text.h"
#include "croute/core/parse/value.h"

#define VALUE_SHOWN_MAX 60
#define NOTES_MAX 8192
#define KEYS_SHOWN 40	  /* of those without a counterpart */
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

static void free_text(char **text)
{
	free(*text);
}
#define CLEANUP_TEXT __attribute__((cleanup(free_text)))

/* What flannel's configuration says. */
struct net {
	const json_t *root;
	const json_t *backend; /* NULL: none */
	struct prefix network[IMPORT_FAMILIES];
	bool has_network[IMPORT_FAMILIES];
	const char *type; /* of the backend */
	uint64_t vni;
	uint64_t port;
	uint64_t mtu; /* 0: the interface's */
	bool direct;
	struct buf *notes; /* comments, each a line */
	uint32_t noted;
};

/* Go's decoder takes keys in any case. */
static json_t *find(const json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (strcasecmp(key, name) == 0)
			return value;
	}
	return NULL;
}

static int read_number(const struct net *net, const char *key, uint64_t most, uint64_t *out,
		       struct error *err)
{
	const json_t *value = find(net->backend, key);

	if (value == NULL || json_is_null(value))
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

/* Of such a key the value may be a secret (wireguard's PSK). */
static const char unknown[] = "not known to croute";

/* A comment ends with its line, and YAML knows line ends beyond ASCII. */
static const char *show(const char *text, char out[VALUE_SHOWN_MAX])
{
	size_t len = strnlen(text, VALUE_SHOWN_MAX - 1);

	for (size_t i = 0; i < len; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[len] = '\0';
	return out;
}

static void note(struct net *net, const char *key, const json_t *value, const char *why)
{
	CLEANUP_TEXT char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	char shown_key[VALUE_SHOWN_MAX];
	char shown[VALUE_SHOWN_MAX];

	(void)show(key, shown_key);
	if (net->noted++ >= KEYS_SHOWN)
		return;
	if (why == unknown || dump == NULL)
		buf_add(net->notes, "#   %s - %s\n", shown_key, why);
	else
		buf_add(net->notes, "#   %s: %s - %s\n", shown_key, show(dump, shown), why);
}

struct network_key {
	const char *name;
	const char *enable;
	bool by_default;
	uint8_t family;
};
static const struct network_key network_keys[IMPORT_FAMILIES] = {
	{"Network", "EnableIPv4", true, AF_INET},
	{"IPv6Network", "EnableIPv6", false, AF_INET6},
};

/* Go's ParseCIDR takes host bits and drops them. */
static int read_network(struct net *net, enum import_family family, struct error *err)
{
	const struct network_key *row = &network_keys[family];
	const json_t *value = find(net->root, row->name);
	struct error why;
	int code;

	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return error_set(err, EINVAL, "%s is not text", row->name);
	if (!read_flag(net->root, row->enable, row->by_default)) {
		note(net, row->name, value, "not used: it is not enabled");
		return 0;
	}
	code = prefix_parse(text_of(json_string_value(value)), false, &net->network[family]);
	if (code < 0 && code != -EDOM) {
		(void)value_prefix(text_of(json_string_value(value)), false, &net->network[family],
				   &why);
		return error_set(err, EINVAL, "%s: %s", row->name, why.text);
	}
	if (net->network[family].ip.family != row->family)
		return error_set(err, EINVAL, "%s is of the other family", row->name);
	net->has_network[family] = true;
	return 0;
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

static bool is_type(const struct net *net, const char *type)
{
	return strcasecmp(net->type, type) == 0;
}

static int read_backend(struct net *net, struct error *err)
{
	const json_t *type;

	net->backend = find(net->root, "Backend");
	if (json_is_null(net->backend))
		net->backend = NULL;
	if (net->backend != NULL && !json_is_object(net->backend))
		return error_set(err, EINVAL, "Backend is not an object");
	type = find(net->backend, "Type");
	net->type = type == NULL ? "udp" : json_string_value(type);
	if (net->type == NULL)
		return error_set(err, EINVAL, "Backend.Type is not text");
	return is_type(net, "vxlan") ? read_vxlan(net, err) : 0;
}

/* Keys and why they are left away; NULL: they are taken. */
struct reason {
	const char *key;
	const char *why;
};

#define SUBNETS "the podCIDRs of the nodes say it"
static const struct reason root_reasons[] = {
	{"Network", NULL},
	{"IPv6Network", NULL},
	{"EnableIPv4", NULL},
	{"EnableIPv6", NULL},
	{"Backend", NULL},
	{"SubnetLen", SUBNETS},
	{"SubnetMin", SUBNETS},
	{"SubnetMax", SUBNETS},
	{"IPv6SubnetLen", SUBNETS},
	{"IPv6SubnetMin", SUBNETS},
	{"IPv6SubnetMax", SUBNETS},
	{"EnableNFTables", "masquerading is agent.masquerade"},
	{NULL, unknown},
};
static const struct reason vxlan_reasons[] = {
	{"Type", NULL},
	{"VNI", NULL},
	{"Port", NULL},
	{"MTU", NULL},
	{"DirectRouting", NULL},
	{"GBP", "croute's tunnel has no group policy; such a device cannot be taken over"},
	{"Learning", "croute fills the forwarding table itself"},
	{"MacPrefix", "MACs are those of the nodes, else made from their names"},
	{NULL, unknown},
};
static const struct reason other_reasons[] = {
	{"Type", NULL},
	{NULL, unknown},
};

static void note_keys(struct net *net, const json_t *object, const char *where,
		      const struct reason *reasons)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const struct reason *row = reasons;
		char space[VALUE_SHOWN_MAX];
		struct buf name = BUF_OVER(space);

		while (row->key != NULL && strcasecmp(row->key, key) != 0)
			row++;
		buf_add(&name, "%s%s", where, key);
		if (row->key == NULL || row->why != NULL)
			note(net, space, value, row->why);
	}
}

static void add_networks(const struct net *net, struct buf *out)
{
	const char *before = "podNetwork: [";
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < IMPORT_FAMILIES; i++) {
		if (!net->has_network[i])
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
	uint64_t overhead = net->has_network[IMPORT_IPV6] ? OVERHEAD_IPV6 : OVERHEAD_IPV4;

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

static void add_backend(const struct net *net, const struct import_teller *teller, struct buf *out)
{
	char type[VALUE_SHOWN_MAX];
	char space[IMPORT_TEXT_MAX];
	struct buf text = BUF_OVER(space);

	if (is_type(net, "vxlan")) {
		add_vxlan(net, out);
		return;
	}
	if (is_type(net, "host-gw")) {
		buf_add(out, "backend:\n  type: host-gw\n");
		return;
	}
	buf_add(&text, "the backend \"%s\" has no counterpart; choose host-gw or vxlan",
		show(net->type, type));
	buf_add(out, "# %s:\n# backend:\n#   type: host-gw\n", space);
	teller->tell(teller->context, space);
}

/* It needs the pod networks, and a backend that can be the same. */
static void add_adopt(const struct net *net, struct buf *out)
{
	bool can = (is_type(net, "vxlan") || is_type(net, "host-gw")) &&
		   (net->has_network[IMPORT_IPV4] || net->has_network[IMPORT_IPV6]);

	buf_add(out, "%sadopt: flannel    # takes over what flannel left; see croute.yaml(5)\n",
		can ? "" : "# ");
}

static void write_all(struct net *net, const struct import_teller *teller, struct buf *out)
{
	buf_add(out, IMPORT_MARK
		" --from flannel: settings, to stand in a directory beside the nodes:\n"
		"# kubectl get nodes -o json | croute import --from kube-nodes --address flannel\n"
		"version: 1\n");
	add_networks(net, out);
	add_backend(net, teller, out);
	add_adopt(net, out);
	note_keys(net, net->root, "", root_reasons);
	note_keys(net, net->backend, "Backend.",
		  is_type(net, "vxlan") ? vxlan_reasons : other_reasons);
	if (net->noted > 0)
		buf_add(out, "# Without a counterpart here:\n%s", net->notes->data);
	if (net->noted > KEYS_SHOWN)
		buf_add(out, "#   and %u more\n", net->noted - KEYS_SHOWN);
}

/* A ConfigMap has net-conf.json as text under `data`. */
static json_t *unwrap(json_t *root, struct error *err)
{
	const char *inner =
		json_string_value(json_object_get(json_object_get(root, "data"), "net-conf.json"));
	json_error_t why;
	json_t *net;

	if (inner == NULL)
		return json_incref(root);
	net = json_loads(inner, 0, &why);
	if (net == NULL)
		(void)error_set(err, EINVAL, "net-conf.json, line %d: %s", why.line, why.text);
	return net;
}

static json_t *load(struct text text, struct error *err)
{
	json_error_t why;
	CLEANUP_JSON json_t *root = json_loadb(text.at, text.len, 0, &why);

	if (root == NULL) {
		(void)error_set(err, EINVAL, "line %d, column %d: %s", why.line, why.column,
				why.text);
		return NULL;
	}
	return unwrap(root, err);
}

int import_flannel_read(struct text json, const struct import_teller *teller, struct buf *out,
			struct error *err)
{
	CLEANUP_JSON json_t *root = load(json, err);
	char space[NOTES_MAX] = "";
	struct buf notes = BUF_OVER(space);
	struct net net = {.root = root, .vni = 1, .notes = &notes};

	if (root == NULL)
		return -EINVAL;
	if (!json_is_object(root))
		return error_set(err, EINVAL, "net-conf.json is an object: {\"Network\": ...}");
	if (read_network(&net, IMPORT_IPV4, err) < 0 || read_network(&net, IMPORT_IPV6, err) < 0 ||
	    read_backend(&net, err) < 0)
		return -EINVAL;
	if (!net.has_network[IMPORT_IPV4] && !net.has_network[IMPORT_IPV6])
		return error_set(err, EINVAL, "there is neither Network nor IPv6Network in it");
	write_all(&net, teller, out);
	return 0;
}
