/* warnings.c - jumps between backends, changed MACs, strict return paths. */
#include "croute/core/report/warnings.h"

static const char into_tunnel_words[] =
	"this goes from host-gw to vxlan in one step: hosts that have it and hosts that have not "
	"lose each other's packets; take backend.vxlan.directRouting: true to all hosts first, "
	"then false";
static const char out_of_tunnel_words[] =
	"this goes from vxlan to host-gw in one step: hosts that have it and hosts that have not "
	"lose each other's packets; take backend.vxlan.directRouting: true to all hosts first";

/* Whether pod routes go from plain to tunnelled or back in this very plan. */
static bool flips(const struct warnings_ctx *scene, bool into_tunnel)
{
	for (uint32_t i = 0; i < plan_change_count(scene->plan); i++) {
		const struct change *change = plan_change_at(scene->plan, i);
		const struct route *was;

		if (change->kind != CHANGE_ROUTE || change->action != CHANGE_REPLACE)
			continue;
		was = rows_at(&scene->have->rows[CHANGE_ROUTE], change->have);
		if (route_is_tunnelled(was) != into_tunnel &&
		    route_is_tunnelled(desired_route_at(scene->desired, change->want)) ==
			    into_tunnel)
			return true;
	}
	return false;
}

static const char *of_flip(const struct warnings_ctx *scene)
{
	if (scene->config->backend == BACKEND_VXLAN && scene->made_device && flips(scene, true))
		return into_tunnel_words;
	if (scene->config->backend == BACKEND_HOST_GW && flips(scene, false))
		return out_of_tunnel_words;
	return NULL;
}

/* Frames to a MAC that the other end does not bear are dropped there. */
static bool changes_peer_mac(const struct warnings_ctx *scene)
{
	for (uint32_t i = 0; i < plan_change_count(scene->plan); i++) {
		const struct change *change = plan_change_at(scene->plan, i);
		const struct neigh *was;
		const struct neigh *wanted;

		if (change->kind != CHANGE_NEIGH || change->action != CHANGE_REPLACE)
			continue;
		was = rows_at(&scene->have->rows[CHANGE_NEIGH], change->have);
		wanted = rows_at(&scene->desired->want.rows[CHANGE_NEIGH], change->want);
		if (!mac_same(&was->mac, &wanted->mac))
			return true;
	}
	return false;
}

const char *warnings_at(const struct warnings_ctx *scene, unsigned i)
{
	const char *const found[] = {
		of_flip(scene),
		scene->holders != NULL && scene->holders[0] != '\0' ? scene->holders : NULL,
		changes_peer_mac(scene)
			? "the VTEP MAC of a peer changes: packets through it are lost until both "
			  "ends have the new one"
			: NULL,
		scene->changed_mac
			? "the VTEP MAC of this host changes: packets to it through the tunnel "
			  "are lost until both ends have the new one"
			: NULL,
		scene->cut_mtu
			? "backend.vxlan.mtu is more than the link below carries; the device has "
			  "what fits"
			: NULL,
		scene->strict_rp
			? "rp_filter is strict (1) on the underlay: packets that come plain from a "
			  "host to which this one tunnels are dropped; set "
			  "net.ipv4.conf.all.rp_filter=2"
			: NULL,
		scene->blind_nft
			? "whether masquerading is as the file says cannot be seen here: nftables "
			  "tables are in no snapshot, and on a host seeing them needs CAP_NET_ADMIN"
			: NULL,
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
