/* network.c - checks of links and their addresses. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <string.h>

#include "croute/core/flannel/flannel.h"
#include "croute/core/want/vtep.h"

/* Of VXLAN: Ethernet 14, IP 20 or 40, UDP 8, VXLAN 8. */
static const uint32_t overheads[2] = {50, 70};

static void check_choice(const struct selected *link, const struct ip *ip,
			 struct doctor_check *check)
{
	char address[IP_TEXT_MAX];

	(void)ip_format(ip, address);
	if (link->index != 0)
		doctor_find(check, DOCTOR_OK, "%s carries %s", link->name, address);
	else
		doctor_find(check, DOCTOR_FAILURE, "no interface for this node's address %s",
			    address);
}

void doctor_check_interface(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct selected *card;

	for (unsigned i = 0; i < 2; i++) {
		const struct doctor_family *family = &facts->family[i];

		if (family->wanted && doctor_card(facts, i, 0) == NULL)
			check_choice(&family->link, &family->address, check);
		for (uint32_t n = 0; (card = doctor_card(facts, i, n)) != NULL; n++) {
			struct ip ip = config_address_at(facts->config, facts->self, FAMILY_AT(i),
							 n);

			check_choice(card, &ip, check);
		}
	}
	if (check->result != DOCTOR_OK)
		doctor_fix(check, "croute interface says why, link by link");
}

/* Whether the link carries packets of pods. */
static bool carries_pods(const struct doctor_facts *facts, const struct link *link)
{
	const struct link *pods = doctor_pod_link(facts, 0);

	for (uint32_t i = 1; pods != NULL && pods != link; i++)
		pods = doctor_pod_link(facts, i);
	return pods != NULL || facts->family[0].link.index == link->index ||
	       facts->family[1].link.index == link->index || doctor_device(facts, 0) == link ||
	       doctor_device(facts, 1) == link;
}

/* net/ipv6/addrconf.c: the kernel keeps such an address, and neither uses nor answers it. */
static void check_address(const struct link_address *address, const struct link *link,
			  struct doctor_check *check)
{
	char text[IP_TEXT_MAX];

	(void)ip_format(&address->ip, text);
	if ((address->flags & LINK_ADDRESS_FAILED) != 0) {
		doctor_find(check, DOCTOR_FAILURE,
			    "%s on %s failed duplicate address detection: another host has it, and "
			    "this one does not use it",
			    text, link->name);
		doctor_fix(check, "give one of the two hosts another address, then:");
		doctor_fix(check, "ip addr del %s/%u dev %s && ip addr add %s/%u dev %s", text,
			   address->len, link->name, text, address->len, link->name);
	} else if ((address->flags & LINK_ADDRESS_TENTATIVE) != 0) {
		doctor_find(check, DOCTOR_UNKNOWN,
			    "%s on %s is tentative: duplicate address detection is under way", text,
			    link->name);
	}
}

void doctor_check_addresses(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (uint32_t i = 0; i < facts->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(facts->links, i);
		const struct link *link = links_find_index(facts->links, address->link);

		if (link != NULL && carries_pods(facts, link))
			check_address(address, link, check);
	}
	doctor_find(check, DOCTOR_OK, "no address failed duplicate address detection");
}

/* Finds the MTU for the packets of a family: 0 where unknown. */
static uint32_t check_family_mtu(const struct doctor_facts *facts, unsigned i,
				 struct doctor_check *check)
{
	const struct selected *below = &facts->family[i].link;
	const struct link *device = doctor_device(facts, i);
	bool tunnels = doctor_tunnels(facts);
	uint32_t overhead = tunnels ? overheads[i] : 0;
	const char *name = tunnels ? facts->family[i].device : below->name;
	uint32_t mtu = tunnels && device != NULL ? device->mtu : below->mtu;

	if (tunnels && device == NULL) {
		doctor_find(check, DOCTOR_UNKNOWN, "%s does not exist yet", name);
		return 0;
	}
	if (below->unnumbered && below->hops == 0) {
		doctor_find(check, DOCTOR_UNKNOWN,
			    "no route leads to a peer, so that the MTU below "
			    "%s is not known",
			    name);
	} else if (mtu + overhead > below->mtu) {
		doctor_find(check, DOCTOR_FAILURE,
			    "%s has an MTU of %u, and %s below it %u: with %u bytes of tunnel "
			    "headers big packets do not fit",
			    name, mtu,
			    below->unnumbered ? "a link that leads to peers" : below->name,
			    below->mtu, overhead);
		doctor_fix(check, "backend: {vxlan: {mtu: %u}}, or auto",
			   below->mtu > overhead ? below->mtu - overhead : 0);
	}
	doctor_find(check, DOCTOR_OK, "%s has %u", name, mtu);
	return mtu;
}

/* Pods take the MTU of their bridge; larger packets than the path takes are fragmented or sent
 * again. */
static void check_pod_mtu(const struct doctor_facts *facts, uint32_t mtu,
			  struct doctor_check *check)
{
	const struct link *before = NULL;
	const struct link *link;

	for (uint32_t i = 0; (link = doctor_pod_link(facts, i)) != NULL; i++) {
		if (link->mtu <= mtu || link == before)
			continue;
		before = link;
		doctor_find(check, DOCTOR_WARNING,
			    "pods behind %s may send %u bytes, but only %u get through to others",
			    link->name, link->mtu, mtu);
		doctor_fix(check, "\"mtu\": %u in the CNI configuration of the pod network", mtu);
	}
}

