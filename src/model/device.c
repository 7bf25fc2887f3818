/* device.c - comparing a VXLAN device with what is wanted. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/device.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

bool device_has_address(const struct device *device, const struct ip *ip, uint8_t len)
{
	const struct prefix *wanted = &device->address[ip->family == AF_INET ? 0 : 1];

	return ip_same(&wanted->ip, ip) && wanted->len == len;
}

bool device_is_ours(const struct link *link)
{
	if (strcmp(link->kind, "vxlan") != 0)
		return false;
	return strcmp(link->alias, DEVICE_ALIAS) == 0 ||
	       (link->alias[0] == '\0' && link->group == DEVICE_GROUP);
}

static bool differs_for_good(const struct device *device, const struct link *link)
{
	const struct vxlan_params *vxlan = &link->vxlan;

	return vxlan->vni != device->vni || vxlan->port != device->port || vxlan->odd ||
	       (device->local.family == AF_INET && !vxlan->udp_csum);
}

bool device_needs_remake(const struct device *device, const struct link *link)
{
	if (strcmp(link->kind, "vxlan") != 0)
		return true;
	if ((link->unknown & DEVICE_PART_FIXED) == 0 && differs_for_good(device, link))
		return true;
	return (link->unknown & DEVICE_PART_LOCAL) == 0 &&
	       link->vxlan.local.family != device->local.family;
}

struct device device_of(const struct link *link)
{
	const struct vxlan_params *vxlan = &link->vxlan;
	struct device device = {.vni = vxlan->vni,
				.local = vxlan->local,
				.underlay = vxlan->underlay,
				.master = link->master,
				.port = vxlan->port,
				.udp_csum = vxlan->udp_csum,
				.learning = vxlan->learning,
				.ttl = vxlan->ttl,
				.tos = vxlan->tos,
				.addrgenmode = link->addrgenmode,
				.up = link_is_up(link),
				.mtu = link->mtu,
				.txqlen = link->txqlen,
				.group = link->group,
				.unknown = link->unknown,
				.mac = link->mac};

	(void)snprintf(device.name, sizeof(device.name), "%s", link->name);
	(void)snprintf(device.alias, sizeof(device.alias), "%s", link->alias);
	return device;
}

#define FIELD(part, member)                                                                        \
	{                                                                                          \
		part, offsetof(struct device, member), sizeof(((struct device *)NULL)->member)     \
	}

uint32_t device_differs(const struct device *device, const struct link *link)
{
	static const struct {
		uint32_t part;
		size_t at;
		size_t size;
	} fields[] = {
		FIELD(DEVICE_PART_LOCAL, local),       FIELD(DEVICE_PART_UNDERLAY, underlay),
		FIELD(DEVICE_PART_LEARNING, learning), FIELD(DEVICE_PART_TTL, ttl),
		FIELD(DEVICE_PART_TOS, tos),	       FIELD(DEVICE_PART_MAC, mac),
		FIELD(DEVICE_PART_MTU, mtu),	       FIELD(DEVICE_PART_TXQLEN, txqlen),
		FIELD(DEVICE_PART_MODE, addrgenmode),  FIELD(DEVICE_PART_ALIAS, alias),
		FIELD(DEVICE_PART_ALIAS, group),       FIELD(DEVICE_PART_UP, up),
		FIELD(DEVICE_PART_MASTER, master),
	};
	struct device there = device_of(link);
	uint32_t parts = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (memcmp((const char *)device + fields[i].at, (const char *)&there + fields[i].at,
			   fields[i].size) != 0)
			parts |= fields[i].part;
	}
	if (!ip_is_set(&device->local))
		parts &= ~DEVICE_PART_LOCAL;
	return parts & ~(device->unknown | there.unknown);
}
