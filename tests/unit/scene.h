/* scene.h - a host whose kernel events are listened to. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lan.h"

#include <poll.h>

#include "croute/edge/kernel/watch.h"

#define SCENE_OURS 67
#define SCENE_METRIC 67000U
#define SCENE_SPREAD 4096U

/* A host with eth1, which was chosen, eth2, our device and somebody else's. */
struct scene {
	struct netlink own;
	struct netlink other;
	struct kernel_watch watch;
	struct kernel_filter filter;
	uint32_t eth1;
	uint32_t eth2;
	uint32_t device;
	uint32_t foreign_device;
};

static inline struct kernel_filter scene_filter(const struct scene *scene)
{
	return (struct kernel_filter){
		.own_port = netlink_port(&scene->own),
		.protocol = SCENE_OURS,
		.metric = SCENE_METRIC,
		.spread = SCENE_SPREAD,
		.metrics = {50, 0, 1024},
		.metric_count = 3,
		.links = {scene->eth1},
		.link_count = 1,
		.devices = {scene->device},
		.device_count = 1,
	};
}

static inline uint32_t scene_add_link(struct netlink *netlink, const char *name, const char *peer)
{
	uint32_t index;

	lan_add_veth(netlink, name, peer);
	index = if_nametoindex(name);
	lan_set_up(netlink, index, true);
	lan_set_up(netlink, if_nametoindex(peer), true);
	lan_wait_up(netlink, index);
	return index;
}

static inline int scene_make(void **state)
{
	struct scene *scene = test_calloc(1, sizeof(*scene));

	lan_enter();
	lan_open(&scene->own);
	lan_open(&scene->other);
	lan_set_up(&scene->other, 1, true);
	scene->eth1 = scene_add_link(&scene->other, "eth1", "eth1-far");
	scene->eth2 = scene_add_link(&scene->other, "eth2", "eth2-far");
	lan_change_address(&scene->other, RTM_NEWADDR, scene->eth1, "10.0.0.11");
	scene->device = lan_add_vxlan(&scene->other, "croute.1", 1, scene->eth1);
	scene->foreign_device = lan_add_vxlan(&scene->other, "other.2", 2, scene->eth2);
	*state = scene;
	return 0;
}

static inline int scene_drop(void **state)
{
	struct scene *scene = *state;

	netlink_close(&scene->own);
	netlink_close(&scene->other);
	test_free(scene);
	return 0;
}

static inline int scene_listen(void **state)
{
	struct scene *scene = *state;

	scene->filter = scene_filter(scene);
	return kernel_watch_open(&scene->filter, &scene->watch, NULL);
}

static inline int scene_stop(void **state)
{
	struct scene *scene = *state;

	kernel_watch_close(&scene->watch);
	return 0;
}

static inline struct kernel_hints scene_read(struct scene *scene)
{
	struct kernel_hints hints;

	kernel_watch_read(&scene->watch, &hints);
	return hints;
}

static inline bool scene_is_readable(const struct scene *scene, int wait_ms)
{
	struct pollfd poll_fd = {.fd = scene->watch.fd, .events = POLLIN};

	return poll(&poll_fd, 1, wait_ms) > 0;
}

/* Everything done so far has sent its events: they go out within the request. */
static inline void scene_expect_silence(struct scene *scene)
{
	struct kernel_hints hints = scene_read(scene);

	if (hints.messages != 0)
		fail_msg("woken by %u messages of kinds 0x%x", hints.messages, hints.kinds);
	assert_false(hints.overrun);
}

/* The kernel reports some things, a new IPv6 address or a carrier, only after the request. */
static inline void scene_wait(const struct scene *scene)
{
	assert_true(scene_is_readable(scene, LAN_DEADLINE_MS));
}

/* Exactly these, and nothing after. */
static inline struct kernel_hints scene_expect(struct scene *scene, unsigned kinds,
					       uint32_t messages)
{
	struct kernel_hints hints;

	if (messages > 0)
		scene_wait(scene);
	hints = scene_read(scene);
	/* Before Linux 6.13 both the device and the core tell of a forwarding entry. */
	if (kinds != KERNEL_HINT_FDB || hints.messages != 2)
		assert_int_equal(hints.messages, messages);
	assert_int_equal(hints.kinds, kinds);
	assert_false(hints.overrun);
	scene_expect_silence(scene);
	return hints;
}

static inline struct lan_route scene_route(const struct scene *scene, const char *to,
					   uint8_t protocol, uint32_t metric)
{
	return (struct lan_route){
		.to = to, .protocol = protocol, .metric = metric, .dev = scene->eth1};
}

static inline void scene_replace_route(struct netlink *netlink, struct lan_route route)
{
	route.flags = NLM_F_REPLACE;
	lan_add_route(netlink, route);
}
