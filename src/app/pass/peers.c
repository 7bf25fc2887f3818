/* peers.c - what the tunnel devices hold, and which peers need no tunnel. */
#include "croute/app/pass/steps.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "croute/model/device.h"

/* Permanent entries on our own device are ours; others count only where they stand on a wanted key.
 */
static int gather_neigh(void *context, const struct neigh *neigh)
{
	struct pass *pass = context;
	const struct rows *want = &pass->desired.want.rows[CHANGE_NEIGH];

	if ((neigh->state & NUD_PERMANENT) == 0 && rows_find(want, neigh) == ROWS_NOT_FOUND)
		return 0;
	return rows_add(&pass->have.rows[CHANGE_NEIGH], neigh);
}

static int gather_fdb(void *context, const struct fdb *fdb)
{
	struct pass *pass = context;
	const struct rows *want = &pass->desired.want.rows[CHANGE_FDB];

	if (fdb->state != NUD_PERMANENT && rows_find(want, fdb) == ROWS_NOT_FOUND)
		return 0;
	return rows_add(&pass->have.rows[CHANGE_FDB], fdb);
}

/* Of a device that cannot be had, nothing is known to be wrong. */
int pass_read_device(struct pass *pass, const struct pass_family *family, struct error *err)
{
	uint32_t device = family->stuck ? 0 : family->device;
	int status = 0;

	if (device == 0 || links_find_index(&pass->links, device) == NULL)
		return 0;
	status = source_read_fdb(&pass->source, device, gather_fdb, pass, err);
	return status < 0 ? status
			  : source_read_neighs(&pass->source, device, gather_neigh, pass, err);
}

int pass_read_peers(struct pass *pass, struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		rows_reset(&pass->have.rows[CHANGE_FDB]);
		rows_reset(&pass->have.rows[CHANGE_NEIGH]);
		status = pass_read_device(pass, &pass->ipv4, err);
		if (status == 0)
			status = pass_read_device(pass, &pass->ipv6, err);
	}
	rows_settle(&pass->have.rows[CHANGE_FDB]);
	rows_settle(&pass->have.rows[CHANGE_NEIGH]);
	return status;
}

/* The kernel may hold it as the broadcast address (IPv4 before 5.14) or the anycast one of the
 * pods' bridge: then the bridge's own address serves. */
static bool is_taken(struct pass *pass, const struct ip *ip, uint32_t protocol)
{
	const struct link *holder = links_find_holder(&pass->links, ip);
	struct flow flow = {.dst = *ip};
	struct route row;

	if (holder != NULL)
		return !device_is_ours(holder); /* which goes at the end of this pass */
	if (pass->source.snapshot != NULL ||
	    kernel_match_route(&pass->netlink, &flow, &row, NULL) < 0)
		return false;
	return row.protocol != protocol &&
	       (row.type == RTN_LOCAL || row.type == RTN_BROADCAST || row.type == RTN_ANYCAST);
}

static void find_local(struct pass *pass, struct pass_family *family, const struct config *config)
{
	const struct config_node *node = config_node_at(config, pass->node.index);
	const struct config_podcidr *own = NULL;

	if (config->reach.every_ms > 0 && family->link.index != 0 && family->device == 0)
		own = config_first_podcidr(config, node, family->link.address.family);
	family->local = own != NULL && !is_taken(pass, &own->prefix.ip, config->kernel.protocol);
}

void pass_find_local(struct pass *pass, const struct config *config)
{
	find_local(pass, &pass->ipv4, config);
	find_local(pass, &pass->ipv6, config);
}

static bool is_near(struct pass *pass, const struct pass_family *family, const struct ip *address)
{
	struct route route;

	if (!ip_is_set(address) || family->link.index == 0)
		return false;
	return source_lookup_route(&pass->source, address, &route, NULL) == 0 &&
	       route.oif == family->link.index && !(route.has & ROUTE_HAS_GATEWAY);
}

int pass_find_near(struct pass *pass, const struct config *config, struct error *err)
{
	uint32_t count = config_node_count(config);

	arena_reset(&pass->on_link);
	if (config->backend != BACKEND_VXLAN || !config->vxlan.direct_routing || count == 0)
		return 0;
	if (arena_push(&pass->on_link, count) == NULL)
		return error_set(err, ENOMEM, "no memory for the peers of this file");
	for (uint32_t i = 0; i < count; i++) {
		const struct config_node *node = config_node_at(config, i);
		struct ip ipv4 = config_node_address(node, AF_INET);
		struct ip ipv6 = config_node_address(node, AF_INET6);

		if (is_near(pass, &pass->ipv4, &ipv4))
			pass->on_link.base[i] |= DESIRED_ON_LINK_IPV4;
		if (is_near(pass, &pass->ipv6, &ipv6))
			pass->on_link.base[i] |= DESIRED_ON_LINK_IPV6;
	}
	return 0;
}
