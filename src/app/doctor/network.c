/* network.c - checks of links and their addresses. */

#include "app/doctor/facts.h"

#include <string.h>

#include "croute/model/device.h"

#define OVERHEAD_IPV4 50 /* of VXLAN: Ethernet 14, IP 20, UDP 8, VXLAN 8 */
#define OVERHEAD_IPV6 70
#define IPV6_LEAST 1280 /* RFC 8200, 5 */

static void say_interface(const struct doctor_family *family, struct doctor_check *check)
{
	char address[IP_TEXT_MAX];

	(void)ip_format(&family->address, address);
	if (family->link.index != 0) {
		doctor_say(check, DOCTOR_OK, "%s carries %s", family->link.name, address);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE, "no interface for this node's address %s", address);
	if (check->fix[0] == '\0')
		doctor_fix(check, "croute interface says why, link by link");
}

void doctor_check_interface(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (doctor_lacks(facts, check, facts->links != NULL, "links") || facts->links == NULL)
		return;
	if (facts->config->backend == BACKEND_NONE)
		doctor_say(check, DOCTOR_OK, "backend none needs none");
	else if (!facts->ipv4.wanted && !facts->ipv6.wanted)
		doctor_say(check, DOCTOR_UNKNOWN, "this node is not known");
	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->wanted)
			say_interface(doctor_family_at(facts, i), check);
	}
}

static bool is_looked_at(const struct doctor_facts *facts, const struct link *link)
{
	const struct link *pods;

	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->link.index == link->index ||
		    doctor_device(facts, doctor_family_at(facts, i)) == link)
			return true;
	}
	for (uint32_t i = 0; (pods = doctor_pod_link(facts, i)) != NULL; i++) {
		if (pods == link)
			return true;
	}
	return false;
}

/* net/ipv6/addrconf.c: the kernel keeps such an address, and neither uses nor answers it. */
static void check_address(const struct link_address *address, const struct link *link,
			  struct doctor_check *check)
{
	char text[IP_TEXT_MAX];

	(void)ip_format(&address->ip, text);
	if ((address->flags & LINK_ADDRESS_FAILED) != 0) {
		doctor_say(check, DOCTOR_FAILURE,
			   "%s on %s failed duplicate address detection: another host has it, and "
			   "this one does not use it",
			   text, link->name);
		doctor_fix(check, "give one of the two another address, then:");
		doctor_fix(check, "ip addr del %s/%u dev %s && ip addr add %s/%u dev %s", text,
			   address->len, link->name, text, address->len, link->name);
	} else if ((address->flags & LINK_ADDRESS_TENTATIVE) != 0) {
		doctor_say(check, DOCTOR_UNKNOWN,
			   "%s on %s is tentative: duplicate address detection goes on", text,
			   link->name);
	}
}

void doctor_check_addresses(const struct doctor_facts *facts, struct doctor_check *check)
{
	bool any = false;

	if (doctor_lacks(facts, check, facts->links != NULL, "links") || facts->links == NULL)
		return;
	for (uint32_t i = 0; i < facts->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(facts->links, i);
		const struct link *link = links_find_index(facts->links, address->link);

		if (link != NULL && is_looked_at(facts, link)) {
			check_address(address, link, check);
			any = true;
		}
	}
	if (any)
		doctor_say(check, DOCTOR_OK, "no address failed duplicate address detection");
	else
		doctor_say(check, doctor_without(facts), "no interface carries pod routes");
}

/* What a family's packets fit into, 0 for unknown. */
static uint32_t path_mtu(const struct doctor_facts *facts, const struct doctor_family *family)
{
	const struct link *device = doctor_device(facts, family);

	if (doctor_tunnels(facts))
		return device == NULL ? 0 : device->mtu;
	return family->link.mtu;
}

static void check_device_mtu(const struct doctor_facts *facts, const struct doctor_family *family,
			     struct doctor_check *check)
{
	uint32_t overhead = family == &facts->ipv4 ? OVERHEAD_IPV4 : OVERHEAD_IPV6;
	const struct link *device = doctor_device(facts, family);

