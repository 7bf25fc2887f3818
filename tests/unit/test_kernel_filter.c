/* test_kernel_filter.c - which of the kernel's events wake us; real ones, counted. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/watch.h"

#include "scene.h"

static void arp_on_the_chosen_interface_wakes_nobody(void **state)
{
	struct scene *scene = *state;

	for (int i = 1; i <= 1000; i++) {
		char ip[16];
		struct neigh neigh;

		(void)snprintf(ip, sizeof(ip), "10.0.%d.%d", i / 200, 1 + i % 200);
		neigh = lan_neigh(scene->eth1, ip, 1);
		lan_write_neigh(&scene->other, CHANGE_ADD, &neigh);
		neigh.mac.bytes[5] = 2;
		lan_write_neigh(&scene->other, CHANGE_REPLACE, &neigh);
		lan_write_neigh(&scene->other, CHANGE_DELETE, &neigh);
	}
	scene_expect_silence(scene);
}

static void a_hundred_new_pods_wake_nobody(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 100; i++) {
		char name[16];
		char peer[16];

		(void)snprintf(name, sizeof(name), "veth%d", i);
		(void)snprintf(peer, sizeof(peer), "pod%d", i);
		lan_add_veth(&scene->other, name, peer);
		lan_set_up(&scene->other, if_nametoindex(name), true);
		lan_set_up(&scene->other, if_nametoindex(peer), true);
		lan_change_address(&scene->other, RTM_NEWADDR, if_nametoindex(name), "10.9.0.1");
		lan_remove_link(&scene->other, if_nametoindex(name));
	}
	scene_expect_silence(scene);
}

static void a_route_of_ours_that_somebody_removes_is_told(void **state)
{
	const char *const to[] = {"10.244.2.0/24", "fd10:244:2::/64"};
	struct scene *scene = *state;

	for (int i = 0; i < 2; i++) {
		struct lan_route route = scene_route(scene, to[i], SCENE_OURS, SCENE_METRIC);

		lan_add_route(&scene->own, route);
		scene_expect_silence(scene);
		lan_remove_route(&scene->other, route);
		assert_true(scene_expect(scene, KERNEL_HINT_ROUTES, 1).own_route);
	}
}

static void a_route_of_ours_at_any_metric_is_told(void **state)
{
	struct scene *scene = *state;
	struct lan_route route = scene_route(scene, "10.244.2.0/24", SCENE_OURS, 7);

	lan_add_route(&scene->other, route);
	lan_remove_route(&scene->other, route);
	assert_true(scene_expect(scene, KERNEL_HINT_ROUTES, 2).own_route);
}

static void a_foreign_replace_of_a_pod_route_is_told(void **state)
{
	const char *const to[] = {"10.244.2.0/24", "fd10:244:2::/64"};
	struct scene *scene = *state;

	for (int i = 0; i < 2; i++) {
		struct lan_route ours = scene_route(scene, to[i], SCENE_OURS, SCENE_METRIC + 1026);
		struct lan_route theirs = scene_route(scene, to[i], RTPROT_STATIC,
						      SCENE_METRIC + 1026);

		lan_add_route(&scene->own, ours);
		scene_replace_route(&scene->other, theirs);
		assert_false(scene_expect(scene, KERNEL_HINT_ROUTES, 1).own_route);
		lan_remove_route(&scene->other, theirs);
		(void)scene_expect(scene, KERNEL_HINT_ROUTES, 1);
	}
}

static void the_range_of_metrics_ends_where_it_is_said_to_end(void **state)
{
	const struct {
		uint32_t metric;
		uint32_t messages;
	} cases[] = {{SCENE_METRIC - 1, 0},
		     {SCENE_METRIC, 1},
		     {SCENE_METRIC + SCENE_SPREAD - 1, 1},
		     {SCENE_METRIC + SCENE_SPREAD, 0},
		     {0xb8050100, 0}, /* SCENE_METRIC, its bytes turned round */
		     {0xffffffff, 0},
		     {1, 0}};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lan_route route = scene_route(scene, "10.244.3.0/24", RTPROT_BOOT,
						     cases[i].metric);

		lan_add_route(&scene->other, route);
		assert_int_equal(scene_read(scene).messages, cases[i].messages);
		lan_remove_route(&scene->other, route);
		assert_int_equal(scene_read(scene).messages, cases[i].messages);
		route.to = "fd10:244:3::/64";
		lan_add_route(&scene->other, route);
		assert_int_equal(scene_read(scene).messages, cases[i].messages);
		lan_remove_route(&scene->other, route);
		assert_int_equal(scene_read(scene).messages, cases[i].messages);
	}
}

