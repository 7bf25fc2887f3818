/* subnet_env.c - the file that the flannel CNI plugin reads. */
#include "croute/core/want/subnet_env.h"

#include <errno.h>
#include <sys/socket.h>

static struct prefix network_of(const struct config *config, const struct prefix *podcidr)
{
	const struct prefix *network = config_network_covering(config, podcidr);

	return network != NULL ? *network : *podcidr;
}

/* The last byte of a network address of two host bits and more is even. */
static struct prefix first_usable(struct prefix podcidr)
{
	uint8_t bits = ip_bits(podcidr.ip.family);

	if (bits - podcidr.len >= 2)
		podcidr.ip.bytes[bits / 8 - 1] |= 1;
	return podcidr;
}

static bool add_family(const struct config *config, const struct config_node *node, uint8_t family,
		       struct buf *out)
{
	const struct config_podcidr *first = config_first_podcidr(config, node, family);
	const char *words = family == AF_INET ? "" : "IPV6_";
	struct ip address = config_node_address(node, family);
	struct prefix network, subnet;
	char text[PREFIX_TEXT_MAX];

	if (first == NULL || !ip_is_set(&address))
		return false;
	network = network_of(config, &first->prefix);
	subnet = first_usable(first->prefix);
	buf_add(out, "FLANNEL_%sNETWORK=%s\n", words, prefix_format(&network, text));
	buf_add(out, "FLANNEL_%sSUBNET=%s\n", words, prefix_format(&subnet, text));
	return true;
}

int subnet_env_make(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
		    struct error *err)
{
	const struct config_node *self = config_node_at(config, node);
	bool ipv4 = add_family(config, self, AF_INET, out);
	bool ipv6 = add_family(config, self, AF_INET6, out);

	if (!ipv4 && !ipv6)
		return error_set(err, ENOENT, "%s: cannot be written: this node has no podCIDR",
				 config_string_at(config, config->agent.subnet_env));
	buf_add(out, "FLANNEL_MTU=%u\nFLANNEL_IPMASQ=%s\n", mtu,
		config->agent.masquerade ? "true" : "false");
	return 0;
}
