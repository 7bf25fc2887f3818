/* vtep.c - compares a device with the wanted one. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/vtep.h"

#include <errno.h>
#include <string.h>

#define OVERHEAD_IPV4 50 /* outer Ethernet, IPv4, UDP, VXLAN (RFC 7348) */
#define OVERHEAD_IPV6 70
#define IPV6_LEAST_MTU 1280 /* RFC 8200, 5 */
/*
 * With no TOS of its own a device remembers one route for each peer and CPU, so that of several
 * next hops all flows take one (drivers/net/vxlan/vxlan_core.c: vxlan_xmit_one, use_cache). Bits 0
 * and 1 are ECN, which is that of the packet inside (INET_ECN_encapsulate), so this never gets on
 * the wire; 1 would mean "inherit".
 */
#define TOS_UNCACHED 2

/* The network address of the podCIDR that flannel takes, as /32 or /128, whatever the order of the
 * addresses; of the other family where this underlay carries it to a peer. */
static struct prefix device_address(const struct config *config, const struct config_node *node,
				    uint8_t family, uint8_t carrier)
{
	const struct config_podcidr *first = config_first_podcidr(config, node, family);
	struct ip own = config_node_address(node, family);

	if (first == NULL ||
	    (family != carrier && ip_is_set(&own) && !config->crossed[FAMILY_INDEX(family)]))
		return (struct prefix){0};
	return prefix_of(&first->prefix.ip, ip_bits(family));
}

/* The kernel silently lowers an MTU that the underlay cannot carry (vxlan_change_mtu), so it is not
 * asked for. */
static int choose_mtu(const struct config_vxlan *vxlan, const struct selected *underlay,
		      uint32_t *out, struct error *err)
{
	bool ipv4 = underlay->address.family == AF_INET;
	uint32_t overhead = ipv4 ? OVERHEAD_IPV4 : OVERHEAD_IPV6;
	uint32_t room = underlay->mtu > overhead ? underlay->mtu - overhead : 0;
	bool given = vxlan->mtu != 0 && vxlan->mtu < room;
	uint32_t mtu = given ? vxlan->mtu : room;

	if (!ipv4 && mtu < IPV6_LEAST_MTU && given)
		return error_set(err, EINVAL,
				 "an MTU of %u is below the %u that IPv6 needs: raise "
				 "backend.vxlan.mtu",
				 mtu, IPV6_LEAST_MTU);
	if (!ipv4 && mtu < IPV6_LEAST_MTU)
		return error_set(err, EINVAL,
				 "an MTU of %u is below the %u that IPv6 needs: raise the MTU of "
				 "%s to %u or more",
				 mtu, IPV6_LEAST_MTU, underlay->name, IPV6_LEAST_MTU + overhead);
	*out = mtu;
	return 0;
}

int vtep_device(const struct config *config, const struct config_node *node,
		const struct selected *underlay, struct device *out, struct error *err)
{
	uint8_t family = underlay->address.family;
	const struct config_vxlan *vxlan = &config->vxlan;
	struct device device = {DEVICE_OURS,
				.vni = vxlan->vni,
				.port = (uint16_t)vxlan->port,
				.local = underlay->address,
				.underlay = underlay->unnumbered ? 0 : underlay->index,
				.tos = underlay->unnumbered ? TOS_UNCACHED : 0,
				.mac = config_vtep_mac(config, node, family)};
	int status = choose_mtu(vxlan, underlay, &device.mtu, err);

	if (status < 0)
		return status;
	/* While the routes to peers are gone, the MTU that they had stays. */
	if (underlay->unnumbered && underlay->hops == 0)
		device.unknown |= DEVICE_PART_MTU;
	for (int i = 0; i < FAMILIES; i++)
		device.address[i] = device_address(config, node, FAMILY_AT(i), family);
	memcpy(device.name, family == AF_INET ? vxlan->device : vxlan->device_v6,
	       sizeof(device.name));
	*out = device;
	return 0;
}

void vtep_join_vrf(struct device *device, const struct config *config, const struct links *links)
{
	const struct link *vrf = links_vrf_with(links, config->kernel.table);

	if (vrf != NULL)
		device->master = vrf->index;
	else
		device->unknown |= DEVICE_PART_MASTER;
}

/* A device that was given no local address is an IPv4 one. */
static uint8_t underlay_family(const struct vxlan_params *vxlan)
{
	return ip_is_set(&vxlan->local) ? vxlan->local.family : AF_INET;
}

/* Another VXLAN device beside which the kernel refuses ours: of the same VNI and port, or with
 * other flags while it holds the port, an external one, which has no VNI, that of both families
 * (drivers/net/vxlan, vxlan_config_validate and vxlan_open). */
