/* look_sample.c - asks a few peers in passing. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/reach/sample.h"

#include <linux/neighbour.h>
#include <string.h>

#include "app/reach/asked.h"
#include "croute/edge/kernel/read.h"

static void add_node(const struct asking *asking, uint32_t node)
{
	struct reach_ground *ground = asking->ground;

	for (uint32_t i = 0; i < CARRYING_MOST; i++) {
		struct asked asked = {.peer = {.node = node & 0x3fffff,
					       .card = i & 3,
					       .is_ipv6 = i / CONFIG_ADDRESSES_MOST & 1},
				      .wanted = true};
		struct ip ip = reach_address(ground->view.config, &asked.peer);

		if ((asked.peer.card == 0 || ip_is_set(&ip)) &&
		    reach_find(&asked.peer, ground->view.config, ground->self))
			(void)rows_add(asking->peers, &asked); /* without memory it is not asked */
	}
}

/* Some of all but this node, as far from each other as can be. */
static void add_some(const struct asking *asking)
{
	uint32_t self = asking->ground->self;
	uint32_t others = config_node_count(asking->ground->view.config) - 1;
	uint32_t stride = (others + REACH_SAMPLE_MOST - 1) / REACH_SAMPLE_MOST;

	for (uint32_t other = 0; other < others; other += stride)
		add_node(asking, other + (other >= self));
}

/* One that the kernel has found absent is known to be; an echo would only make it ask anew. */
static int skip_failed(void *context, const struct neigh *neigh)
{
	const struct asking *asking = context;

	for (uint32_t i = 0; i < asking->peers->count && neigh->state == NUD_FAILED; i++) {
		struct asked *asked = rows_at(asking->peers, i);
		struct ip own = reach_address(asking->ground->view.config, &asked->peer);

		asked->wanted &= !ip_same(&own, &neigh->ip);
	}
	return 0;
}

static void take_down(const struct asking *asking, struct reach_sample *out)
{
	for (uint32_t i = 0; i < asking->peers->count; i++) {
		const struct asked *asked = rows_at(asking->peers, i);
		struct reach_sampled *peer = &out->peers[out->count];
		char elsewhere[REACH_ELSEWHERE_MAX];
		struct reach_finding finding = reach_find_out(asking, asked, elsewhere);

		if (!asked->wanted)
			continue;
		out->count++;
		*peer = (struct reach_sampled){.node = asked->peer.node,
					       .card = asked->peer.card,
					       .family = reach_family(&asked->peer),
					       .size = asked->size};
		memcpy(peer->path, asked->path, sizeof(peer->path));
		for (unsigned j = 0; j < REACH_LINES && reach_sum(&finding) == REACH_LOST; j++) {
			struct buf line = BUF_OVER(peer->lost[j]);

			(void)reach_add_line(&line, &finding, (enum reach_line)j);
		}
	}
}

void reach_sample(struct pass *pass, const struct config *config, uint32_t node,
		  struct reach_sample *out)
{
	struct reach_ground ground = {.self = 0};
	struct rows peers;
	struct asking asking = {.ground = &ground, .peers = &peers, .brief = true};
	struct error err = {0};

	*out = (struct reach_sample){.count = 0};
	if (pass->picture.node.index == CONFIG_NOT_FOUND || config->backend == BACKEND_NONE)
		return;
	asking.here = pass_node_name(pass);
	rows_init(&peers, sizeof(struct asked), sizeof(uint64_t),
		  CARRYING_MOST * REACH_SAMPLE_MOST);
	reach_look_around(&ground, pass, config);
	if (node == CONFIG_NOT_FOUND)
		add_some(&asking);
	else
		add_node(&asking, node);
	for (uint32_t i = 0; i < CARRYING_MOST; i++) {
		const struct selected *card =
			family_card(&pass->picture.family[i / CONFIG_ADDRESSES_MOST],
				    i % CONFIG_ADDRESSES_MOST);

		if (card != NULL)
			(void)kernel_read_neighs(&pass->netlink, card->index, skip_failed, &asking,
						 NULL);
	}
	if (reach_open(&ground, &err) == 0 && reach_ask_all(&asking, &err) == 0)
		take_down(&asking, out);
	reach_close(&ground);
	rows_release(&peers);
}
