/* cni.c - a network configuration for CNI runtimes, and subnet.env for the flannel CNI plugin. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/cni.h"

#include <errno.h>
#include <jansson.h>
#include <sys/socket.h>

#define MARK "x-croute"
#define HOST_BITS_LEAST 2 /* host-local, Range.Canonicalize: "too small to allocate from" */

/* The i-th podCIDR, where it is this node's and an address of the node carries it. */
static const struct prefix *own_podcidr(const struct config *config, uint32_t node, uint32_t i)
{
	const struct config_podcidr *podcidr = config_podcidr_at(config, i);

	return podcidr->node == node &&
			       config_carrier(config, node, node, podcidr->prefix.ip.family) != 0
		       ? &podcidr->prefix
		       : NULL;
}

/* A set of ranges for each family, so that a pod gets one address of each; and its default routes.
 */
static void add_ipam(const struct config *config, uint32_t node, struct buf *out)
{
	uint8_t family = 0;
	struct buf route = BUF_LOCAL(80);
	char text[PREFIX_TEXT_MAX];

	buf_add(out, "        \"ranges\": [");
	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct prefix *own = own_podcidr(config, node, i);

		if (own == NULL)
			continue;
		if (own->ip.family != family) {
			buf_add(out, "%s\n          [", family != 0 ? "]," : "");
			buf_add(&route, "%s{\"dst\": \"%s\"}", family != 0 ? ", " : "",
				own->ip.family == AF_INET ? "0.0.0.0/0" : "::/0");
		}
		buf_add(out, "%s{\"subnet\": \"%s\"}", own->ip.family == family ? ", " : "",
			prefix_format(own, text));
		family = own->ip.family;
	}
	buf_add(out, "]\n        ],\n        \"routes\": [%s]\n", route.data);
}

static int check_ranges(const struct config *config, uint32_t node, struct error *err)
{
	const char *path = config_string_at(config, config->agent.cni_conf);
	uint32_t count = 0;
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct prefix *own = own_podcidr(config, node, i);

		if (own != NULL && ip_bits(own->ip.family) - own->len < HOST_BITS_LEAST)
			return error_set(err, ERANGE,
					 "%s: cannot be written: podCIDR %s is too small for "
					 "host-local to give pods addresses of it",
					 path, prefix_format(own, text));
		count += own != NULL;
	}
	if (count == 0)
		return error_set(err, ENOENT, "%s: cannot be written: this node has no podCIDR",
				 path);
	return 0;
}

int cni_make_conf(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
		  struct error *err)
{
	int status = check_ranges(config, node, err);

	if (status < 0)
		return status;
	buf_add(out, "{\n  \"cniVersion\": \"0.3.1\",\n  \"name\": \"croute\",\n");
	buf_add(out, "  \"" MARK "\": \"croute run keeps this file as it is while this key is "
		     "here\",\n");
	buf_add(out, "  \"plugins\": [\n    {\n      \"type\": \"bridge\",\n"
		     "      \"bridge\": \"cni0\",\n      \"isGateway\": true,\n"
		     "      \"ipMasq\": false,\n      \"hairpinMode\": true,\n");
	buf_add(out, "      \"mtu\": %u,\n", mtu);
	buf_add(out, "      \"ipam\": {\n        \"type\": \"host-local\",\n");
	add_ipam(config, node, out);
	buf_add(out, "      }\n    },\n    {\n      \"type\": \"portmap\",\n"
		     "      \"capabilities\": {\"portMappings\": true}\n    }\n  ]\n}\n");
	if (out->len >= out->size - 1)
		return error_set(err, ENOSPC,
				 "%s: cannot be written: this node has too many podCIDRs",
				 config_string_at(config, config->agent.cni_conf));
	return 0;
}

bool cni_is_ours(struct text bytes)
{
	json_t *object;
	bool ours;

	if (bytes.len == 0)
		return true;
	object = json_loadb(bytes.at, bytes.len, 0, NULL);
	ours = json_object_get(object, MARK) != NULL;
	json_decref(object);
	return ours;
}

/* The last byte of a network address of two host bits and more is even. */
static struct prefix first_usable(struct prefix podcidr)
{
	uint8_t bits = ip_bits(podcidr.ip.family);

	if (bits - podcidr.len >= 2)
		podcidr.ip.bytes[bits / 8 - 1] |= 1;
	return podcidr;
}

static bool add_family(const struct config *config, uint32_t node, uint8_t family, struct buf *out)
{
	const struct config_podcidr *first =
		config_first_podcidr(config, config_node_at(config, node), family);
	const char *words = family == AF_INET ? "" : "IPV6_";
	const struct prefix *network;
	struct prefix subnet;
	char text[PREFIX_TEXT_MAX];

	if (first == NULL || config_carrier(config, node, node, family) == 0)
		return false;
	network = config_network_covering(config, &first->prefix);
	subnet = first_usable(first->prefix);
	buf_add(out, "FLANNEL_%sNETWORK=%s\n", words,
		prefix_format(network != NULL ? network : &first->prefix, text));
	buf_add(out, "FLANNEL_%sSUBNET=%s\n", words, prefix_format(&subnet, text));
	return true;
}

int cni_make_subnet_env(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
			struct error *err)
{
	bool ipv4 = add_family(config, node, AF_INET, out);
	bool ipv6 = add_family(config, node, AF_INET6, out);

	if (!ipv4 && !ipv6)
		return error_set(err, ENOENT, "%s: cannot be written: this node has no podCIDR",
				 config_string_at(config, config->agent.subnet_env));
	buf_add(out, "FLANNEL_MTU=%u\nFLANNEL_IPMASQ=%s\n", mtu,
		config->agent.masquerade ? "true" : "false");
	return 0;
}
