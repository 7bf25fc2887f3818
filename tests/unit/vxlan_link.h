/* vxlan_link.h - a VXLAN device as croute wants it, and the link that is just that. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <net/if.h>
#include <stdio.h>

#include "croute/model/device.h"

static inline struct device vxlan_device(uint8_t family)
{
	struct device device = {DEVICE_OURS,
				.vni = 1,
				.port = 8472,
				.local = {.family = family, .bytes = {10, 0, 0, 11}},
				.underlay = 2,
				.mtu = family == AF_INET ? 1450 : 1430,
				.mac = {.bytes = {2, 0, 0, 0, 0, 11}}};

	device.address[FAMILY_INDEX(family)] = (struct prefix){
		.ip = {.family = family, .bytes = {10, 244, 1}}, .len = ip_bits(family)};
	(void)snprintf(device.name, sizeof(device.name),
		       family == AF_INET ? "croute.1" : "croute-v6.1");
	return device;
}

static inline struct link vxlan_link(const struct device *device, uint32_t index)
{
	struct link link = {.index = index,
			    .flags = IFF_UP,
			    .mtu = device->mtu,
			    .kind = "vxlan",
			    .alias = DEVICE_ALIAS,
			    .mac = device->mac,
			    .addrgenmode = DEVICE_MODE_NONE,
			    .vxlan = {.vni = device->vni,
				      .underlay = device->underlay,
				      .port = device->port,
				      .udp_csum = 1,
				      .local = device->local}};

	(void)snprintf(link.name, sizeof(link.name), "%s", device->name);
	return link;
}
