/* interface.c - links, this node among them, and the interface of each family. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "app/pass/steps.h"

int pass_read_links(struct pass *pass, struct error *err)
{
	return source_read_links(&pass->source, &pass->picture.links, err);
}

int pass_identify(const struct pass *pass, const struct config *config,
		  const struct node_names *names, struct node_found *out, struct error *err)
{
	struct node_names known = *names;

	if (pass->known_as[0] != '\0')
		known.known_as = pass->known_as;
	return self_identify(config, &known, &pass->picture.links, out, err);
}

/* With only static routes to keep, no entry is needed. */
int pass_find_node(struct pass *pass, struct error *err)
{
	const struct pass_request *request = &pass->request;
	struct node_found *node = &pass->picture.node;
	int status = pass_identify(pass, request->config, request->names, node, err);

	if (status < 0 && request->config->backend == BACKEND_NONE) {
		*node = (struct node_found){.index = CONFIG_NOT_FOUND};
		return 0;
	}
	if (status == 0 && node->by_address)
		(void)snprintf(pass->known_as, sizeof(pass->known_as), "%s", pass_node_name(pass));
	return status;
}

/* The way to an address of this very host is its loopback; what is meant is the link that has it,
 * since one file serves all hosts. */
static uint32_t link_towards(struct pass *pass, const struct ip *ip)
{
	const struct link *holder = links_find_holder(&pass->picture.links, ip);
	struct flow flow = {.dst = *ip, .vrf = picture_pod_vrf(&pass->picture)};
	struct route route;

	if (holder != NULL)
		return holder->index;
	return source_lookup_route(&pass->source, &flow, &route, NULL) == 0 ? route.oif : 0;
}

static void ask_reach(struct pass *pass, const struct config *config)
{
	struct config_list list = config->interface.can_reach;

	pass->reach = (struct interface_reach){0};
	for (uint32_t i = 0; i < list.count && i < INTERFACE_REACH_MOST; i++) {
		pass->reach.oif[i] = link_towards(pass,
						  &config_prefix_at(config, list, i)->prefix.ip);
		pass->reach.count = i + 1;
	}
}

struct interface_ctx pass_question(const struct pass *pass, uint8_t family, uint32_t i)
{
	const struct picture *picture = &pass->picture;
	const struct config *config = picture->config;
	struct interface_ctx question = {
		.config = config,
		.links = &picture->links,
		.reach = &pass->reach,
		.present = pass->present[FAMILY_INDEX(family)][i],
	};

	if (config->backend != BACKEND_NONE && picture->node.index != CONFIG_NOT_FOUND)
		question.address = config_address_at(config, picture->node.index, family, i);
	return question;
}

bool pass_explain_interface(const struct pass *pass, uint8_t number, struct buf *out)
{
	const struct family *family = &pass->picture.family[FAMILY_INDEX(number)];
	struct interface_ctx question;

	if (!family->wanted || family->link.index != 0)
		return false;
	question = pass_question(pass, number, 0);
	interface_explain(&question, out);
	return true;
}

/* One address on several links is usually an accident: say which is used. */
static void note_holders(struct picture *picture, const struct interface_ctx *question,
			 const struct selected *taken)
{
	struct buf buf = {.data = picture->holders,
			  .size = sizeof(picture->holders),
			  .len = strlen(picture->holders)};
	char address[IP_TEXT_MAX];
	const struct link *link;

	for (uint32_t i = 0; (link = interface_other_holder(question, taken, i)) != NULL; i++) {
		if (i == 0) {
			buf_add(&buf, "%s%s is on ", buf.len > 0 ? "; " : "",
				ip_format(&question->address, address));
			buf_add_safe(&buf, text_of(taken->name));
			buf_add(&buf, ", which is used, and on ");
		} else {
			buf_add(&buf, ", ");
		}
		buf_add_safe(&buf, text_of(link->name));
	}
}

/* The others carry its share meanwhile. */
static void note_lacking(struct picture *picture, const struct ip *ip)
{
	struct buf buf = {.data = picture->lacking,
			  .size = sizeof(picture->lacking),
			  .len = strlen(picture->lacking)};
	char address[IP_TEXT_MAX];

	buf_add(&buf, "%s%s",
		buf.len > 0 ? ", "
			    : "routes lack a next hop: no interface for this node's address ",
		ip_format(ip, address));
}

#define MTU_UNKNOWN 1500 /* of Ethernet, while no route leads to a peer yet */

