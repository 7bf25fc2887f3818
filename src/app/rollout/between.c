/* between.c - plans with the old file's rows instead of the kernel's. */
/* SPDX-License-Identifier: MIT */
#include "app/rollout/count.h"

/* The devices of all routes of a host that is not at hand. */
#define LINK 1
#define TUNNEL 2
#define CARD 3 /* and so on, of several addresses of this host */

void between_init(struct between *between)
{
	desired_init(&between->was);
	picture_init(&between->now);
}

void between_release(struct between *between)
{
	desired_release(&between->was);
	picture_release(&between->now);
}

static struct family stand_in(const struct config *config, uint32_t node, uint8_t number)
{
	struct family family = {
		.link.address = config_node_address(config_node_at(config, node), number)};

	if (!ip_is_set(&family.link.address))
		return family;
	family.wanted = true;
	family.link.index = LINK;
	family.device = config->backend == BACKEND_VXLAN ? TUNNEL : 0;
	for (uint32_t i = 0; i < CONFIG_ADDRESSES_MOST; i++) {
		family.cards[i].address = config_address_at(config, node, number, i);
		if (!ip_is_set(&family.cards[i].address))
			break;
		family.cards[i].index = CARD + i;
		family.card_count = i > 0 ? i + 1 : 0;
	}
	return family;
}

struct desired_input between_input(const struct config *config, uint32_t node, const char *name)
{
	struct desired_input input = {.config = config, .node = node, .node_name = name};

	if (node == CONFIG_NOT_FOUND)
		return input;
	input.node_name = config_string_at(config, config_node_at(config, node)->name);
	for (uint32_t i = 0; i < FAMILIES; i++)
		input.family[i] = stand_in(config, node, FAMILY_AT(i));
	return input;
}

static int copy_rows(struct rows *to, const struct rows *from)
{
	int status = 0;

	for (uint32_t i = 0; i < from->count && status == 0; i++)
		status = rows_add(to, rows_at(from, i));
	return status;
}

int between_plan(struct between *between, const struct desired_input *was,
		 const struct desired_input *now)
{
	struct picture *picture = &between->now;
	int status;

	picture_begin(picture, now->config, now->config->kernel.protocol);
	picture->node.index = now->node;
	status = desired_build(&picture->desired, now);
	if (status == 0 && was != NULL)
		status = desired_build(&between->was, was);
	for (int kind = 0; was != NULL && kind < CHANGE_KINDS && status == 0; kind++)
		status = copy_rows(&picture->have.rows[kind], &between->was.want.rows[kind]);
	return status < 0 ? status : plan_build(picture);
}