	if (device == NULL) {
		doctor_say(check, DOCTOR_UNKNOWN, "%s does not exist yet", family->device);
		return;
	}
	if (device->mtu + overhead <= family->link.mtu) {
		doctor_say(check, DOCTOR_OK, "%s has %u, %s below it %u", device->name, device->mtu,
			   family->link.name, family->link.mtu);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE,
		   "%s has an MTU of %u, and %s below it %u: with %u bytes of tunnel around them "
		   "big packets do not fit",
		   device->name, device->mtu, family->link.name, family->link.mtu, overhead);
	doctor_fix(check, "backend: {vxlan: {mtu: %u}}, or auto",
		   family->link.mtu > overhead ? family->link.mtu - overhead : 0);
}

static bool has_ipv6_pods(const struct doctor_facts *facts)
{
	for (uint32_t i = 0; i < config_podcidr_count(facts->config); i++) {
		if (config_podcidr_at(facts->config, i)->prefix.ip.family == AF_INET6)
			return true;
	}
	return false;
}

static void check_family_mtu(const struct doctor_facts *facts, const struct doctor_family *family,
			     struct doctor_check *check)
{
	uint32_t mtu = path_mtu(facts, family);

	if (doctor_tunnels(facts))
		check_device_mtu(facts, family, check);
	else
		doctor_say(check, DOCTOR_OK, "%s has %u", family->link.name, mtu);
	if (mtu == 0 || mtu >= IPV6_LEAST || family == &facts->ipv4 || !has_ipv6_pods(facts))
		return;
	doctor_say(
		check, DOCTOR_FAILURE,
		"%s has an MTU of %u, and IPv6 needs at least 1280: the kernel turns it off there",
		doctor_tunnels(facts) ? family->device : family->link.name, mtu);
	doctor_fix(check, "where %s is configured (netplan, networkd, ifcfg): MTU %u",
		   family->link.name, IPV6_LEAST + (doctor_tunnels(facts) ? OVERHEAD_IPV6 : 0));
}

/* The lesser of both families: a pod has one MTU. */
static uint32_t least_mtu(const struct doctor_facts *facts)
{
	uint32_t least = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct doctor_family *family = doctor_family_at(facts, i);
		uint32_t mtu = family->link.index == 0 ? 0 : path_mtu(facts, family);

		if (mtu > 0 && (least == 0 || mtu < least))
			least = mtu;
	}
	return least;
}

/* Pods take the MTU of their bridge, and what is too big for the way must be split or sent anew. */
static void check_pod_mtu(const struct doctor_facts *facts, struct doctor_check *check)
{
	uint32_t mtu = least_mtu(facts);
	const struct link *before = NULL;
	const struct link *link;

	for (uint32_t i = 0; mtu > 0 && (link = doctor_pod_link(facts, i)) != NULL; i++) {
		if (link->mtu <= mtu || link == before)
			continue;
		before = link;
		doctor_say(check, DOCTOR_WARNING,
			   "pods behind %s may send %u bytes, but only %u get through to others",
			   link->name, link->mtu, mtu);
		doctor_fix(check, "set the MTU of the pod network to %u (of the CNI plugin)", mtu);
	}
}

void doctor_check_mtu(const struct doctor_facts *facts, struct doctor_check *check)
{
	bool any = false;

	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->link.index == 0)
			continue;
		check_family_mtu(facts, doctor_family_at(facts, i), check);
		any = true;
	}
	if (any)
		check_pod_mtu(facts, check);
	else
		doctor_say(check, DOCTOR_UNKNOWN, "needs a valid file and an interface");
}

/* One VNI and port may stand once for each family; the family is that of the local end. */
static bool is_in_the_way(const struct doctor_facts *facts, const struct doctor_family *family,
			  const struct link *link)
{
	const struct config_vxlan *wanted = &facts->config->vxlan;

	if (strcmp(link->kind, "vxlan") != 0 || link->vxlan.port != wanted->port ||
	    strcmp(link->name, family->device) == 0)
		return false;
	if (link->vxlan.odd)
		return true;
	return link->vxlan.vni == wanted->vni &&
	       (link->vxlan.local.family == AF_INET6) == (family == &facts->ipv6);
}

