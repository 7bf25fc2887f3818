/* world.h - a host in memory for the tests of the planning core. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "croute/core/config/config.h"
#include "croute/core/decode/decode.h"
#include "croute/core/flannel/leftovers.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/plan/guard.h"
#include "croute/core/plan/owner.h"
#include "croute/core/plan/plan.h"
#include "croute/core/report/report.h"
#include "croute/core/want/interface.h"
#include "croute/core/want/rows.h"

#define WORLD_LOOPBACK 1
#define WORLD_ETH1 2
#define WORLD_CNI0 3
#define WORLD_ETH2 4 /* down */
#define WORLD_ETH3 5 /* up, without addresses */

/* One host and what a pass of croute makes of it. Zero-initialise, then world_open. */
struct world {
	struct config config;
	struct diags diags;
	struct links links;
	struct selected ipv4;
	struct selected ipv6;
	struct desired desired;
	uint32_t device;    /* of the IPv4 tunnel; 0: plain routes */
	uint32_t device_v6; /* of the IPv6 one */
	const uint8_t *on_link;
	struct state kernel; /* all rows there are, foreign ones too */
	struct state owned;  /* those of croute's, as a pass reads them */
	struct foreign foreign;
	struct plan plan;
	struct guard_verdict guard;
	const char *node;
	const char *file;
};

/* What is left of a text that is read as a file. */
struct world_text {
	const char *at;
	size_t left;
};

static inline int world_read(void *source, unsigned char *buffer, size_t size, size_t *got,
			     struct error *err)
{
	struct world_text *text = source;

	(void)err;
	*got = size < text->left ? size : text->left;
	memcpy(buffer, text->at, *got);
	text->at += *got;
	text->left -= *got;
	return 0;
}

/* Read a configuration; whatever is wrong with it is in the diags of the world. */
static inline void world_read_config(struct world *world, const char *yaml)
{
	struct config_host host = {0};
	struct places *places = places_new(&host, &world->config, &world->diags);
	struct world_text text = {.at = yaml, .left = strlen(yaml)};
	struct error err = {0};

	assert_non_null(places);
	decode_defaults(&world->config);
	assert_int_equal(decode_read(places, 0, world_read, &text, &err), 0);
	decode_finish(places);
	places_free(places);
}

static inline void world_add_link(struct world *world, uint32_t index, const char *name,
				  const char *kind, uint32_t flags)
{
	struct link link = {.index = index, .flags = flags, .mtu = 1500};

	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	(void)snprintf(link.kind, sizeof(link.kind), "%s", kind);
	assert_int_equal(rows_add(&world->links.links, &link), 0);
}

/* `address` with the length of its subnet, host bits and all. */
static inline void world_add_address(struct world *world, uint32_t link, const char *address)
{
	const char *slash = strchr(address, '/');
	struct link_address row = {.link = link, .len = (uint8_t)strtoul(slash + 1, NULL, 10)};
	struct text text = {.at = address, .len = (size_t)(slash - address)};

	assert_int_equal(ip_parse(text, &row.ip), 0);
	assert_int_equal(rows_add(&world->links.addresses, &row), 0);
	rows_sort(&world->links.addresses);
}

static inline void world_add_links(struct world *world)
{
	links_init(&world->links);
	world_add_link(world, WORLD_LOOPBACK, "lo", "", IFF_UP | IFF_LOOPBACK);
	world_add_link(world, WORLD_ETH1, "eth1", "", IFF_UP);
	world_add_link(world, WORLD_CNI0, "cni0", "bridge", IFF_UP);
	world_add_link(world, WORLD_ETH2, "eth2", "", 0);
	world_add_link(world, WORLD_ETH3, "eth3", "", IFF_UP);
	world_add_address(world, WORLD_LOOPBACK, "127.0.0.1/8");
	world_add_address(world, WORLD_ETH1, "10.0.0.11/24");
	world_add_address(world, WORLD_ETH1, "fd00::11/64");
	world_add_address(world, WORLD_ETH1, "fe80::11/64");
	world_add_address(world, WORLD_CNI0, "10.244.1.1/24");
	world_add_address(world, WORLD_ETH2, "10.2.0.11/24");
}

/* Rows of a world without a file or links. */
static inline void world_init(struct world *world)
{
	desired_init(&world->desired);
	foreign_init(&world->foreign);
	plan_init(&world->plan);
	state_init(&world->kernel, 0);
	state_init(&world->owned, 0);
}

