/* text.c - imported nodes as a file of croute's. */
/* SPDX-License-Identifier: MIT */
#include "app/import/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "croute/base/hash.h"
#include "croute/base/time.h"

/* A name that YAML would take for a flag, nothing or a number; those that begin with a digit may
 * look like numbers, times and dates. */
static bool is_plain_name(const char *name)
{
	static const char *const words[] = {"y",  "yes", "n",	 "no",	 "true",
					    "on", "off", "null", "false"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], name) == 0)
			return false;
	}
	return name[0] < '0' || name[0] > '9';
}

/* YAML takes a colon at either end for the mark of a key, and digits between colons for a number in
 * base 60. */
static bool is_plain_address(const char *text)
{
	size_t len = strlen(text);

	return strchr(text, ':') == NULL ||
	       (text[0] != ':' && text[len - 1] != ':' && strspn(text, "0123456789:") < len);
}

static void add_word(struct buf *out, const char *text, bool plain)
{
	buf_add(out, plain ? "%s" : "'%s'", text);
}

void import_text_address(const char *text, struct buf *out)
{
	add_word(out, text, is_plain_address(text));
}

static void add_addresses(const struct import_node *node, struct buf *out)
{
	const struct ip *ipv4 = &node->ip[IMPORT_IPV4];
	const struct ip *ipv6 = &node->ip[IMPORT_IPV6];
	bool both = ip_is_set(ipv4) && ip_is_set(ipv6);
	char text[IP_TEXT_MAX];

	buf_add(out, ", address: %s", both ? "[" : "");
	if (ip_is_set(ipv4))
		buf_add(out, "%s%s", ip_format(ipv4, text), both ? ", " : "");
	if (ip_is_set(ipv6))
		import_text_address(ip_format(ipv6, text), out);
	buf_add(out, "%s", both ? "]" : "");
}

static void add_cidrs(const struct import_node *node, struct buf *out)
{
	bool many = node->cidr_count > 1;
	char text[PREFIX_TEXT_MAX];

	buf_add(out, ", podCIDRs: %s", many ? "[" : "");
	for (uint32_t i = 0; i < node->cidr_count; i++) {
		buf_add(out, "%s", i > 0 ? ", " : "");
		import_text_address(prefix_format(&node->cidrs[i], text), out);
	}
	buf_add(out, "%s", many ? "]" : "");
}

/* A MAC counts on the tunnel of its underlay, for which the node needs an address. */
static void add_macs(const struct import_node *node, struct buf *out)
{
	static const char *const keys[IMPORT_FAMILIES] = {"vtepMAC", "vtepMAC6"};
	char text[MAC_TEXT_MAX];

	for (int i = 0; i < IMPORT_FAMILIES; i++) {
		if (!mac_is_set(&node->mac[i]) || !ip_is_set(&node->ip[i]))
			continue;
		buf_add(out, ", %s: ", keys[i]);
		import_text_address(mac_format(&node->mac[i], text), out);
	}
}

void import_text_line(const struct import_node *node, struct buf *out)
{
	buf_add(out, "  - {name: ");
	add_word(out, node->name, is_plain_name(node->name));
	add_addresses(node, out);
	add_cidrs(node, out);
	add_macs(node, out);
	buf_add(out, "}\n");
}

/* What its nodes say of flannel's tunnel, which is not a setting of a node. */
static void add_vni(const struct import *import, struct buf *out)
{
	uint32_t i = 0;

	while (i < import_count(import) && import_at(import, i)->vni == 0)
		i++;
	if (i < import_count(import))
		buf_add(out, "# vtepMAC: of flannel's tunnel, VNI %u.\n",
			import_at(import, i)->vni);
}

void import_text_head(const struct import *import, const struct config_source *source, bool empty,
		      struct buf *out)
{
	char time[TIME_TEXT_MAX];

	buf_add(out, IMPORT_MARK " --from kube-nodes. Edits are lost when it is made again;\n"
				 "# settings go into another file of the same directory.\n");
	buf_add(out, "# address: %s.\n",
		import->address == IMPORT_FLANNEL ? "flannel's public IP, else the InternalIP"
						  : "the InternalIP");
	add_vni(import, out);
	buf_add(out, "version: 1\nsource:\n");
	if (source->has_serial)
		buf_add(out, "  serial: %" PRIu64 "\n", source->serial);
	if (source->generated_at > 0)
		buf_add(out, "  generatedAt: %s\n",
			time_format((int64_t)source->generated_at * 1000, time));
	buf_add(out, "  nodes: %u\nnodes:%s\n", import_count(import), empty ? " []" : "");
}

/* Both halves mixed, since only the last bits count. */
uint32_t import_text_shard(const char *name, uint32_t count)
{
	uint64_t sum = hash_text(name);

	return (uint32_t)(sum ^ sum >> 32) & (count - 1);
}

/* Bytes per file at the highest number of files; fewer files hold sums of these. */
static void measure_shards(const struct import *import, uint64_t sizes[IMPORT_SHARDS_MOST])
{
	memset(sizes, 0, IMPORT_SHARDS_MOST * sizeof(*sizes));
	for (uint32_t i = 0; i < import_count(import); i++) {
		const struct import_node *node = import_at(import, i);
		struct buf line = BUF_LOCAL(IMPORT_LINE_MAX);

		import_text_line(node, &line);
		sizes[import_text_shard(node->name, IMPORT_SHARDS_MOST)] += line.len;
	}
}

static bool fits(const uint64_t sizes[IMPORT_SHARDS_MOST], uint32_t count, uint64_t most)
{
	uint64_t sums[IMPORT_SHARDS_MOST] = {0};

	for (uint32_t i = 0; i < IMPORT_SHARDS_MOST; i++) {
		sums[i & (count - 1)] += sizes[i];
		if (sums[i & (count - 1)] > most)
			return false;
	}
	return true;
}

int import_text_shards(const struct import *import, uint64_t head, uint64_t size, uint32_t *out,
		       struct error *err)
{
	uint64_t sizes[IMPORT_SHARDS_MOST];

	measure_shards(import, sizes);
	for (uint32_t count = 1; count <= IMPORT_SHARDS_MOST; count *= 2) {
		if (fits(sizes, count, size - head)) {
			*out = count;
			return 0;
		}
	}
	return error_set(err, E2BIG, "%u nodes do not fit into %d files of %" PRIu64 " bytes",
			 import_count(import), IMPORT_SHARDS_MOST, size);
}
