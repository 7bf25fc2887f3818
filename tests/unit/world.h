/* world.h - a host in memory for the tests of the planning core. */
/* SPDX-License-Identifier: MIT */
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
#include "croute/core/flannel/flannel.h"
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
	struct picture picture; /* with those rows of the kernel that are croute's */
	const uint8_t *on_link;
	const struct desired_router *routers;
	uint32_t router_count;
	const struct ip *lost;
	uint32_t lost_count;
	bool keep;
	struct state kernel; /* all rows there are, foreign ones too */
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
	assert_int_equal(rows_add(&world->picture.links.links, &link), 0);
}

/* `address` with the length of its subnet, host bits and all. */
static inline void world_add_address(struct world *world, uint32_t link, const char *address)
{
	const char *slash = strchr(address, '/');
	struct link_address row = {.link = link, .len = (uint8_t)strtoul(slash + 1, NULL, 10)};
	struct text text = {.at = address, .len = (size_t)(slash - address)};

	assert_int_equal(ip_parse(text, &row.ip), 0);
	assert_int_equal(rows_add(&world->picture.links.addresses, &row), 0);
	rows_sort(&world->picture.links.addresses);
}

static inline void world_add_links(struct world *world)
{
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
	picture_init(&world->picture);
	world->picture.config = &world->config;
	world->picture.protocol = 67;
	state_init(&world->kernel, 0);
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
	world->picture.family[0].link =
		(struct selected){.index = WORLD_ETH1,
				  .mtu = 1500,
				  .name = "eth1",
				  .address = {.family = AF_INET, .bytes = {10, 0, 0, 11}}};
	world->picture.family[1].link =
		(struct selected){.index = WORLD_ETH1, .mtu = 1500, .name = "eth1"};
	assert_int_equal(ip_parse(text_of("fd00::11"), &world->picture.family[1].link.address), 0);
}

static inline void world_close(struct world *world)
{
	picture_release(&world->picture);
	state_release(&world->kernel);
	config_release(&world->config);
}

static inline uint32_t world_find_node(struct world *world)
{
	int64_t node = config_find_node(&world->config, world->node);

	world->picture.node.index = node >= 0 ? (uint32_t)node : CONFIG_NOT_FOUND;
	return world->picture.node.index;
}

/* Build want; what cannot be becomes a unmet. */
static inline void world_desire(struct world *world)
{
	struct desired_input input = {
		.config = &world->config,
		.links = &world->picture.links,
		.node = world_find_node(world),
		.node_name = world->node,
		.on_link = world->on_link,
		.routers = world->routers,
		.lost = world->lost,
		.lost_count = world->lost_count,
		.router_count = world->router_count,
		.keep = world->keep,
	};

	memcpy(input.family, world->picture.family, sizeof(input.family));
	assert_int_equal(desired_build(&world->picture.desired, &input), 0);
}

/* Of several next hops, which are as many rows, a route is one. */
static inline uint32_t world_wanted_routes(const struct world *world)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < desired_route_count(&world->picture.desired); count++) {
		uint8_t hops = desired_route_at(&world->picture.desired, i)->hops;

		i += hops > 1 ? hops : 1;
	}
	return count;
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

/* Of the kernel's rows those that croute may change; all other routes are weighed. */
static inline void world_look(struct world *world)
{
	const struct rows *routes = &world->kernel.rows[CHANGE_ROUTE];

	for (uint32_t i = 0; i < routes->count; i++) {
		const struct route *route = rows_at(routes, i);

		if (owner_may_change(&world->picture, route))
			assert_int_equal(picture_take_route(&world->picture, route), 0);
		else
			foreign_weigh(&world->picture, route);
	}
	for (int kind = 0; kind < CHANGE_ROUTE; kind++) {
		const struct rows *rows = &world->kernel.rows[kind];

		for (uint32_t i = 0; i < rows->count; i++)
			assert_int_equal(
				rows_add(&world->picture.have.rows[kind], rows_at(rows, i)), 0);
	}
}

/* Compare want with what the kernel has, as a pass does. */
static inline void world_plan(struct world *world)
{
	state_reset(&world->picture.have);
	assert_int_equal(picture_begin_routes(&world->picture), 0);
	assert_int_equal(foreign_begin(&world->picture.foreign,
				       desired_route_count(&world->picture.desired)),
			 0);
	world_look(world);
	assert_int_equal(picture_settle_routes(&world->picture), 0);
	state_settle(&world->picture.have);
	assert_int_equal(plan_build(&world->picture), 0);
	(void)world_find_node(world);
	leftovers_spare(&world->picture);
}

static inline void world_guard(struct world *world)
{
	guard_apply(&world->picture, false);
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
	assert_in_range(i, 0, world->picture.have.rows[CHANGE_ROUTE].count - 1);
	return rows_at(&world->picture.have.rows[CHANGE_ROUTE], i);
}

static inline const struct route *world_want(const struct world *world, uint32_t i)
{
	assert_in_range(i, 0, desired_route_count(&world->picture.desired) - 1);
	return desired_route_at(&world->picture.desired, i);
}

static inline const char *world_file_name(const void *context, uint16_t file)
{
	(void)file;
	return context;
}

static inline struct report world_report(struct world *world)
{
	world->picture.summary = plan_summarize(&world->picture);
	return (struct report){
		.picture = &world->picture,
		.node = world->node,
		.file_name = world_file_name,
		.files = world->file,
	};
}

/* After a change of the plan, as a pass does at its end. */
static inline void world_summarize(const struct report *report)
{
	((struct picture *)(uintptr_t)report->picture)->summary = plan_summarize(report->picture);
}

/* The only change of a plan. */
static inline struct change *world_only_change(const struct world *world)
{
	assert_int_equal(plan_change_count(&world->picture.plan), 1);
	return plan_change_at(&world->picture.plan, 0);
}

#define assert_same_route(a, b) assert_memory_equal((a), (b), sizeof(struct route))