static void the_highest_range_of_metrics_does_not_wrap_round(void **state)
{
	struct scene *scene = *state;
	struct lan_route highest = scene_route(scene, "10.244.3.0/24", RTPROT_BOOT, 0xffffffff);
	struct lan_route lowest = scene_route(scene, "10.244.3.0/24", RTPROT_BOOT, 1);

	scene->filter.metric = 0xffffff00;
	scene->filter.spread = 0x100;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	lan_add_route(&scene->other, highest);
	(void)scene_expect(scene, KERNEL_HINT_ROUTES, 1);
	lan_add_route(&scene->other, lowest);
	scene_expect_silence(scene);
	lan_remove_route(&scene->other, highest);
	lan_remove_route(&scene->other, lowest);
}

/* What `flags` do to a static route of ours at `metric`: told once, told never. */

static void hit_static_route(struct scene *scene, const char *to, uint32_t metric,
			     uint32_t messages)
{
	const uint16_t flags[] = {NLM_F_REPLACE, NLM_F_APPEND};
	struct lan_route ours = scene_route(scene, to, SCENE_OURS, metric);

	for (int i = 0; i < 2; i++) {
		struct lan_route theirs = scene_route(scene, to, RTPROT_STATIC, metric);

		theirs.dev = scene->eth2;
		theirs.flags = flags[i];
		lan_add_route(&scene->own, ours);
		lan_add_route(&scene->other, theirs);
		(void)scene_expect(scene, messages != 0 ? KERNEL_HINT_ROUTES : 0, messages);
		lan_remove_route(&scene->own, theirs);
		if (flags[i] == NLM_F_APPEND)
			lan_remove_route(&scene->own, ours);
	}
}

static void a_foreign_replace_or_append_at_a_static_routes_metric_is_told(void **state)
{
	struct scene *scene = *state;

	hit_static_route(scene, "10.96.0.0/12", 50, 1);
	hit_static_route(scene, "fd96::/64", 50, 1);
	hit_static_route(scene, "10.96.0.0/12", 0, 1);
	hit_static_route(scene, "fd96::/64", 1024, 1);
	hit_static_route(scene, "10.96.0.0/12", 51, 0);
	hit_static_route(scene, "fd96::/64", 51, 0);
}

static void the_end_of_a_conflict_with_a_static_route_is_told(void **state)
{
	struct scene *scene = *state;
	struct lan_route route = scene_route(scene, "10.96.0.0/12", RTPROT_BOOT, 50);

	lan_add_route(&scene->other, route);
	scene->filter.conflict = true;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	lan_remove_route(&scene->other, route);
	(void)scene_expect(scene, KERNEL_HINT_ROUTES, 1);
}

static void what_only_comes_at_a_static_routes_metric_wakes_nobody(void **state)
{
	const uint32_t metrics[] = {0, 50, 1024};
	struct scene *scene = *state;

	for (int i = 0; i < 3; i++) {
		struct lan_route route = scene_route(scene, "10.99.0.0/16", RTPROT_BOOT,
						     metrics[i]);

		lan_add_route(&scene->other, route);
		lan_remove_route(&scene->other, route);
		route.to = "fd99::/64";
		lan_add_route(&scene->other, route);
		lan_remove_route(&scene->other, route);
	}
	scene_expect_silence(scene);
}

static const char *const covering[] = {"0.0.0.0/0",
				       "192.168.0.0/16",
				       "192.168.9.0/25",
				       "192.168.9.5/32",
				       "::/0",
				       "fd09::/16",
				       "fd09::/64",
				       "fd09::ffff:ffff:ffff:ff05/128",
				       "fd09:0:0:1::/127"};