static void check_same_row(const struct doctor_facts *facts, const struct doctor_family *family,
			   struct doctor_check *check)
{
	for (uint32_t i = 0; i < facts->links->links.count; i++) {
		const struct link *link = links_at(facts->links, i);

		if (!is_in_the_way(facts, family, link))
			continue;
		doctor_say(check, DOCTOR_FAILURE,
			   "%s already uses VNI %u on port %u%s; %s cannot be created", link->name,
			   link->vxlan.vni, link->vxlan.port,
			   link->vxlan.odd ? " with other flags" : "", family->device);
		if (strncmp(link->name, "flannel", 7) == 0)
			doctor_fix(check, "adopt: flannel, with backend: {vxlan: {device%s: %s}}",
				   family == &facts->ipv6 ? "V6" : "", link->name);
		else
			doctor_fix(check, "ip link del %s, or another backend.vxlan.vni or port",
				   link->name);
	}
}

/* A device of the file's name that croute does not take for its own. */
static void check_alias(const struct doctor_facts *facts, const struct link *link,
			struct doctor_check *check)
{
	const struct config_vxlan *wanted = &facts->config->vxlan;
	bool like_ours = strcmp(link->kind, "vxlan") == 0 && link->vxlan.vni == wanted->vni &&
			 link->vxlan.port == wanted->port && !link->vxlan.odd;

	if (device_is_ours(link) || (like_ours && facts->config->adopt == ADOPT_FLANNEL))
		return;
	if (like_ours && link->alias[0] == '\0') {
		doctor_say(check, DOCTOR_FAILURE,
			   "%s has lost its alias \"" DEVICE_ALIAS "\", by which croute knows its "
			   "own device",
			   link->name);
		doctor_fix(check, "ip link set dev %s alias " DEVICE_ALIAS, link->name);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE, "%s is not croute's device: it has %s%s", link->name,
		   link->alias[0] != '\0' ? "the alias " : "no alias, and another VNI or port",
		   link->alias);
	doctor_fix(check, "ip link del %s, or another name in backend.vxlan.device", link->name);
}

/* What a port receives goes to the others of its bridge; in a VRF it is routed all the same. */
static void check_master(const struct doctor_facts *facts, const struct link *link,
			 struct doctor_check *check)
{
	const struct link *master = links_find_index(facts->links, link->master);

	if (link->master == 0 || (master != NULL && strcmp(master->kind, "vrf") == 0))
		return;
	doctor_say(check, DOCTOR_FAILURE,
		   "%s is a port of %s%s: what it receives goes there, not to this node's pods",
		   link->name,
		   master != NULL && strcmp(master->kind, "bridge") == 0 ? "bridge " : "",
		   master != NULL ? master->name : "another link");
	doctor_fix(check, "ip link set dev %s nomaster", link->name);
	if (master != NULL)
		doctor_fix(check, "and remove it from what configures %s", master->name);
}

static void check_tunnel(const struct doctor_facts *facts, const struct doctor_family *family,
			 struct doctor_check *check)
{
	const struct link *link = doctor_device(facts, family);

	check_same_row(facts, family, check);
	if (link == NULL)
		return;
	check_alias(facts, link, check);
	check_master(facts, link, check);
}

void doctor_check_vxlan(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (doctor_lacks(facts, check, facts->links != NULL, "links") || facts->links == NULL)
		return;
	if (!doctor_tunnels(facts)) {
		doctor_say(check, DOCTOR_OK, "the file asks for no tunnel");
		return;
	}
	doctor_say(check, DOCTOR_OK, "no other device has VNI %u and port %u",
		   facts->config->vxlan.vni, facts->config->vxlan.port);
	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->wanted)
			check_tunnel(facts, doctor_family_at(facts, i), check);
	}
}
