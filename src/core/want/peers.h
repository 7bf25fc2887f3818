/* peers.h - what a peer needs in a VXLAN device. */
#pragma once

#include <stdint.h>

#include "croute/core/config/config.h"
#include "croute/core/want/rows.h"

/* One podCIDR of another node, and the node's address of that family. */
struct tunnel_peer {
	const struct config_podcidr *podcidr;
	struct ip address;
	struct desired_cause cause;
};

/* Make room to note which nodes have their forwarding entry. Only vxlan needs it. 0 or -ENOSPC. */
int tunnel_begin(struct desired *desired, const struct config *config);

/* Forget them, one by one: a plan for few podCIDRs costs nothing for all the nodes. */
void tunnel_end(struct desired *desired, const struct config *config);

/* Turn a pod route into one through the device: via the podCIDR's own network address, onlink
 * (FLANNEL.md). */
void tunnel_route(struct route *route, uint32_t device);

/*
 * The neighbour of one podCIDR, and the forwarding entry of its node, which its podCIDRs of one
 * family share. 0 or -ENOSPC.
 */
int tunnel_add_peer(struct desired *desired, const struct config *config, uint32_t device,
		    const struct tunnel_peer *peer);