void doctor_check_mtu(const struct doctor_facts *facts, struct doctor_check *check)
{
	uint32_t least = 0; /* of both families: a pod has one MTU */

	for (unsigned i = 0; i < 2; i++) {
		uint32_t mtu = facts->family[i].link.index != 0 ? check_family_mtu(facts, i, check)
								: 0;

		if (mtu > 0 && (least == 0 || mtu < least))
			least = mtu;
	}
	if (least > 0)
		check_pod_mtu(facts, least, check);
	doctor_measured(facts, REACH_FULL, "the largest packets", check);
}

/* One VNI and port may stand once for each family; the family is that of the local end. */
static void check_other_device(const struct doctor_facts *facts, unsigned i,
			       const struct link *link, struct doctor_check *check)
{
	const struct config_vxlan *wanted = &facts->config->vxlan;
	const struct vxlan_params *has = &link->vxlan;
	const char *device = facts->family[i].device;

	if (strcmp(link->kind, "vxlan") != 0 || has->port != wanted->port ||
	    strcmp(link->name, device) == 0 ||
	    (!has->odd && (has->vni != wanted->vni || (has->local.family == AF_INET6) != (i == 1))))
		return;
	doctor_find(check, DOCTOR_FAILURE,
		    "%s already uses VNI %u on port %u%s; %s cannot be created", link->name,
		    has->vni, has->port, has->odd ? " with other flags" : "", device);
	if (strncmp(link->name, "flannel", 7) == 0)
		doctor_fix(check, "adopt: flannel, with backend: {vxlan: {device%s: %s}}",
			   i == 1 ? "V6" : "", link->name);
	else
		doctor_fix(check, "ip link del %s, or another backend.vxlan.vni or port",
			   link->name);
}

/* Of flannel's device, which has no alias: whether a pass could take it over as it is. */
static void check_flannels(const struct doctor_facts *facts, unsigned i, const struct link *link,
			   struct doctor_check *check)
{
	const struct config_node *node = config_node_at(facts->config, facts->self);
	struct device device;
	struct vtep_action action;
	struct error err = {0};
	char mac[MAC_TEXT_MAX];

	if (vtep_device(facts->config, node, &facts->family[i].link, &device, &err) == 0 &&
	    flannel_device_action(&device, facts->links, link, &action, &err) == 0)
		return;
	doctor_find(check, DOCTOR_FAILURE, "%s", err.text);
	doctor_fix(check, "backend: {vxlan: {vni: %u, port: %u, device%s: %s}}", link->vxlan.vni,
		   link->vxlan.port, i == 0 ? "" : "V6", link->name);
	doctor_fix(check, "in the entry of %s: vtepMAC%s: '%s'",
		   config_string_at(facts->config, node->name), i == 0 ? "" : "6",
		   mac_format(&link->mac, mac));
}

/* A device of the file's name that croute does not take for its own. */
static void check_alias(const struct doctor_facts *facts, unsigned i, const struct link *link,
			struct doctor_check *check)
{
	const struct config_vxlan *wanted = &facts->config->vxlan;
	bool is_vxlan = strcmp(link->kind, "vxlan") == 0;
	bool like_ours = is_vxlan && link->vxlan.vni == wanted->vni &&
			 link->vxlan.port == wanted->port && !link->vxlan.odd;

	if (device_is_ours(link))
		return;
	if (is_vxlan && link->alias[0] == '\0' && facts->config->adopt == ADOPT_FLANNEL) {
		check_flannels(facts, i, link, check);
	} else if (like_ours && link->alias[0] == '\0') {
		doctor_find(check, DOCTOR_FAILURE,
			    "%s has lost its alias \"" DEVICE_ALIAS "\", by which croute knows its "
			    "own device",
			    link->name);
		doctor_fix(check, "ip link set dev %s alias " DEVICE_ALIAS, link->name);
	} else {
		doctor_find(
			check, DOCTOR_FAILURE, "%s is not croute's device: it has %s%s", link->name,
			link->alias[0] != '\0' ? "the alias " : "no alias, and another VNI or port",
			link->alias);
		doctor_fix(check, "ip link del %s, or another name in backend.vxlan.device%s",
			   link->name, i == 0 ? "" : "V6");
	}
}

/* What a port receives goes to the others of its bridge; in a VRF it is routed by its table. */
static void check_master(const struct doctor_facts *facts, const struct link *link,
			 struct doctor_check *check)
{
	const struct link *master = links_find_index(facts->links, link->master);

	if (master == NULL || master->vrf_table == facts->config->kernel.table)
		return;
	if (master->vrf_table != 0) {
		doctor_find(check, DOCTOR_WARNING,
			    "%s is in VRF %s: what it receives is looked up in table %u, and "
			    "croute's routes are in table %u",
			    link->name, master->name, master->vrf_table,
			    facts->config->kernel.table);
		doctor_fix(check,
			   "kernel: {table: %u} in croute's file, or ip link set dev %s "
			   "nomaster",
			   master->vrf_table, link->name);
		return;
	}
	doctor_find(check, DOCTOR_FAILURE,
		    "%s is a port of %s%s: what it receives goes there, not to this node's pods",
		    link->name, strcmp(master->kind, "bridge") == 0 ? "bridge " : "", master->name);
	doctor_fix(check, "ip link set dev %s nomaster", link->name);
	doctor_fix(check, "and remove it from what configures %s", master->name);
}

void doctor_check_vxlan(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct link *device = doctor_device(facts, i);

		if (!facts->family[i].wanted)
			continue;
		for (uint32_t j = 0; j < facts->links->links.count; j++)
			check_other_device(facts, i, links_at(facts->links, j), check);
		if (device == NULL)
			continue;
		check_alias(facts, i, device, check);
		check_master(facts, device, check);
	}
	doctor_find(check, DOCTOR_OK, "no other device has VNI %u and port %u",
		    facts->config->vxlan.vni, facts->config->vxlan.port);
}