static void note_uplink(struct pass *pass, uint32_t index)
{
	for (uint32_t i = 0; i < pass->uplink_count; i++) {
		if (pass->uplinks[i] == index)
			return;
	}
	if (pass->uplink_count < PASS_UPLINKS_MOST)
		pass->uplinks[pass->uplink_count++] = index;
}

/* Take in the links by which the kernel's routes lead to an address, and the address: what changes
 * of either matters. */
static void add_way(struct pass *pass, const struct ip *ip, struct selected *card)
{
	struct flow flow = {.dst = *ip};
	struct ip *way = arena_push(&pass->ways, sizeof(*way));
	struct route hops[ROUTE_HOPS_MOST];
	int count = source_match_route(&pass->source, &flow, hops, ROUTE_HOPS_MOST, NULL);
	uint32_t found = 0;

	if (way != NULL)
		*way = *ip;
	/* With nexthop_compat_mode 0, or more hops than that, the row names none: one is known. */
	if (count > 0 && hops[0].oif == 0)
		count = source_lookup_route(&pass->source, &flow, hops, NULL) == 0;
	for (int i = 0; i < count; i++) {
		const struct link *link = links_find_index(&pass->picture.links, hops[i].oif);

		if (link == NULL || (link->flags & IFF_LOOPBACK) != 0)
			continue;
		if ((card->hops == 0 && found == 0) || link->mtu < card->mtu)
			card->mtu = link->mtu;
		found++;
		note_uplink(pass, link->index);
	}
	if (found > card->hops)
		card->hops = found;
}

/* Of a card without links of its own: its MTU is the least of the links that lead to peers. */
static void find_ways(struct pass *pass, uint8_t family, struct selected *card)
{
	const struct config *config = pass->picture.config;

	card->mtu = MTU_UNKNOWN;
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		struct ip ip = config_node_address(config_node_at(config, i), family);

		if (i != pass->picture.node.index && ip_is_set(&ip))
			add_way(pass, &ip, card);
	}
}

/* The interface of this node's i-th address of a family; index 0: none. */
static struct selected select_card(struct pass *pass, uint8_t family, uint32_t i)
{
	struct interface_ctx question = pass_question(pass, family, i);
	struct selected found = {.index = 0};

	if (!ip_is_set(&question.address) || interface_select(&question, &found) < 0)
		return (struct selected){.index = 0};
	pass->present[FAMILY_INDEX(family)][i] = found.index;
	if (found.unnumbered && i == 0)
		find_ways(pass, family, &found);
	if (ip_same(&found.address, &question.address))
		note_holders(&pass->picture, &question, &found);
	return found;
}

static uint32_t count_cards(const struct pass *pass, uint8_t family)
{
	uint32_t count = 0;
	struct ip ip;

	do
		ip = pass_question(pass, family, count).address;
	while (ip_is_set(&ip) && ++count < CONFIG_ADDRESSES_MOST);
	return count;
}

/* A tunnel is the first address's. Plain routes go over any of them, with the least MTU. */
static void select_link(struct pass *pass, uint32_t i)
{
	struct family *family = &pass->picture.family[i];
	uint32_t count = count_cards(pass, FAMILY_AT(i));
	uint32_t mtu = UINT32_MAX;

	family->wanted = count > 0;
	for (uint32_t card = 0; card < count; card++) {
		struct selected found = select_card(pass, FAMILY_AT(i), card);

		family->cards[card] = found;
		if (found.index == 0)
			continue;
		mtu = found.mtu < mtu ? found.mtu : mtu;
		if (family->link.index == 0 &&
		    (card == 0 || pass->picture.config->backend != BACKEND_VXLAN))
			family->link = found;
	}
	family->card_count = count > 1 ? count : 0;
	for (uint32_t card = 0; card < family->card_count && family->link.index != 0; card++) {
		struct ip ip = pass_question(pass, FAMILY_AT(i), card).address;

		if (family->cards[card].index == 0)
			note_lacking(&pass->picture, &ip);
	}
	if (family->link.index != 0 && pass->picture.config->backend != BACKEND_VXLAN)
		family->link.mtu = mtu;
}

/* Without pod routes there is no interface to choose. */
void pass_select_links(struct pass *pass)
{
	arena_reset(&pass->ways);
	pass->uplink_count = 0;
	if (pass->picture.config->backend == BACKEND_NONE)
		return;
	ask_reach(pass, pass->picture.config);
	for (uint32_t i = 0; i < FAMILIES; i++)
		select_link(pass, i);
}

int pass_find_interface(struct pass *pass, struct error *err)
{
	int status = pass_read_links(pass, err);

	if (status == 0)
		status = pass_find_node(pass, err);
	if (status == 0)
		pass_select_links(pass);
	return status;
}
