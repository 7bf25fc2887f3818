/* peers.c - which peers answer, by what the kernel knows of their addresses. */
#include "app/doctor/peers.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stddef.h>
#include <string.h>

#include "app/doctor/doctor.h"

#define PREFIXES_MOST 16 /* of one link */

/* A peer as a row: its address is the key. */
struct peer {
	struct ip ip;
	uint8_t state;
	uint8_t zero[2];
	uint32_t node;
};
_Static_assert(sizeof(struct peer) == 24, "a row has no padding");

/* What is on the link of a family. */
struct reach {
	uint32_t count;
	struct prefix prefixes[PREFIXES_MOST];
};

static struct reach reach_of(const struct doctor_facts *facts, const struct doctor_family *family)
{
	struct reach reach = {.count = 0};

	for (uint32_t i = 0; i < facts->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(facts->links, i);

		if (address->link == family->link.index && reach.count < PREFIXES_MOST)
			reach.prefixes[reach.count++] = prefix_of(&address->ip, address->len);
	}
	return reach;
}

static bool is_near(const struct reach *reach, const struct ip *ip)
{
	for (uint32_t i = 0; i < reach->count; i++) {
		if (prefix_holds(&reach->prefixes[i], ip))
			return true;
	}
	return false;
}

static int find_family(struct doctor_facts *facts, unsigned number)
{
	const struct doctor_family *family = doctor_family_at(facts, number);
	struct doctor_peers *peers = &facts->peers;
	struct reach reach = reach_of(facts, family);

	for (uint32_t i = 0; i < config_node_count(facts->config); i++) {
		struct peer peer = {.ip = config_node_address(config_node_at(facts->config, i),
							      number == 0 ? AF_INET : AF_INET6),
				    .node = i};

		if (i == facts->self || !ip_is_set(&peer.ip))
			continue;
		if (!is_near(&reach, &peer.ip))
			peers->far[number]++;
		else if (rows_add(&peers->rows, &peer) < 0)
			return -1;
		else
			peers->near[number]++;
	}
	return 0;
}

int doctor_find_peers(struct doctor_facts *facts)
{
	for (unsigned i = 0; i < 2; i++) {
		int status = 0;

		if (doctor_family_at(facts, i)->link.index != 0)
			status = find_family(facts, i);
		if (status < 0)
			return -ENOSPC;
	}
	rows_sort(&facts->peers.rows);
	return 0;
}

/* A stale entry answered once; nobody has asked since. */
static enum doctor_peer_state state_of(uint16_t state)
{
	if ((state & NUD_FAILED) != 0)
		return DOCTOR_PEER_FAILED;
	if ((state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)) != 0)
		return DOCTOR_PEER_REACHABLE;
	return DOCTOR_PEER_UNKNOWN;
}

void doctor_take_neigh(struct doctor_facts *facts, const struct neigh *neigh)
{
	struct peer key = {.ip = neigh->ip};
	uint32_t i = rows_find(&facts->peers.rows, &key);

	if (i != ROWS_NOT_FOUND)
		((struct peer *)rows_at(&facts->peers.rows, i))->state =
			(uint8_t)state_of(neigh->state);
}

void doctor_count_peers(struct doctor_facts *facts)
{
	struct doctor_peers *peers = &facts->peers;

	peers->asked = true;
	for (uint32_t i = 0; i < peers->rows.count; i++) {
		const struct peer *peer = rows_at(&peers->rows, i);
		uint32_t *count = &peers->states[peer->state];

		if (peer->state == DOCTOR_PEER_FAILED && *count < DOCTOR_PEERS_SHOWN)
			peers->failed[*count] = peer->node;
		(*count)++;
	}
}
