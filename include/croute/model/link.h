/* link.h - network interfaces and the addresses on them, as the kernel reports them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/ip.h"
#include "croute/model/mac.h"
#include "croute/model/rows.h"

#define LINK_NAME_MAX 16     /* IFNAMSIZ, with the NUL */
#define LINK_ALTNAME_MAX 128 /* ALTIFNAMSIZ, with the NUL */
#define LINK_ALIAS_MAX 32    /* longer aliases are cut: croute's own is "croute" */

/* One interface. The VXLAN part is zero for other kinds. */
struct link {
	uint32_t index;
	uint32_t flags; /* IFF_UP, IFF_LOOPBACK, … */
	uint32_t mtu;
	uint32_t group;
	uint32_t txqlen;
	uint32_t master;    /* index of the bridge, bond or VRF that it is a port of; 0: none */
	uint32_t vrf_table; /* of a VRF; else 0 */
	uint32_t unknown;   /* DEVICE_PART_* that the kernel left out: equal to anything */
	char name[LINK_NAME_MAX];
	char kind[LINK_NAME_MAX]; /* IFLA_INFO_KIND: "veth", "bridge", "vxlan"; empty for a card */
	char alias[LINK_ALIAS_MAX];
	struct mac mac;
	uint8_t addrgenmode; /* IN6_ADDR_GEN_MODE_*: 1 is none */
	uint8_t zero;
	struct vxlan_params {
		uint32_t vni;
		uint32_t underlay; /* IFLA_VXLAN_LINK: index of the link below */
		uint16_t port;	   /* host byte order */
		uint8_t learning;
		uint8_t ttl;
		uint8_t tos;
		uint8_t udp_csum;
		uint8_t odd; /* a flag that croute never sets: external, GBP, … */
		struct ip local;
	} vxlan;
};

/* One address of an interface. */
struct link_address {
	struct ip ip;
	uint8_t len;
	uint8_t scope; /* RT_SCOPE_* */
	uint8_t flags; /* LINK_ADDRESS_*, as they are in linux/if_addr.h; others are dropped */
	uint32_t link;
};
#define LINK_ADDRESS_FAILED 0x08    /* IFA_F_DADFAILED: another host has it */
#define LINK_ADDRESS_TENTATIVE 0x40 /* IFA_F_TENTATIVE: not used until that is known */

/* A further name of an interface, as udev gives them; it is as good as the first wherever one is
 * named. */
struct link_altname {
	uint32_t link;
	char name[LINK_ALTNAME_MAX];
};

/* All links and addresses of a network namespace at one time. Owns its rows. */
struct links {
	struct rows links;     /* of struct link, in the kernel's order: by index */
	struct rows addresses; /* of struct link_address, sorted by address */
	struct rows altnames;  /* of struct link_altname */
};

void links_init(struct links *links);
void links_reset(struct links *links);
void links_release(struct links *links);
const struct link *links_at(const struct links *links, uint32_t i);
const struct link_address *links_address_at(const struct links *links, uint32_t i);

/* The next address of a link from the `*i`-th of all on, which moves behind it; NULL past the last.
 */
const struct link_address *links_next_address(const struct links *links, uint32_t link,
					      uint32_t *i);

/* The i-th further name of `link`; NULL past the last. */
const char *links_altname_of(const struct links *links, const struct link *link, uint32_t i);

/* NULL when there is none. */
const struct link *links_find_index(const struct links *links, uint32_t index);
const struct link *links_find_name(const struct links *links, const char *name);

/* The link that has exactly this address; NULL when this host does not hold it. */
const struct link *links_find_holder(const struct links *links, const struct ip *ip);

/* Whether a prefix of an address on that link covers it. */
bool links_covers(const struct links *links, uint32_t link, const struct ip *ip);

/* The VRF that a link is, or is a port of; and the one whose table that is. NULL: none. */
const struct link *links_vrf_of(const struct links *links, uint32_t index);
const struct link *links_vrf_with(const struct links *links, uint32_t table);

bool link_is_up(const struct link *link);