/* The host worker-1, 10.0.0.11 and fd00::11 on eth1, with a file that must be right. */
static inline void world_open(struct world *world, const char *yaml)
{
	world_init(world);
	world->node = "worker-1";
	world->file = "nodes.yaml";
	world_add_links(world);
	world_read_config(world, yaml);
	for (uint32_t i = 0; i < world->diags.count; i++) {
		if (world->diags.list[i].level == DIAG_ERROR)
			fail_msg("%u:%u: %s", world->diags.list[i].at.line,
				 world->diags.list[i].at.column, world->diags.list[i].text);
	}
	world->ipv4 = (struct selected){.index = WORLD_ETH1,
					.mtu = 1500,
					.name = "eth1",
					.address = {.family = AF_INET, .bytes = {10, 0, 0, 11}}};
	world->ipv6 = (struct selected){.index = WORLD_ETH1, .mtu = 1500, .name = "eth1"};
	assert_int_equal(ip_parse(text_of("fd00::11"), &world->ipv6.address), 0);
}

static inline void world_close(struct world *world)
{
	desired_release(&world->desired);
	foreign_release(&world->foreign);
	plan_release(&world->plan);
	state_release(&world->kernel);
	state_release(&world->owned);
	links_release(&world->links);
	config_release(&world->config);
}

/* Build want; what cannot be is unmet. */
static inline void world_desire(struct world *world)
{
	int64_t node = config_find_node(&world->config, world->node);
	struct desired_input input = {
		.config = &world->config,
		.links = &world->links,
		.node = node >= 0 ? (uint32_t)node : CONFIG_NOT_FOUND,
		.node_name = world->node,
		.path = {{.link = world->ipv4, .device = world->device},
			 {.link = world->ipv6, .device = world->device_v6}},
		.on_link = world->on_link,
	};

	assert_int_equal(desired_build(&world->desired, &input), 0);
}

static inline struct prefix world_prefix(const char *string)
{
	struct prefix prefix = {0};

	assert_int_equal(prefix_parse(text_of(string), true, &prefix), 0);
	return prefix;
}

/* One word of a route with its value. */
static inline void world_set_word(struct route *route, const char *word, const char *value)
{
	uint32_t number = (uint32_t)strtoul(value, NULL, 10);
	struct prefix address = {0};

	if (strcmp(word, "via") == 0 || strcmp(word, "src") == 0)
		address = world_prefix(value);
	if (strcmp(word, "via") == 0)
		route_set_gateway(route, &address.ip);
	else if (strcmp(word, "src") == 0)
		route_set_src(route, &address.ip);
	else if (strcmp(word, "dev") == 0)
		route->oif = number;
	else if (strcmp(word, "metric") == 0)
		route->metric = number;
	else if (strcmp(word, "proto") == 0)
		route->protocol = (uint8_t)number;
	else if (strcmp(word, "table") == 0)
		route->table = number;
	else if (strcmp(word, "mtu") == 0)
		route->mtu = (uint16_t)number;
	else if (strcmp(word, "tos") == 0)
		route->tos = (uint8_t)number;
	else if (strcmp(word, "type") == 0)
		route->type = (uint8_t)number;
	else if (strcmp(word, "scope") == 0)
		route->scope = (uint8_t)number;
	else
		fail_msg("world_route knows no word \"%s\"", word);
}

/*
 * `10.244.2.0/24 via 10.0.0.12 metric 68026`: a route of croute's in the main table over eth1,
 * where nothing else is said; devices, protocols and types are numbers.
 */
static inline struct route world_route(const char *words)
{
	struct route route = {
		.table = RT_TABLE_MAIN, .oif = WORLD_ETH1, .type = RTN_UNICAST, .protocol = 67};
	char text[200];
	char *rest = NULL;
	struct prefix dst;

	(void)snprintf(text, sizeof(text), "%s", words);
	dst = world_prefix(strtok_r(text, " ", &rest));
	route_set_dst(&route, &dst);
	for (char *word = strtok_r(NULL, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		char *value = strtok_r(NULL, " ", &rest);

		assert_non_null(value);
		world_set_word(&route, word, value);
	}
	return route;
}

static inline void world_put(struct world *world, const char *words)
{
	struct route route = world_route(words);

	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_ROUTE], &route), 0);
}

