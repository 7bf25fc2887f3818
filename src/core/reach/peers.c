/* peers.c - who is probed, and from where to where. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/reach/reach.h"

#include <errno.h>
#include <string.h>

#include "croute/base/hash.h"

static const char *const path_words[REACH_PATHS] = {"node", "pod", "full", "to", "from", "address"};
static const char *const kind_words[REACH_KINDS] = {"unknown", "answers", "lost"};

const char *reach_path_word(enum reach_path path)
{
	return path_words[path];
}

const char *reach_kind_word(enum reach_kind kind)
{
	return kind_words[kind];
}

uint8_t reach_family(const struct reach_peer *peer)
{
	return peer->is_ipv6 ? AF_INET6 : AF_INET;
}

struct ip reach_address(const struct config *config, const struct reach_peer *peer)
{
	return config_address_at(config, peer->node, reach_family(peer), peer->card);
}

static const struct config_node *node_of(const struct config *config, const struct reach_peer *peer)
{
	return config_node_at(config, peer->node);
}

/* A row for every node and family, in the order of the file. */
static int add_all(struct rows *peers, const struct config *config)
{
	uint8_t space[512] = {0};
	int status = 0;

	for (uint32_t i = 0; i < 2 * config_node_count(config) && status == 0; i++) {
		struct reach_peer peer = {.key = i,
					  .podcidr = CONFIG_NOT_FOUND,
					  .node = i / 2 & 0x3fffff,
					  .is_ipv6 = i & 1};

		memcpy(space, &peer, sizeof(peer));
		status = rows_add(peers, space);
	}
	return status;
}

/* Of an address beyond the first of its family. */
static int add_more(struct rows *peers, const struct config *config)
{
	uint8_t space[512] = {0};
	int status = 0;

	for (uint32_t i = 0; i < config_ip_count(&config->more) && status == 0; i++) {
		const struct config_node_ip *more = config_ip_at(&config->more, i);
		struct reach_peer peer = {.key = peers->count,
					  .podcidr = CONFIG_NOT_FOUND,
					  .node = more->node & 0x3fffff,
					  .card = 1,
					  .is_ipv6 = more->ip.family == AF_INET6};
		struct ip ip = reach_address(config, &peer);

		for (uint32_t card = 2; !ip_same(&ip, &more->ip); card++) {
			peer.card = card & 3;
			ip = reach_address(config, &peer);
		}
		memcpy(space, &peer, sizeof(peer));
		status = rows_add(peers, space);
	}
	return status;
}

static void give_podcidrs(const struct rows *peers, const struct config *config)
{
	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);
		struct reach_peer *peer =
			rows_at(peers, 2 * podcidr->node + (podcidr->prefix.ip.family == AF_INET6));
		const struct config_podcidr *first = peer->podcidr == CONFIG_NOT_FOUND
							     ? NULL
							     : config_podcidr_at(config,
										 peer->podcidr);

		if (config_podcidr_is_before(podcidr, first))
			peer->podcidr = i;
	}
}

/* The hash is over all that a state rests on. */
static uint64_t key_of(const struct config *config, const struct reach_peer *peer, uint64_t salt)
{
	struct ip address = reach_address(config, peer);
	uint64_t hash = hash_bytes(salt, &address, sizeof(address));
	const char *name = config_string_at(config, node_of(config, peer)->name);

	hash = hash_bytes(hash, name, strlen(name));
	if (peer->podcidr != CONFIG_NOT_FOUND)
		hash = hash_bytes(hash, &config_podcidr_at(config, peer->podcidr)->prefix,
				  sizeof(struct prefix));
	return hash;
}

static bool is_probed(const struct config *config, const struct reach_peer *peer, uint32_t self)
{
	uint8_t carrier = config_carrier(config, self, peer->node, reach_family(peer));
	struct ip own = config_address_at(config, self, reach_family(peer), peer->card);

	if (peer->card > 0)
		return peer->node != self && ip_is_set(&own) && config_has_cards(config);
	return peer->node != self && carrier != 0 &&
	       (carrier == reach_family(peer) || peer->podcidr != CONFIG_NOT_FOUND);
}

bool reach_find(struct reach_peer *peer, const struct config *config, uint32_t self)
{
	const struct config_podcidr *first = config_first_podcidr(
		config, config_node_at(config, peer->node), reach_family(peer));

	peer->podcidr = CONFIG_NOT_FOUND;
	if (first != NULL && peer->card == 0)
		peer->podcidr = (uint32_t)(first - config_podcidr_at(config, 0));
	return is_probed(config, peer, self);
}

uint32_t reach_find_card(const struct rows *peers, const struct config *config,
			 const struct reach_peer *peer, uint32_t card, uint64_t salt)
{
	struct reach_peer other = *peer;

	other.card = card & 3;
	other.podcidr = CONFIG_NOT_FOUND;
	other.key = key_of(config, &other, salt);
	return rows_find(peers, &other);
}