static const char *const passing[] = {
	"192.0.0.0/17",	    "192.168.9.0/30", "192.168.9.6/32",	 "192.168.9.7/32",
	"10.244.0.0/16",    "fd00::/16",      "fd09:0:0:2::/64", "fd09::ffff:ffff:ffff:ff06/128",
	"fd09:0:0:1::2/127"};

static void a_route_that_covers_an_off_link_peer_is_told_and_no_other(void **state)
{
	struct ip ways[] = {lan_prefix("192.168.9.5").ip, lan_prefix("192.168.9.8").ip,
			    lan_prefix("fd09::ffff:ffff:ffff:ff05").ip,
			    lan_prefix("fd09:0:0:1::").ip};
	struct scene *scene = *state;

	scene->filter.ways = ways;
	scene->filter.way_count = 4;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	for (size_t i = 0; i < sizeof(covering) / sizeof(*covering); i++) {
		struct lan_route cover = scene_route(scene, covering[i], RTPROT_STATIC, 9);
		struct lan_route pass = scene_route(scene, passing[i], RTPROT_STATIC, 9);

		lan_add_route(&scene->other, pass);
		lan_remove_route(&scene->other, pass);
		scene_expect_silence(scene);
		lan_add_route(&scene->other, cover);
		(void)scene_expect(scene, KERNEL_HINT_ROUTES, 1);
		lan_remove_route(&scene->other, cover);
		(void)scene_expect(scene, KERNEL_HINT_ROUTES, 1);
	}
}

static void our_own_writes_wake_nobody(void **state)
{
	const char *const to[] = {"10.244.2.0/24", "fd10:244:2::/64"};
	struct scene *scene = *state;
	struct neigh neigh = lan_neigh(scene->device, "10.244.2.0", 1);

	for (int i = 0; i < 2; i++) {
		struct lan_route route = scene_route(scene, to[i], SCENE_OURS, SCENE_METRIC);

		lan_add_route(&scene->own, route);
		scene_replace_route(&scene->own, route);
		lan_remove_route(&scene->own, route);
	}
	lan_change_address(&scene->own, RTM_NEWADDR, scene->device, "10.244.1.0");
	lan_write_neigh(&scene->own, CHANGE_ADD, &neigh);
	scene_expect_silence(scene);
	lan_change_address(&scene->own, RTM_DELADDR, scene->device, "10.244.1.0");
	(void)scene_read(scene);
}

static void the_chosen_interface_down_and_up_again_is_told(void **state)
{
	struct scene *scene = *state;

	lan_set_up(&scene->other, scene->eth1, false);
	assert_true((scene_read(scene).kinds & KERNEL_HINT_LINKS) != 0);
	lan_set_up(&scene->other, scene->eth1, true);
	assert_true((scene_read(scene).kinds & KERNEL_HINT_LINKS) != 0);
	lan_wait_up(&scene->other, scene->eth1);
	(void)scene_read(scene);
	lan_set_up(&scene->other, scene->eth2, false);
	lan_set_up(&scene->other, scene->eth2, true);
	lan_wait_up(&scene->other, scene->eth2);
	scene_expect_silence(scene);
}

static void an_address_of_the_chosen_interface_is_told(void **state)
{
	const char *const ips[] = {"10.0.0.99", "fd00::99"};
	struct scene *scene = *state;

	for (int i = 0; i < 2; i++) {
		lan_change_address(&scene->other, RTM_NEWADDR, scene->eth2, ips[i]);
		lan_change_address(&scene->other, RTM_DELADDR, scene->eth2, ips[i]);
		lan_change_address(&scene->other, RTM_NEWADDR, scene->eth1, ips[i]);
		(void)scene_expect(scene, KERNEL_HINT_ADDRESSES, 1);
		lan_change_address(&scene->other, RTM_DELADDR, scene->eth1, ips[i]);
		(void)scene_expect(scene, KERNEL_HINT_ADDRESSES, 1);
	}
}

