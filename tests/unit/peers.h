/* peers.h - the host of world.h with VXLAN: its devices, and what stands in them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "world.h"

#include <linux/neighbour.h>

#define PEERS_DEVICE 70
#define PEERS_DEVICE_V6 71

/* Of SHA-256 of the names, and of "worker-2/6", as SPEC 6 has it. */
#define PEERS_MAC_2 "1e:e9:fa:3f:65:c1"
#define PEERS_MAC_3 "1a:09:3e:22:9c:85"
#define PEERS_MAC6_2 "02:de:f3:b9:82:0e"

#define PEERS_HEAD                                                                                 \
	"version: 1\n"                                                                             \
	"backend: {type: vxlan}\n"                                                                 \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                   \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:1::/64']}\n"
/* In line 5. */
#define PEERS_TWO                                                                                  \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                   \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:2::/64']}\n"
#define PEERS_THREE                                                                                \
	"  - {name: worker-3, address: 10.0.0.13, podCIDRs: [10.244.3.0/24, 10.245.3.0/24]}\n"

static inline void peers_open(struct world *world, const char *yaml)
{
	*world = (struct world){0};
	world_open(world, yaml);
	world_add_link(world, PEERS_DEVICE, "croute.1", "vxlan", IFF_UP);
	world_add_link(world, PEERS_DEVICE_V6, "croute-v6.1", "vxlan", IFF_UP);
	world->picture.family[0].device = PEERS_DEVICE;
	world->picture.family[1].device = PEERS_DEVICE_V6;
	world_desire(world);
}

/* The kernel has just what is wanted. */
static inline void peers_settle(struct world *world)
{
	state_reset(&world->kernel);
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		const struct rows *want = &world->picture.desired.want.rows[kind];

		for (uint32_t i = 0; i < want->count; i++)
			assert_int_equal(rows_add(&world->kernel.rows[kind], rows_at(want, i)), 0);
	}
}

/* A host that has what one file asks for, and now is to have what another does. */
static inline void peers_open_after(struct world *world, const char *before, const char *yaml)
{
	struct world old;

	peers_open(&old, before);
	peers_open(world, yaml);
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		const struct rows *rows = &old.picture.desired.want.rows[kind];

		for (uint32_t i = 0; i < rows->count; i++)
			assert_int_equal(rows_add(&world->kernel.rows[kind], rows_at(rows, i)), 0);
	}
	world_close(&old);
	world_plan(world);
}

static inline struct neigh *peers_neigh(const struct world *world, uint32_t i)
{
	assert_true(i < world->kernel.rows[CHANGE_NEIGH].count);
	return rows_at(&world->kernel.rows[CHANGE_NEIGH], i);
}

static inline struct fdb *peers_fdb(const struct world *world, uint32_t i)
{
	assert_true(i < world->kernel.rows[CHANGE_FDB].count);
	return rows_at(&world->kernel.rows[CHANGE_FDB], i);
}

/* The last row of a kind is lost. */
static inline void peers_lose(struct world *world, enum change_kind kind)
{
	struct rows *rows = &world->kernel.rows[kind];

	arena_pop(&rows->arena, rows->size);
	rows->count--;
}

static inline struct mac peers_mac(const char *string)
{
	struct mac mac = {0};

	assert_int_equal(mac_parse(text_of(string), &mac), 0);
	return mac;
}

static inline void peers_put_fdb(struct world *world, const char *mac, const char *dst)
{
	struct fdb fdb = {.link = PEERS_DEVICE,
			  .mac = peers_mac(mac),
			  .dst = world_prefix(dst).ip,
			  .state = NUD_PERMANENT};

	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_FDB], &fdb), 0);
}

/* How many changes of a kind do this. */
static inline uint32_t peers_count(const struct world *world, enum change_kind kind,
				   enum change_action action)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		count += change->kind == kind && change->action == action;
	}
	return count;
}
