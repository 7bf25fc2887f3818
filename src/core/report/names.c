/* names.c - names of route types and protocols (include/uapi/linux/rtnetlink.h). */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

const char *names_type(uint8_t type)
{
	static const char *const names[] = {
		[RTN_UNSPEC] = "none",
		[RTN_UNICAST] = "unicast",
		[RTN_LOCAL] = "local",
		[RTN_BROADCAST] = "broadcast",
		[RTN_ANYCAST] = "anycast",
		[RTN_MULTICAST] = "multicast",
		[RTN_BLACKHOLE] = "blackhole",
		[RTN_UNREACHABLE] = "unreachable",
		[RTN_PROHIBIT] = "prohibit",
		[RTN_THROW] = "throw",
		[RTN_NAT] = "nat",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

const char *names_protocol(uint8_t protocol, char out[NAMES_PROTOCOL_MAX])
{
	static const char *const names[256] = {
		[RTPROT_UNSPEC] = "none",   [RTPROT_REDIRECT] = "redirect",
		[RTPROT_KERNEL] = "kernel", [RTPROT_BOOT] = "boot",
		[RTPROT_STATIC] = "static", [RTPROT_GATED] = "gated",
		[RTPROT_RA] = "ra",	    [RTPROT_MRT] = "mrt",
		[RTPROT_ZEBRA] = "zebra",   [RTPROT_BIRD] = "bird",
		[RTPROT_DHCP] = "dhcp",	    [17] = "kube-router",
		[18] = "keepalived",	    [RTPROT_BABEL] = "babel",
		[RTPROT_BGP] = "bgp",	    [RTPROT_ISIS] = "isis",
		[RTPROT_OSPF] = "ospf",	    [RTPROT_RIP] = "rip",
		[RTPROT_EIGRP] = "eigrp",
	};

	if (names[protocol] == NULL)
		(void)snprintf(out, NAMES_PROTOCOL_MAX, "%u", protocol);
	else
		(void)snprintf(out, NAMES_PROTOCOL_MAX, "%s", names[protocol]);
	return out;
}

static void add_prefix(struct buf *out, const char *word, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	if (prefix->len > 0)
		buf_add(out, " %s %s", word, prefix_format(prefix, text));
}

static void add_name(struct buf *out, const char *word, const char *name)
{
	if (name[0] == '\0')
		return;
	buf_add(out, " %s ", word);
	buf_add_safe(out, text_of(name));
}

void names_add_rule(struct buf *out, const struct rule *rule)
{
	buf_add(out, "%s", rule->inverted ? " not" : "");
	add_prefix(out, "from", &rule->src);
	add_prefix(out, "to", &rule->dst);
	add_name(out, "iif", rule->iif);
	add_name(out, "oif", rule->oif);
	if (rule->mask != 0)
		buf_add(out, " fwmark 0x%x/0x%x", rule->mark, rule->mask);
	if (rule->odd)
		buf_add(out, " (with more conditions)");
	if (rule->action == RULE_LOOKUP && rule->l3mdev)
		buf_add(out, " lookup [l3mdev-table]");
	else if (rule->action == RULE_LOOKUP)
		buf_add(out, " lookup %u", rule->table);
	else if (rule->action == RULE_BLACKHOLE)
		buf_add(out, " blackhole");
	else if (rule->action == RULE_UNREACHABLE)
		buf_add(out, " unreachable");
	else if (rule->action == RULE_PROHIBIT)
		buf_add(out, " prohibit");
	if (rule->shortest != 0)
		buf_add(out, " suppress_prefixlength %d", rule->shortest - 1);
}
