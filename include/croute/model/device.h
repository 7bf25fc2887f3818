/* device.h - a VXLAN device as it is wanted, and how one that is there differs from it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/ip.h"
#include "croute/model/link.h"
#include "croute/model/mac.h"

#define DEVICE_ALIAS "croute"
#define DEVICE_GROUP 67	   /* link group of a device that is just being made */
#define DEVICE_MODE_NONE 1 /* IN6_ADDR_GEN_MODE_NONE */

/* A VXLAN device in normal form: what SPEC 6 asks of it, or what a link is. */
struct device {
	char name[LINK_NAME_MAX];
	uint32_t vni;
	struct ip local;
	uint32_t underlay; /* index of the link below */
	uint32_t master;   /* of the VRF that it is a port of */
	uint16_t port;
	uint8_t udp_csum;
	uint8_t learning;
	uint8_t ttl;
	uint8_t tos;
	uint8_t addrgenmode;
	bool up;
	uint32_t mtu;
	uint32_t txqlen;
	uint32_t group;
	uint32_t unknown; /* DEVICE_PART_* that are not known: never written */
	char alias[LINK_ALIAS_MAX];
	struct mac mac;
	/* Network addresses of the node's IPv4 and IPv6 podCIDR that it carries, /32 and /128;
	 * family 0: none. */
	struct prefix address[2];
};

/* What is the same for every device that croute wants; the rest of it is zero. */
#define DEVICE_OURS                                                                                \
	.udp_csum = 1, .addrgenmode = DEVICE_MODE_NONE, .up = true, .alias = DEVICE_ALIAS

/* Parts that can be repaired in place. */
#define DEVICE_PART_LOCAL 0x001U
#define DEVICE_PART_UNDERLAY 0x002U
#define DEVICE_PART_LEARNING 0x004U
#define DEVICE_PART_TTL 0x008U
#define DEVICE_PART_MAC 0x010U
#define DEVICE_PART_MTU 0x020U
#define DEVICE_PART_TXQLEN 0x040U
#define DEVICE_PART_MODE 0x080U	 /* how IPv6 link-local addresses come about */
#define DEVICE_PART_ALIAS 0x100U /* with the group set back */
#define DEVICE_PART_UP 0x200U
#define DEVICE_PART_MASTER 0x400U
#define DEVICE_PART_TOS 0x800U

/* Of link.unknown alone: VNI, port and UDP checksum, which only creation sets. */
#define DEVICE_PART_FIXED 0x1000U

/* What IFLA_INFO_DATA of a VXLAN device holds. */
#define DEVICE_PARTS_VXLAN                                                                         \
	(DEVICE_PART_LOCAL | DEVICE_PART_UNDERLAY | DEVICE_PART_LEARNING | DEVICE_PART_TTL |       \
	 DEVICE_PART_TOS | DEVICE_PART_FIXED)

/* Whether the address is one that the device is to have. */
bool device_has_address(const struct device *device, const struct ip *ip, uint8_t len);

/* Whether a link is a VXLAN device of croute's: by its alias, or by its group while it is being
 * made. */
bool device_is_ours(const struct link *link);

/* A link of kind vxlan in normal form, without its address. */
struct device device_of(const struct link *link);

/* Whether `link` can only be had right by recreating it: another kind, VNI, port, checksum or
 * underlay family (KERNEL.md). What is unknown of it is no reason. */
bool device_needs_remake(const struct device *device, const struct link *link);

/* The parts in which `link` differs, DEVICE_PART_* ored; what is unknown of either does not. A
 * local address that is not wanted cannot be taken away in place, so none is no difference. */
uint32_t device_differs(const struct device *device, const struct link *link);
