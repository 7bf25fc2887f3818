/* device.c - comparing a VXLAN device with what is wanted. */
#include "croute/model/device.h"

#include <string.h>

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

static uint32_t part_if(bool differs, uint32_t part)
{
	return differs ? part : 0;
}

uint32_t device_differs(const struct device *device, const struct link *link)
{
	const struct vxlan_params *vxlan = &link->vxlan;

	uint32_t parts = part_if(!ip_same(&vxlan->local, &device->local), DEVICE_PART_LOCAL) |
			 part_if(vxlan->underlay != device->underlay, DEVICE_PART_UNDERLAY) |
			 part_if(vxlan->learning != 0, DEVICE_PART_LEARNING) |
			 part_if(vxlan->ttl != 0, DEVICE_PART_TTL) |
			 part_if(vxlan->tos != 0, DEVICE_PART_TOS) |
			 part_if(!mac_same(&link->mac, &device->mac), DEVICE_PART_MAC) |
			 part_if(link->mtu != device->mtu, DEVICE_PART_MTU) |
			 part_if(link->txqlen != 0, DEVICE_PART_TXQLEN) |
			 part_if(link->addrgenmode != DEVICE_MODE_NONE, DEVICE_PART_MODE) |
			 part_if(strcmp(link->alias, DEVICE_ALIAS) != 0, DEVICE_PART_ALIAS) |
			 part_if(!link_is_up(link), DEVICE_PART_UP) |
			 part_if(strcmp(link->name, device->name) != 0, DEVICE_PART_NAME);

	return parts & ~link->unknown;
}
