/* adopting.h - a host in memory that flannel has left, ready for a takeover. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "patient.h"

#define ADOPTING_MAC_4(n) ", vtepMAC: '2a:2c:18:5f:e2:0" n "'"
#define ADOPTING_MAC_6(n) ", vtepMAC6: '52:6b:d0:7a:41:0" n "'"
#define ADOPTING_NODE(n, macs)                                                                     \
	"- {name: worker-" n ", address: [10.0.0.1" n ", 'fd00::1" n "'], podCIDRs: [10.244." n    \
	".0/24, 'fd10:244:0:" n "::/64']" macs "}\n"
#define ADOPTING_HEAD "version: 1\nadopt: flannel\n" PATIENT_NETWORK
#define ADOPTING_TUNNEL                                                                            \
	"backend: {type: vxlan, vxlan: {device: flannel.1, deviceV6: flannel-v6.1}}\n"
#define ADOPTING_NODES                                                                             \
	"nodes:\n" ADOPTING_NODE("1", ADOPTING_MAC_4("1") ADOPTING_MAC_6("1"))                     \
		ADOPTING_NODE("2", ADOPTING_MAC_4("2") ADOPTING_MAC_6("2"))                        \
			ADOPTING_NODE("3", ADOPTING_MAC_4("3") ADOPTING_MAC_6("3"))
#define ADOPTING_VXLAN ADOPTING_HEAD ADOPTING_TUNNEL ADOPTING_NODES
#define ADOPTING_HOST_GW ADOPTING_HEAD ADOPTING_NODES

static inline struct mac adopting_mac(const char *text)
{
	struct mac mac;

	assert_int_equal(mac_parse(text_of(text), &mac), 0);
	return mac;
}

static inline struct link *adopting_link(struct patient *patient, uint32_t index)
{
	struct rows *links = &patient->world.picture.links.links;

	for (uint32_t i = 0; i < links->count; i++) {
		struct link *link = rows_at(links, i);

		if (link->index == index)
			return link;
	}
	fail_msg("no link %u", index);
	return NULL;
}

/* As flannel leaves it. */
static inline void adopting_make(struct patient *patient, uint32_t index, const char *name,
				 const char *mac, const struct ip *local)
{
	struct link *link = adopting_link(patient, index);

	(void)snprintf(link->name, sizeof(link->name), "%s", name);
	link->mac = adopting_mac(mac);
	link->vxlan.local = *local;
	link->vxlan.underlay = WORLD_ETH1;
	link->vxlan.udp_csum = 1;
	link->alias[0] = '\0';
}

static inline void adopting_open(struct patient *patient, const char *yaml)
{
	patient_open(patient, yaml);
	patient->facts.adopting = true;
	if (patient->facts.config->backend != BACKEND_VXLAN)
		return;
	adopting_make(patient, PATIENT_DEVICE, "flannel.1", "2a:2c:18:5f:e2:01",
		      &patient->facts.family[0].address);
	adopting_make(patient, PATIENT_DEVICE_V6, "flannel-v6.1", "52:6b:d0:7a:41:01",
		      &patient->facts.family[1].address);
	patient->facts.family[0].device = "flannel.1";
	patient->facts.family[1].device = "flannel-v6.1";
}
