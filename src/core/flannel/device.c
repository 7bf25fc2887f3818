/* device.c - whether flannel's device can be ours as it is. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/flannel/flannel.h"

#include <errno.h>
#include <string.h>

const struct link *flannel_find_device(const struct config *config, const struct device *device,
				       const struct links *links)
{
	const struct link *link = links_find_name(links, device->name);

	if (config->adopt != ADOPT_FLANNEL || link == NULL || strcmp(link->kind, "vxlan") != 0)
		return NULL;
	return link->alias[0] == '\0' && !device_is_ours(link) ? link : NULL;
}

#define INSTEAD "; it is not taken over, since only a new device could be so"

/* What is fixed at its making, each with what to do about it (device_needs_remake). */
static int check_fixed(const struct device *device, const struct link *link, struct error *err)
{
	const struct vxlan_params *vxlan = &link->vxlan;

	if (vxlan->vni != device->vni)
		return error_set(err, EEXIST,
				 "%s has VNI %u, the file says %u" INSTEAD
				 ": write backend.vxlan.vni: %u",
				 link->name, vxlan->vni, device->vni, vxlan->vni);
	if (vxlan->port != device->port)
		return error_set(err, EEXIST,
				 "%s has UDP port %u, the file says %u" INSTEAD
				 ": write backend.vxlan.port: %u",
				 link->name, vxlan->port, device->port, vxlan->port);
	if (vxlan->local.family != device->local.family)
		return error_set(err, EEXIST,
				 "%s has no %s underlay" INSTEAD
				 ": look at backend.vxlan.device and deviceV6",
				 link->name, device->local.family == AF_INET ? "IPv4" : "IPv6");
	if (vxlan->odd)
		return error_set(err, EEXIST,
				 "%s has flags that croute never sets (external, GBP or the "
				 "like)" INSTEAD ": name another in backend.vxlan.device",
				 link->name);
	if (device->local.family == AF_INET && !vxlan->udp_csum)
		return error_set(err, EEXIST,
				 "%s has its UDP checksums off" INSTEAD
				 ": remove it when the node is drained, croute makes it anew",
				 link->name);
	return 0;
}

static int check_mac(const struct device *device, const struct link *link, struct error *err)
{
	const char *key = device->local.family == AF_INET ? "vtepMAC" : "vtepMAC6";
	char there[MAC_TEXT_MAX];
	char wanted[MAC_TEXT_MAX];

	if (mac_same(&link->mac, &device->mac))
		return 0;
	return error_set(
		err, EEXIST,
		"%s has MAC %s, and %s would be this node's by the file; it is not taken "
		"over, since its peers know it by the one it has: write %s: '%s' into this "
		"node's entry (croute import takes it from the annotations)",
		link->name, mac_format(&link->mac, there), mac_format(&device->mac, wanted), key,
		there);
}

int flannel_device_action(const struct device *device, const struct links *links,
			  const struct link *link, struct vtep_action *out, struct error *err)
{
	int status = check_fixed(device, link, err);

	if (status == 0)
		status = check_mac(device, link, err);
	if (status < 0)
		return status;
	*out = (struct vtep_action){
		.action = VTEP_MEND,
		.index = link->index,
		.parts = device_differs(device, link),
		.adopt = true,
	};
	out->address = vtep_is_taken_down(device, out->parts) ||
		       !vtep_has_only_its_address(device, links, link->index);
	return 0;
}
