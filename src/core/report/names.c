/* names.c - names of route types and protocols (include/uapi/linux/rtnetlink.h). */
#include "croute/core/report/names.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

const char *rtname_type(uint8_t type)
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

const char *rtname_protocol(uint8_t protocol, char out[RTNAME_MAX])
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
		(void)snprintf(out, RTNAME_MAX, "%u", protocol);
	else
		(void)snprintf(out, RTNAME_MAX, "%s", names[protocol]);
	return out;
}
