/* peers.c - which peers answer, by what the kernel knows of their addresses. */

#include "app/doctor/facts.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stddef.h>
#include <string.h>

/* A peer as a row: its address is the key. */
struct peer {
	struct ip ip;
	uint8_t state;
	uint8_t zero[2];
	uint32_t node;
};
_Static_assert(sizeof(struct peer) == 24, "a row has no padding");

static void note_far(struct doctor_peers *peers, const struct peer *peer, const struct ip *router)
{
	if (peers->far == 0) {
		peers->router = *router;
		peers->address = peer->ip;
	}
	if (peers->far < DOCTOR_PEERS_SHOWN)
		peers->shown[peers->far] = peer->node;
	peers->far++;
}

static int find_family(struct doctor_facts *facts, unsigned number, doctor_near_fn *near,
		       void *context)
{
	uint32_t link = doctor_family_at(facts, number)->link.index;
	struct doctor_peers *peers = &facts->peers;

	for (uint32_t i = 0; link != 0 && i < config_node_count(facts->config); i++) {
		struct peer peer = {.ip = config_node_address(config_node_at(facts->config, i),
							      number == 0 ? AF_INET : AF_INET6),
				    .node = i};
		struct ip router = {.family = 0};

		if (i == facts->self || !ip_is_set(&peer.ip))
			continue;
		if (!links_covers(facts->links, link, &peer.ip) &&
		    !near(context, link, &peer.ip, &router))
			note_far(peers, &peer, &router);
		else if (rows_add(&peers->rows, &peer) < 0)
			return -ENOSPC;
		else
			peers->near[number]++;
	}
	return 0;
}

int doctor_find_peers(struct doctor_facts *facts, doctor_near_fn *near, void *context)
{
	int status = find_family(facts, 0, near, context);

	if (status == 0)
		status = find_family(facts, 1, near, context);
	rows_sort(&facts->peers.rows);
	return status;
}

/* A stale entry answered once, and was not asked since. */
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

static void check_far(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_peers *peers = &facts->peers;
	const struct config_node *node = config_node_at(facts->config, peers->shown[0]);
	const char *link = peers->address.family == AF_INET ? facts->ipv4.link.name
							    : facts->ipv6.link.name;
	char space[600] = "";
	struct buf text = BUF_OVER(space);
	char address[IP_TEXT_MAX];

	doctor_add_nodes(&text, facts, peers->shown, peers->far, DOCTOR_PEERS_SHOWN);
	doctor_say(check, DOCTOR_FAILURE,
		   "not on the link of %s, so that the kernel refuses host-gw routes: %s (%s)",
		   link, space, ip_format(&peers->address, address));
	doctor_fix(check, "backend: {type: vxlan}");
	if (!ip_is_set(&peers->router))
		return;
	doctor_fix(check,
		   "or, if router %s knows the way to their pods, in the entry of %s: via: %s",
		   ip_format(&peers->router, address), config_string_at(facts->config, node->name),
		   address);
	doctor_fix(check, "or, if the routers of all of them do: backend: {hostGw: {offLink: "
			  "router}}");
}

void doctor_check_on_link(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (doctor_lacks(facts, check, facts->links != NULL, "links"))
		return;
	if (facts->config->backend != BACKEND_HOST_GW)
		doctor_say(check, DOCTOR_OK, "matters only to host-gw");
	else if (facts->ipv4.link.index == 0 && facts->ipv6.link.index == 0)
		doctor_say(check, DOCTOR_UNKNOWN, "needs an interface");
	else if (facts->peers.far > 0)
		check_far(facts, check);
	else
		doctor_say(check, DOCTOR_OK, "every peer is on the link");
}

void doctor_check_peers(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_peers *peers = &facts->peers;
	uint32_t failed = peers->states[DOCTOR_PEER_FAILED];
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (!peers->asked) {
		doctor_say(check, DOCTOR_UNKNOWN, "not looked at without --peers");
		return;
	}
	if (failed > 0) {
		doctor_add_nodes(&text, facts, peers->failed, failed, DOCTOR_PEERS_SHOWN);
		doctor_say(check, DOCTOR_FAILURE, "%u of %u do not answer: %s", failed,
			   peers->rows.count, space);
		doctor_fix(check, "ip neigh show nud failed");
		doctor_fix(check, "check that the host is up, on the same link, and its address in "
				  "the file right");
	}
	doctor_say(check, peers->states[DOCTOR_PEER_UNKNOWN] > 0 ? DOCTOR_UNKNOWN : DOCTOR_OK,
		   "%u reachable, %u not asked lately", peers->states[DOCTOR_PEER_REACHABLE],
		   peers->states[DOCTOR_PEER_UNKNOWN]);
	if (peers->far > 0)
		doctor_say(check, DOCTOR_UNKNOWN, "%u behind routers, invisible from here",
			   peers->far);
	if (check->result == DOCTOR_UNKNOWN)
		doctor_fix(check, "croute reach asks them");
}