static bool is_in_the_way(const struct device *device, const struct link *link)
{
	const struct vxlan_params *vxlan = &link->vxlan;

	if (strcmp(link->kind, "vxlan") != 0 || vxlan->port != device->port)
		return false;
	if (underlay_family(vxlan) != device->local.family && !(vxlan->odd && vxlan->vni == 0))
		return false;
	return vxlan->odd ? link_is_up(link) : vxlan->vni == device->vni;
}

static int refuse(const struct device *device, const struct link *link, struct error *err)
{
	if (strcmp(link->name, device->name) == 0)
		return error_set(err, EEXIST,
				 "%s already exists and is not croute's%s: remove it, or name "
				 "another in backend.vxlan.device",
				 link->name, link->kind[0] != '\0' ? "" : " (nor virtual)");
	if (link->vxlan.odd)
		return error_set(err, EEXIST,
				 "VXLAN device %s, not croute's, uses UDP port %u with other "
				 "flags: remove it, or give another backend.vxlan.port",
				 link->name, link->vxlan.port);
	return error_set(
		err, EEXIST,
		"VXLAN device %s, not croute's, uses VNI %u and UDP port %u: remove it, or give "
		"another backend.vxlan.vni or port than %u and %u",
		link->name, link->vxlan.vni, link->vxlan.port, device->vni, device->port);
}

/* Ours among the links: of its name, or on its VNI and port under another name. */
static const struct link *find_ours(const struct device *device, const struct links *links)
{
	const struct link *named = links_find_name(links, device->name);

	if (named != NULL && device_is_ours(named))
		return named;
	for (uint32_t i = 0; i < links->links.count; i++) {
		const struct link *link = links_at(links, i);

		if (device_is_ours(link) && is_in_the_way(device, link))
			return link;
	}
	return NULL;
}

bool vtep_has_only_its_address(const struct device *device, const struct links *links,
			       uint32_t index)
{
	const struct link_address *address;
	uint32_t i = 0;
	uint32_t found = 0;
	uint32_t wanted = 0;

	while ((address = links_next_address(links, index, &i)) != NULL) {
		if (ip_is_link_local(&address->ip))
			continue;
		if (!device_has_address(device, &address->ip, address->len))
			return false;
		found++;
	}
	for (int family = 0; family < FAMILIES; family++)
		wanted += ip_is_set(&device->address[family].ip);
	return found == wanted;
}

bool vtep_is_taken_down(const struct device *device, uint32_t parts)
{
	return (parts & (DEVICE_PART_MASTER | DEVICE_PART_UP)) != 0 &&
	       ip_is_set(&device->address[FAMILY_INDEX(AF_INET6)].ip);
}

/* One that came about by the mode that is now repaired; one that is there with the right mode is
 * left, as flannel's are when its device is taken over. */
static bool has_link_local(const struct links *links, uint32_t index)
{
	const struct link_address *address;
	uint32_t i = 0;

	do {
		address = links_next_address(links, index, &i);
	} while (address != NULL && !ip_is_link_local(&address->ip));
	return address != NULL;
}

static struct vtep_action step_for(const struct device *device, const struct links *links,
				   const struct link *link)
{
	struct vtep_action step = {.action = VTEP_MAKE, .address = true};

	if (link == NULL)
		return step;
	step.index = link->index;
	if (device_needs_remake(device, link) || strcmp(link->name, device->name) != 0) {
		step.action = VTEP_REMAKE;
		return step;
	}
	step.parts = device_differs(device, link);
	step.address = vtep_is_taken_down(device, step.parts) ||
		       !vtep_has_only_its_address(device, links, link->index) ||
		       ((step.parts & DEVICE_PART_MODE) != 0 && has_link_local(links, link->index));
	step.action = step.parts != 0 || step.address ? VTEP_MEND : VTEP_KEEP;
	return step;
}

/* Beside a device that is up already, whatever came later is in nobody's way. */
static bool is_to_come_up(const struct vtep_action *step)
{
	return step->action == VTEP_MAKE || step->action == VTEP_REMAKE ||
	       (step->parts & DEVICE_PART_UP) != 0;
}

int vtep_decide(const struct device *device, const struct links *links, struct vtep_action *out,
		struct error *err)
{
	struct vtep_action step = step_for(device, links, find_ours(device, links));

	for (uint32_t i = 0; i < links->links.count; i++) {
		const struct link *link = links_at(links, i);
		bool named = strcmp(link->name, device->name) == 0;

		if (!device_is_ours(link) && is_to_come_up(&step) &&
		    (named || is_in_the_way(device, link)))
			return refuse(device, link, err);
	}
	*out = step;
	return 0;
}
