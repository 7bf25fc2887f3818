/* cni_conf.c - a network configuration for this node's pods, as CNI runtimes read it. */
#include "croute/core/want/cni_conf.h"

#include <errno.h>
#include <jansson.h>
#include <sys/socket.h>

#define MARK "x-croute"
#define HOST_BITS_LEAST 2 /* host-local, Range.Canonicalize: "too small to allocate from" */

static const uint8_t families[] = {AF_INET, AF_INET6};

/* The podCIDRs of one family; how many there are. */
static uint32_t add_ranges(const struct config *config, uint32_t node, uint8_t family,
			   struct buf *out)
{
	struct ip address = config_node_address(config_node_at(config, node), family);
	uint32_t count = 0;
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < config_podcidr_count(config) && ip_is_set(&address); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (podcidr->node != node || podcidr->prefix.ip.family != family)
			continue;
		buf_add(out, "%s{\"subnet\": \"%s\"}", count == 0 ? "" : ", ",
			prefix_format(&podcidr->prefix, text));
		count++;
	}
	return count;
}

static void add_ipam(const struct config *config, uint32_t node, struct buf *out)
{
	char space[CNI_CONF_MOST];
	const char *separator = "";
	char routes[80] = "";
	struct buf route = BUF_OVER(routes);

	buf_add(out, "        \"ranges\": [");
	for (size_t i = 0; i < sizeof(families); i++) {
		struct buf set = BUF_OVER(space);

		if (add_ranges(config, node, families[i], &set) == 0)
			continue;
		buf_add(out, "%s\n          [%s]", separator, space);
		buf_add(&route, "%s{\"dst\": \"%s\"}", separator[0] == ',' ? ", " : "",
			families[i] == AF_INET ? "0.0.0.0/0" : "::/0");
		separator = ",";
	}
	buf_add(out, "\n        ],\n        \"routes\": [%s]\n", routes);
}

static int check_ranges(const struct config *config, uint32_t node, struct error *err)
{
	const char *path = config_string_at(config, config->agent.cni_conf);
	uint32_t count = 0;
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);
		uint8_t family = podcidr->prefix.ip.family;
		struct ip address = config_node_address(config_node_at(config, node), family);

		if (podcidr->node != node || !ip_is_set(&address))
			continue;
		if (ip_bits(family) - podcidr->prefix.len < HOST_BITS_LEAST)
			return error_set(err, ERANGE,
					 "%s: cannot be written: podCIDR %s is too small for "
					 "host-local to give pods addresses of it",
					 path, prefix_format(&podcidr->prefix, text));
		count++;
	}
	if (count == 0)
		return error_set(err, ENOENT, "%s: cannot be written: this node has no podCIDR",
				 path);
	return 0;
}

int cni_conf_make(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
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

bool cni_conf_is_ours(struct text bytes)
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
