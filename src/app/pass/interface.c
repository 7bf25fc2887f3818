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

struct interface_ctx pass_question(const struct pass *pass, uint8_t family)
{
	const struct picture *picture = &pass->picture;
	const struct config *config = picture->config;
	struct interface_ctx question = {
		.config = config,
		.links = &picture->links,
		.reach = &pass->reach,
		.present = pass->present[FAMILY_INDEX(family)],
	};

	if (config->backend != BACKEND_NONE && picture->node.index != CONFIG_NOT_FOUND)
		question.address = config_node_address(config_node_at(config, picture->node.index),
						       family);
	return question;
}

bool pass_explain_interface(const struct pass *pass, uint8_t number, struct buf *out)
{
	const struct family *family = &pass->picture.family[FAMILY_INDEX(number)];
	struct interface_ctx question;

	if (!family->wanted || family->link.index != 0)
		return false;
	question = pass_question(pass, number);
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

/* The least MTU of the links by which the kernel's routes lead to peers. They are remembered: their
 * changes matter. */
static uint32_t mtu_to_peers(struct pass *pass, uint8_t family)
{
	const struct config *config = pass->picture.config;
	uint32_t mtu = UINT32_MAX;

	for (uint32_t i = 0; i < config_node_count(config); i++) {
		struct ip ip = config_node_address(config_node_at(config, i), family);
		const struct link *link;
		struct route way;

		if (i == pass->picture.node.index || !ip_is_set(&ip) ||
		    source_lookup_route(&pass->source, &(struct flow){.dst = ip}, &way, NULL) < 0)
			continue;
		link = links_find_index(&pass->picture.links, way.oif);
		if (link == NULL || (link->flags & IFF_LOOPBACK) != 0)
			continue;
		if (link->mtu < mtu)
			mtu = link->mtu;
		note_uplink(pass, link->index);
	}
	return mtu != UINT32_MAX ? mtu : MTU_UNKNOWN;
}

static void select_link(struct pass *pass, uint32_t i)
{
	struct interface_ctx question = pass_question(pass, FAMILY_AT(i));
	struct family *family = &pass->picture.family[i];

	family->wanted = ip_is_set(&question.address);
	if (!family->wanted || interface_select(&question, &family->link) < 0)
		return;
	pass->present[i] = family->link.index;
	if (family->link.unnumbered)
		family->link.mtu = mtu_to_peers(pass, FAMILY_AT(i));
	if (ip_same(&family->link.address, &question.address))
		note_holders(&pass->picture, &question, &family->link);
}

/* Without pod routes there is no interface to choose. */
void pass_select_links(struct pass *pass)
{
	if (pass->picture.config->backend == BACKEND_NONE)
		return;
	ask_reach(pass, pass->picture.config);
	pass->uplink_count = 0;
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