/* Put a pod route of croute's as it would write it: the metric follows from the destination. */
static inline void world_put_pod(struct world *world, const char *words)
{
	struct route route = world_route(words);
	struct prefix prefix = route_prefix(&route);

	route.metric = config_pod_metric(&world->config.kernel, &prefix);
	assert_int_equal(rows_add(&world->kernel.rows[CHANGE_ROUTE], &route), 0);
}

/* How flannel's routes are known on this host. */
static inline struct adopt_view world_adopt(const struct world *world)
{
	return (struct adopt_view){
		.config = &world->config,
		.links = &world->links,
		.ipv4 = {.link = world->ipv4.index, .device = world->device},
		.ipv6 = {.link = world->ipv6.index, .device = world->device_v6},
	};
}

/* Of the kernel's rows those that croute may change; all other routes are weighed. */
static inline void world_look(struct world *world)
{
	const struct rows *routes = &world->kernel.rows[CHANGE_ROUTE];
	struct adopt_view adopt = world_adopt(world);

	for (uint32_t i = 0; i < routes->count; i++) {
		const struct route *route = rows_at(routes, i);

		if (owner_may_change(route, world->config.kernel.protocol, &adopt))
			assert_int_equal(rows_add(&world->owned.rows[CHANGE_ROUTE], route), 0);
		else
			foreign_weigh(&world->foreign, &world->config, &world->desired, route);
	}
	for (int kind = 0; kind < CHANGE_ROUTE; kind++) {
		const struct rows *rows = &world->kernel.rows[kind];

		for (uint32_t i = 0; i < rows->count; i++)
			assert_int_equal(rows_add(&world->owned.rows[kind], rows_at(rows, i)), 0);
	}
}

static inline void world_spare(struct world *world)
{
	struct leftovers_ctx scene = {
		.config = &world->config,
		.desired = &world->desired,
		.have = &world->owned,
		.node = (uint32_t)config_find_node(&world->config, world->node),
	};

	leftovers_spare(&world->plan, &scene);
}

/* Compare want with what the kernel has, as a pass does. */
static inline void world_plan(struct world *world)
{
	state_reset(&world->owned);
	assert_int_equal(foreign_begin(&world->foreign, desired_route_count(&world->desired)), 0);
	world_look(world);
	state_settle(&world->owned);
	assert_int_equal(plan_build(&world->plan, &world->desired, &world->owned, &world->foreign),
			 0);
	world_spare(world);
}

static inline struct guard_scene world_scene(const struct world *world)
{
	return (struct guard_scene){
		.config = &world->config, .desired = &world->desired, .have = &world->owned};
}

static inline void world_guard(struct world *world)
{
	struct guard_scene scene = world_scene(world);

	world->guard = guard_apply(&world->plan, &scene, false);
}

/* A whole dry run. */
static inline void world_pass(struct world *world)
{
	world_desire(world);
	world_plan(world);
	world_guard(world);
}

static inline const struct route *world_owned(const struct world *world, uint32_t i)
{
	assert_in_range(i, 0, world->owned.rows[CHANGE_ROUTE].count - 1);
	return rows_at(&world->owned.rows[CHANGE_ROUTE], i);
}

static inline const struct route *world_want(const struct world *world, uint32_t i)
{
	assert_in_range(i, 0, desired_route_count(&world->desired) - 1);
	return desired_route_at(&world->desired, i);
}

static inline const char *world_file_name(const void *context, uint16_t file)
{
	(void)file;
	return context;
}

static inline struct report world_report(const struct world *world)
{
	return (struct report){
		.config = &world->config,
		.links = &world->links,
		.desired = &world->desired,
		.have = &world->owned,
		.foreign = &world->foreign,
		.plan = &world->plan,
		.guard = world->guard,
		.node = world->node,
		.ipv4 = world->ipv4,
		.ipv6 = world->ipv6,
		.file_name = world_file_name,
		.files = world->file,
	};
}

/* The only change of a plan. */
static inline struct change *world_only_change(const struct world *world)
{
	assert_int_equal(plan_change_count(&world->plan), 1);
	return plan_change_at(&world->plan, 0);
}

#define assert_same_route(a, b) assert_memory_equal((a), (b), sizeof(struct route))
