/* peers.c - rows of a VXLAN peer. */
#include "core/want/peers.h"

#include <errno.h>
#include <linux/neighbour.h>

#include "croute/core/want/vtep.h"

int tunnel_begin(struct desired *desired, const struct config *config)
{
	uint32_t nodes = config_node_count(config);

	if (config->backend != BACKEND_VXLAN || nodes <= desired->told.used)
		return 0;
	return arena_push(&desired->told, nodes - desired->told.used) != NULL ? 0 : -ENOSPC;
}

void tunnel_end(struct desired *desired, const struct config *config)
{
	for (uint32_t i = 0; i < desired->want.rows[CHANGE_FDB].count; i++) {
		uint32_t podcidr = desired_cause_at(desired, CHANGE_FDB, i).index;

		desired->told.base[config_podcidr_at(config, podcidr)->node] = 0;
	}
}

void tunnel_route(struct route *route, uint32_t device)
{
	struct prefix prefix = route_prefix(route);

	route->oif = device;
	route->flags |= ROUTE_ONLINK;
	route_set_gateway(route, &prefix.ip);
}

static int add_fdb(struct desired *desired, uint32_t device, const struct tunnel_peer *peer,
		   const struct mac *mac)
{
	uint8_t bit = peer->address.family == AF_INET ? DESIRED_NEAR_IPV4 : DESIRED_NEAR_IPV6;
	uint8_t *told = desired->told.base + peer->podcidr->node;
	struct desired_fdb row = {
		.fdb = {.link = device, .mac = *mac, .dst = peer->address, .state = NUD_PERMANENT},
		.cause = peer->cause};

	if ((*told & bit) != 0)
		return 0;
	if (rows_add(&desired->want.rows[CHANGE_FDB], &row) < 0)
		return -ENOSPC;
	*told |= bit;
	return 0;
}

int tunnel_add_peer(struct desired *desired, const struct config *config, uint32_t device,
		    const struct tunnel_peer *peer)
{
	const struct config_node *node = config_node_at(config, peer->podcidr->node);
	struct mac mac = config_vtep_mac(config, node, peer->address.family);
	struct desired_neigh row = {.neigh = {.link = device,
					      .ip = peer->podcidr->prefix.ip,
					      .mac = mac,
					      .state = NUD_PERMANENT},
				    .cause = peer->cause};
	int status = rows_add(&desired->want.rows[CHANGE_NEIGH], &row);

	return status < 0 ? status : add_fdb(desired, device, peer, &mac);
}
