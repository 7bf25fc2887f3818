/* peers.c - which peers are on the link and answer, by what the kernel knows of their addresses. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <errno.h>
#include <linux/neighbour.h>

static void note_far(struct doctor_facts *facts, uint32_t node, const struct ip *router)
{
	if (facts->far.count == 0)
		facts->router = *router;
	doctor_note_node(&facts->far, node);
}

/* One of the peer's addresses, and the link of this node's that belongs to it. 0 or -ENOSPC. */
static int find_peer(struct doctor_facts *facts, struct doctor_peer peer, uint32_t link,
		     doctor_near_fn *near, void *context)
{
	struct ip router = {.family = 0};

	if (!links_covers(facts->links, link, &peer.ip) &&
	    !near(context, link, &peer.ip, &router)) {
		if (facts->config->host_gw.off_link != OFF_LINK_ROUTER || !ip_is_set(&router))
			note_far(facts, peer.node, &router);
		return 0;
	}
	facts->near[FAMILY_INDEX(peer.ip.family)]++;
	return rows_add(&facts->peers, &peer);
}

int doctor_find_peers(struct doctor_facts *facts, doctor_near_fn *near, void *context)
{
	const struct config *config = facts->config;
	int status = 0;

	for (uint32_t i = 0;
	     i < FAMILIES * CONFIG_ADDRESSES_MOST * config_node_count(config) && status == 0; i++) {
		unsigned family = i % FAMILIES;
		uint32_t n = i / FAMILIES % CONFIG_ADDRESSES_MOST;
		struct doctor_peer peer = {.node = i / FAMILIES / CONFIG_ADDRESSES_MOST};
		const struct selected *card = doctor_card(facts, family, n);
		struct ip via = config_node_via(config, peer.node, FAMILY_AT(family));

		if (n == 0 && card == NULL)
			card = &facts->family[family].link;
		peer.ip = config_address_at(config, peer.node, FAMILY_AT(family), n);
		if (peer.node != facts->self && ip_is_set(&peer.ip) && card != NULL &&
		    card->index != 0 && !ip_is_set(&via))
			status = find_peer(facts, peer, card->index, near, context);
	}
	rows_sort(&facts->peers);
	return status < 0 ? -ENOSPC : 0;
}

/* A stale entry answered once and has not been asked since. */
static enum doctor_peer_state state_of(uint16_t state)
{
	if ((state & NUD_FAILED) != 0)
		return DOCTOR_PEER_FAILED;
	if ((state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)) != 0)
		return DOCTOR_PEER_REACHABLE;
	return DOCTOR_PEER_UNKNOWN;
}

int doctor_take_neigh(void *context, const struct neigh *neigh)
{
	struct doctor_facts *facts = context;
	struct doctor_peer key = {.ip = neigh->ip};
	uint32_t i = rows_find(&facts->peers, &key);

	if (i != ROWS_NOT_FOUND)
		((struct doctor_peer *)rows_at(&facts->peers, i))->state =
			(uint8_t)state_of(neigh->state);
	return 0;
}

/* One that answers an echo need not have been asked for its MAC. */
static void take_answers(struct doctor_facts *facts)
{
	for (uint32_t i = 0; i < facts->sample.count; i++) {
		const struct reach_sampled *peer = &facts->sample.peers[i];
		struct doctor_peer key = {.ip = config_address_at(facts->config, peer->node,
								  peer->family, peer->card)};
		uint32_t row = rows_find(&facts->peers, &key);

		if (row != ROWS_NOT_FOUND && peer->path[REACH_NODE].kind == REACH_ANSWERS)
			((struct doctor_peer *)rows_at(&facts->peers, row))->state =
				DOCTOR_PEER_REACHABLE;
	}
}

void doctor_count_peers(struct doctor_facts *facts)
{
	facts->peers_seen = true;
	take_answers(facts);
	for (uint32_t i = 0; i < facts->peers.count; i++) {
		const struct doctor_peer *peer = rows_at(&facts->peers, i);

		facts->states[peer->state]++;
	}
}

/* Each by its address, since a peer may answer at another. */
static void add_failed(struct buf *out, const struct doctor_facts *facts)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < facts->peers.count; i++) {
		const struct doctor_peer *peer = rows_at(&facts->peers, i);
		char address[IP_TEXT_MAX];

		if (peer->state == DOCTOR_PEER_FAILED && count++ < DOCTOR_SHOWN)
			buf_add(out, "%s%.100s (%s)", count > 1 ? ", " : "",
				config_node_name(facts->config, peer->node),
				ip_format(&peer->ip, address));
	}
	if (count > DOCTOR_SHOWN)
		buf_add(out, " and %u more", count - DOCTOR_SHOWN);
}

void doctor_check_on_link(const struct doctor_facts *facts, struct doctor_check *check)
{
	struct buf text = BUF_LOCAL(600);
	char router[IP_TEXT_MAX];
	const struct config_node *first;

	if (facts->far.count == 0) {
		doctor_find(check, DOCTOR_OK, "every peer is on the link");
		return;
	}
	first = config_node_at(facts->config, facts->far.shown[0]);
	doctor_add_nodes(&text, facts, &facts->far);
	doctor_find(check, DOCTOR_FAILURE,
		    "not on the link, so that the kernel refuses host-gw routes to: %s", text.data);
	doctor_fix(check, "backend: {type: vxlan}");
	if (!ip_is_set(&facts->router))
		return;
	doctor_fix(check,
		   "or, if router %s knows the way to their pods, in the entry of %s: via: %s",
		   ip_format(&facts->router, router), config_string_at(facts->config, first->name),
		   router);
	doctor_fix(check, "or, if the routers of all of them do: backend: {hostGw: {offLink: "
			  "router}}");
}

/* What the neighbour entries say. */
static void check_states(const struct doctor_facts *facts, struct doctor_check *check)
{
	uint32_t unknown = facts->states[DOCTOR_PEER_UNKNOWN];
	struct buf text = BUF_LOCAL(600);

	if (facts->states[DOCTOR_PEER_FAILED] > 0) {
		add_failed(&text, facts);
		doctor_find(check, DOCTOR_FAILURE, "%u of %u do not answer: %s",
			    facts->states[DOCTOR_PEER_FAILED], facts->peers.count, text.data);
		doctor_fix(check, "ip neigh show nud failed");
		doctor_fix(check, "check that these hosts are up and on the same link, and that "
				  "their addresses in the file are right");
	}
	doctor_find(check, unknown > 0 ? DOCTOR_UNKNOWN : DOCTOR_OK,
		    "%u reachable, %u not asked lately", facts->states[DOCTOR_PEER_REACHABLE],
		    unknown);
	if (facts->far.count > 0)
		doctor_find(check, DOCTOR_UNKNOWN, "%u behind routers, not visible from here",
			    facts->far.count);
}

void doctor_check_peers(const struct doctor_facts *facts, struct doctor_check *check)
{
	struct buf silent = BUF_LOCAL(600);

	if (facts->peers_seen)
		check_states(facts, check);
	else
		doctor_find(check, DOCTOR_UNKNOWN, "not looked at without --peers");
	if (reach_sample_add(&silent, facts->config, &facts->sample, REACH_NODE, REACH_LOST))
		doctor_find(check, DOCTOR_UNKNOWN, "measured: no echo comes back from %s",
			    silent.data);
	if (check->result == DOCTOR_UNKNOWN && (facts->peers_seen || silent.len > 0))
		doctor_fix(check, "croute reach asks them");
	doctor_measured(facts, REACH_POD, "packets with pod addresses", check);
}