static void while_something_is_missing_every_link_is_told(void **state)
{
	struct scene *scene = *state;

	scene->filter.all_links = true;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	lan_add_veth(&scene->other, "eth7", "eth7-far");
	assert_int_equal(scene_read(scene).kinds, KERNEL_HINT_LINKS);
	lan_change_address(&scene->other, RTM_NEWADDR, if_nametoindex("eth7"), "10.7.0.1");
	assert_int_equal(scene_read(scene).kinds, KERNEL_HINT_ADDRESSES);
	lan_remove_link(&scene->other, if_nametoindex("eth7"));
	assert_int_equal(scene_read(scene).kinds, KERNEL_HINT_LINKS | KERNEL_HINT_ADDRESSES);
}

static void neighbours_of_our_own_device_are_told(void **state)
{
	struct scene *scene = *state;
	struct neigh neigh = lan_neigh(scene->device, "10.244.2.0", 1);

	lan_write_neigh(&scene->other, CHANGE_ADD, &neigh);
	(void)scene_expect(scene, KERNEL_HINT_NEIGHBOURS, 1);
	lan_write_neigh(&scene->other, CHANGE_DELETE, &neigh);
	assert_int_equal(scene_read(scene).kinds, KERNEL_HINT_NEIGHBOURS);
	neigh.link = scene->foreign_device;
	lan_write_neigh(&scene->other, CHANGE_ADD, &neigh);
	lan_write_neigh(&scene->other, CHANGE_DELETE, &neigh);
	scene_expect_silence(scene);
}

static void forwarding_entries_of_our_own_device_are_told(void **state)
{
	struct scene *scene = *state;
	struct fdb fdb = lan_fdb(scene->device, "10.0.0.12");

	lan_write_fdb(&scene->other, CHANGE_ADD, &fdb);
	(void)scene_expect(scene, KERNEL_HINT_FDB, 1);
	lan_write_fdb(&scene->other, CHANGE_DELETE, &fdb);
	(void)scene_expect(scene, KERNEL_HINT_FDB, 1);
	fdb.link = scene->foreign_device;
	lan_write_fdb(&scene->other, CHANGE_ADD, &fdb);
	lan_write_fdb(&scene->other, CHANGE_DELETE, &fdb);
	scene_expect_silence(scene);
}

static void the_end_of_our_own_device_is_told(void **state)
{
	struct scene *scene = *state;

	lan_remove_link(&scene->other, scene->foreign_device);
	scene_expect_silence(scene);
	scene->filter.link_count = 0; /* the link below tells of it too */
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	lan_remove_link(&scene->other, scene->device);
	assert_true((scene_read(scene).kinds & KERNEL_HINT_LINKS) != 0);
	scene->device = lan_add_vxlan(&scene->other, "croute.1", 1, scene->eth1);
	scene->foreign_device = lan_add_vxlan(&scene->other, "other.2", 2, scene->eth2);
}

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, scene_listen, scene_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCHED(arp_on_the_chosen_interface_wakes_nobody),
		WATCHED(a_hundred_new_pods_wake_nobody),
		WATCHED(a_route_of_ours_that_somebody_removes_is_told),
		WATCHED(a_route_of_ours_at_any_metric_is_told),
		WATCHED(a_foreign_replace_of_a_pod_route_is_told),
		WATCHED(the_range_of_metrics_ends_where_it_is_said_to_end),
		WATCHED(the_highest_range_of_metrics_does_not_wrap_round),
		WATCHED(a_foreign_replace_or_append_at_a_static_routes_metric_is_told),
		WATCHED(the_end_of_a_conflict_with_a_static_route_is_told),
		WATCHED(what_only_comes_at_a_static_routes_metric_wakes_nobody),
		WATCHED(a_route_that_covers_an_off_link_peer_is_told_and_no_other),
		WATCHED(our_own_writes_wake_nobody),
		WATCHED(the_chosen_interface_down_and_up_again_is_told),
		WATCHED(an_address_of_the_chosen_interface_is_told),
		WATCHED(while_something_is_missing_every_link_is_told),
		WATCHED(neighbours_of_our_own_device_are_told),
		WATCHED(forwarding_entries_of_our_own_device_are_told),
		WATCHED(the_end_of_our_own_device_is_told),
	};

	return cmocka_run_group_tests(tests, scene_make, scene_drop);
}
