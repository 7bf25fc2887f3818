/* warnings.c - jumps between backends, changed MACs, strict return paths. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

static const char into_tunnel_words[] =
	"this goes from host-gw to vxlan in one step: hosts with the new file and hosts without it "
	"lose each other's packets; roll out backend.vxlan.directRouting: true to all hosts first, "
	"then false";
static const char out_of_tunnel_words[] =
	"this goes from vxlan to host-gw in one step: hosts with the new file and hosts without it "
	"lose each other's packets; roll out backend.vxlan.directRouting: true to all hosts first";

/* Whether pod routes go from plain to tunnelled or back in this very plan. */
static bool flips(const struct picture *picture, bool into_tunnel)
{
	for_each_change (change, &picture->plan) {
		if (change->kind == CHANGE_ROUTE && change->action == CHANGE_REPLACE &&
		    route_is_tunnelled(picture_was(picture, change)) != into_tunnel &&
		    route_is_tunnelled(picture_row(picture, change)) == into_tunnel)
			return true;
	}
	return false;
}

static const char *of_flip(const struct picture *picture)
{
	if (picture->config->backend == BACKEND_VXLAN && (picture->notes & NOTE_MADE_DEVICE) != 0 &&
	    flips(picture, true))
		return into_tunnel_words;
	if (picture->config->backend == BACKEND_HOST_GW && flips(picture, false))
		return out_of_tunnel_words;
	return NULL;
}

/* Frames to a MAC that the other end does not have are dropped there. */
static bool changes_peer_mac(const struct picture *picture)
{
	for_each_change (change, &picture->plan) {
		const struct neigh *was;
		const struct neigh *wanted;

		if (change->kind != CHANGE_NEIGH || change->action != CHANGE_REPLACE)
			continue;
		was = picture_was(picture, change);
		wanted = picture_row(picture, change);
		if (!mac_same(&was->mac, &wanted->mac))
			return true;
	}
	return false;
}

static const char *of_note(const struct picture *picture, unsigned note, const char *words)
{
	return (picture->notes & note) != 0 ? words : NULL;
}

const char *warnings_at(const struct picture *picture, unsigned i)
{
	const char *const found[] = {
		of_flip(picture),
		picture->holders[0] != '\0' ? picture->holders : NULL,
		picture->lacking[0] != '\0' ? picture->lacking : NULL,
		changes_peer_mac(picture)
			? "the VTEP MAC of a peer changes: packets through it are lost until both "
			  "ends have the new one"
			: NULL,
		of_note(picture, NOTE_CHANGED_MAC,
			"the VTEP MAC of this host changes: packets to it through the tunnel are "
			"lost until both ends have the new one"),
		of_note(picture, NOTE_CUT_MTU,
			"backend.vxlan.mtu is larger than the link below can carry; the device "
			"gets what fits"),
		of_note(picture, NOTE_STRICT_RP,
			"rp_filter is strict (1) on the underlay: packets that come plain from a "
			"host to which this one tunnels are dropped; set "
			"net.ipv4.conf.all.rp_filter=2"),
		of_note(picture, NOTE_BLIND_NFT,
			"whether masquerading matches the file is not visible here: snapshots do "
			"not include nftables tables, and on a host reading them needs "
			"CAP_NET_ADMIN"),
	};

	for (size_t at = 0; at < sizeof(found) / sizeof(found[0]); at++) {
		if (found[at] != NULL && i-- == 0)
			return found[at];
	}
	return NULL;
}

const char *warnings_between(const struct config *was, const struct config *now)
{
	if (was->backend == BACKEND_HOST_GW && now->backend == BACKEND_VXLAN &&
	    !now->vxlan.direct_routing)
		return into_tunnel_words;
	if (was->backend == BACKEND_VXLAN && !was->vxlan.direct_routing &&
	    now->backend == BACKEND_HOST_GW)
		return out_of_tunnel_words;
	return NULL;
}