int reach_list(struct rows *peers, const struct config *config, uint32_t self, uint64_t salt)
{
	uint32_t kept = 0;

	rows_reset(peers);
	if (add_all(peers, config) < 0 || add_more(peers, config) < 0)
		return -ENOSPC;
	give_podcidrs(peers, config);
	for (uint32_t i = 0; i < peers->count; i++) {
		struct reach_peer *peer = rows_at(peers, i);

		if (!is_probed(config, peer, self))
			continue;
		if (salt != 0)
			peer->key = key_of(config, peer, salt);
		memmove(rows_at(peers, kept), peer, peers->size);
		kept++;
	}
	arena_pop(&peers->arena, (size_t)(peers->count - kept) * peers->size);
	peers->count = kept;
	if (salt != 0)
		rows_sort(peers);
	return 0;
}

void reach_carry(struct rows *peers, const struct rows *old)
{
	for (uint32_t i = 0; i < peers->count; i++) {
		uint8_t *row = rows_at(peers, i);
		uint32_t found = rows_find(old, row);

		if (found != ROWS_NOT_FOUND)
			memcpy(row + sizeof(struct reach_peer),
			       (uint8_t *)rows_at(old, found) + sizeof(struct reach_peer),
			       peers->size - sizeof(struct reach_peer));
	}
}

/* The network address of its podCIDR, which croute gives a host, or the one after it, which bridges
 * of pods have. */
static struct ip pod_side_of(const struct reach_view *view, const struct reach_peer *peer,
			     bool other)
{
	bool network = view->way[peer->is_ipv6].network != other;
	const struct prefix *prefix;
	struct ip ip;

	if (peer->podcidr == CONFIG_NOT_FOUND)
		return (struct ip){.family = 0};
	prefix = &config_podcidr_at(view->config, peer->podcidr)->prefix;
	ip = prefix->ip;
	if (!network && prefix->len < ip_bits(ip.family))
		ip.bytes[ip_bits(ip.family) / 8 - 1] |= 1;
	return ip;
}

bool reach_aim(const struct reach_view *view, const struct reach_peer *peer, enum reach_path path,
	       bool other, struct echo *out)
{
	const struct reach_way *way = &view->way[peer->is_ipv6];
	bool from_node = path == REACH_NODE || path == REACH_TO;

	out->vrf = path == REACH_NODE ? way->node_vrf : way->pod_vrf;
	out->from = !from_node ? way->pod : peer->card > 0 ? way->cards[peer->card] : way->node;
	if (path == REACH_NODE || path == REACH_FROM)
		out->to = reach_address(view->config, peer);
	else if (path != REACH_ADDRESS)
		out->to = pod_side_of(view, peer, other);
	return ip_is_set(&out->from) && ip_is_set(&out->to);
}

/* Whether an address is the peer's: one of its own, or of its podCIDR. */
static bool is_of_peer(const struct reach_view *view, const struct reach_peer *peer,
		       const struct ip *ip)
{
	if (config_has(view->config, peer->node, ip))
		return true;
	return peer->podcidr != CONFIG_NOT_FOUND &&
	       prefix_holds(&config_podcidr_at(view->config, peer->podcidr)->prefix, ip);
}

static bool is_of_self(const struct reach_way *way, const struct ip *ip)
{
	bool is = ip_same(ip, &way->node) || ip_same(ip, &way->pod);

	for (uint32_t i = 0; !is && i < CONFIG_ADDRESSES_MOST; i++)
		is = ip_same(ip, &way->cards[i]);
	return is;
}

int reach_judge(const struct reach_view *view, const struct reach_peer *peer,
		const struct echo *echo, const struct echo_answer *answer)
{
	struct ip node = reach_address(view->config, peer);

	/* A kernel to which the pods' side is a broadcast or anycast address answers from whatever
	 * address leads back, the node's own mostly. The packet with pod addresses has arrived
	 * then; of the way back the peer's own probes tell. */
	if (answer->kind == ECHO_ANSWERED) {
		bool from_node = ip_same(&echo->to, &node);

		return ip_same(&answer->from, &echo->to) ||
				       (!from_node && is_of_peer(view, peer, &answer->from))
			       ? ECHO_ANSWERED
			       : -1;
	}
	if (answer->kind != ECHO_ABSENT)
		return (int)answer->kind;
	/* This host says so itself when nobody answers on the link. */
	if (is_of_self(&view->way[peer->is_ipv6], &answer->from))
		return ECHO_UNHEARD;
	return is_of_peer(view, peer, &answer->from) ? ECHO_ABSENT : ECHO_NO_ROUTE;
}
