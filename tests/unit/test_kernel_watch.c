/* test_kernel_watch.c - the socket that listens, whatever comes through its filter. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/watch.h"

#include "scene.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned room =
	UINT16_MAX; /* instructions that the kernel takes, no matter how many it could */

/* In the place of libc's. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	if (name == SO_ATTACH_FILTER && ((const struct sock_fprog *)value)->len > room) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, size);
}

static void reading_never_waits(void **state)
{
	struct kernel_hints hints = scene_read(*state);

	assert_int_equal(hints.messages, 0);
	assert_int_equal(hints.kinds, 0);
	assert_false(hints.overrun);
}

/* Such a hint means one more look, which finds nothing to do. */
static void some_of_our_own_writes_come_back_unmarked(void **state)
{
	struct scene *scene = *state;
	struct fdb fdb = lan_fdb(scene->device, "10.0.0.12");
	struct neigh neigh = lan_neigh(scene->device, "10.244.2.0", 1);

	lan_write_fdb(&scene->own, CHANGE_ADD, &fdb);
	(void)scene_expect(scene, KERNEL_HINT_FDB, 1);
	lan_write_fdb(&scene->own, CHANGE_DELETE, &fdb);
	(void)scene_expect(scene, KERNEL_HINT_FDB, 1);
	lan_write_neigh(&scene->own, CHANGE_ADD, &neigh);
	scene_expect_silence(scene);
	lan_write_neigh(&scene->own, CHANGE_DELETE, &neigh);
	(void)scene_expect(scene, KERNEL_HINT_NEIGHBOURS, 1);
	lan_change_address(&scene->own, RTM_NEWADDR, scene->device, "fd10:244:1::");
	(void)scene_expect(scene, KERNEL_HINT_ADDRESSES, 1);
	lan_change_address(&scene->own, RTM_DELADDR, scene->device, "fd10:244:1::");
	(void)scene_expect(scene, KERNEL_HINT_ADDRESSES, 1);
}

/* Who changed links and addresses is forgotten where somebody wrote rows. */
static void the_writers_of_rows_are_told_once_each(void **state)
{
	struct scene *scene = *state;
	struct lan_route route = scene_route(scene, "10.244.2.0/24", SCENE_OURS, SCENE_METRIC);
	struct kernel_hints hints;

	lan_change_address(&scene->other, RTM_NEWADDR, scene->eth1, "10.0.0.99");
	hints = scene_read(scene);
	assert_int_equal(hints.writer_count, 1);
	assert_false(hints.by_rows);
	lan_change_address(&scene->other, RTM_DELADDR, scene->eth1, "10.0.0.99");
	lan_add_route(&scene->other, route);
	lan_remove_route(&scene->other, route);
	hints = scene_read(scene);
	assert_int_equal(hints.writer_count, 1);
	assert_int_equal(hints.writers[0], netlink_port(&scene->other));
	assert_true(hints.by_rows);
}

static void the_same_filter_is_not_put_in_place_again(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 0);
	scene->filter.links[0] = scene->eth2;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 0);
	lan_change_address(&scene->other, RTM_NEWADDR, scene->eth1, "10.0.0.99");
	lan_change_address(&scene->other, RTM_DELADDR, scene->eth1, "10.0.0.99");
	scene_expect_silence(scene);
	lan_change_address(&scene->other, RTM_NEWADDR, scene->eth2, "10.0.0.99");
	lan_change_address(&scene->other, RTM_DELADDR, scene->eth2, "10.0.0.99");
	(void)scene_expect(scene, KERNEL_HINT_ADDRESSES, 2);
}

static void another_protocol_is_ours_from_then_on(void **state)
{
	struct scene *scene = *state;
	struct lan_route route = scene_route(scene, "10.244.2.0/24", 77, SCENE_METRIC);

	scene->filter.protocol = 77;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	lan_add_route(&scene->other, route);
	assert_true(scene_expect(scene, KERNEL_HINT_ROUTES, 1).own_route);
	lan_remove_route(&scene->own, route);
}

static void what_came_through_the_old_filter_is_still_told(void **state)
{
	struct scene *scene = *state;

	lan_change_address(&scene->other, RTM_NEWADDR, scene->eth1, "10.0.0.99");
	scene->filter.link_count = 0;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	lan_change_address(&scene->other, RTM_DELADDR, scene->eth1, "10.0.0.99");
	(void)scene_expect(scene, KERNEL_HINT_ADDRESSES, 1);
}

/* Every list full, and over its end: what matters stands last. */
static void the_longest_filter_is_taken_and_its_last_entries_count(void **state)
{
	struct scene *scene = *state;
	struct kernel_filter *filter = &scene->filter;
	struct lan_route route = scene_route(scene, "10.96.0.0/12", RTPROT_STATIC, 50);
	static struct ip ways[2000];

	for (uint32_t i = 0; i < KERNEL_FILTER_METRICS; i++)
		filter->metrics[i] = i < KERNEL_FILTER_METRICS - 1 ? 1000 + i : 50;
	for (uint32_t i = 0; i < KERNEL_FILTER_LINKS; i++)
		filter->links[i] = i < KERNEL_FILTER_LINKS - 1 ? 1000 + i : scene->eth1;
	filter->devices[0] = 2000;
	filter->devices[1] = scene->device;
	filter->metric_count = filter->link_count = filter->device_count = 1000;
	for (uint32_t i = 0; i < 2000; i++) {
		ways[i].family = i < 1000 ? AF_INET : AF_INET6;
		ways[i].bytes[0] = 0xfd;
		ways[i].bytes[i < 1000 ? 2 : 14] = (uint8_t)(i % 1000 / 4);
		ways[i].bytes[i < 1000 ? 3 : 15] = (uint8_t)(i % 4 * 64);
	}
	filter->ways = ways;
	filter->way_count = 2000;
	assert_int_equal(kernel_watch_set_filter(&scene->watch, filter, NULL), 1);
	lan_change_address(&scene->other, RTM_NEWADDR, scene->eth1, "10.0.0.99");
	lan_change_address(&scene->other, RTM_DELADDR, scene->eth1, "10.0.0.99");
	lan_change_address(&scene->other, RTM_NEWADDR, scene->device, "10.0.0.98");
	(void)scene_expect(scene, KERNEL_HINT_ADDRESSES, 3);
	lan_change_address(&scene->other, RTM_DELADDR, scene->device, "10.0.0.98");
	(void)scene_read(scene);
	lan_add_route(&scene->other, route);
	scene_expect_silence(scene);
	route.dev = scene->eth2;
	scene_replace_route(&scene->other, route);
	(void)scene_expect(scene, KERNEL_HINT_ROUTES, 1);
	lan_remove_route(&scene->other, route);
}

static void a_kernel_with_little_room_takes_a_coarser_filter(void **state)
{
	struct scene *scene = *state;
	int status;

	room = 600;
	the_longest_filter_is_taken_and_its_last_entries_count(state);
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 0);
	scene->filter.way_count = 1;
	room = 1;
	status = kernel_watch_set_filter(&scene->watch, &scene->filter, NULL);
	room = UINT16_MAX;
	assert_int_equal(status, -ENOMEM);
}

static void the_shortest_filter_lets_only_our_protocol_through(void **state)
{
	struct scene *scene = *state;
	struct lan_route ours = scene_route(scene, "10.244.2.0/24", SCENE_OURS, 0);
	struct lan_route theirs = scene_route(scene, "10.244.3.0/24", RTPROT_STATIC, 0);

	scene->filter = (struct kernel_filter){.protocol = SCENE_OURS};
	assert_int_equal(kernel_watch_set_filter(&scene->watch, &scene->filter, NULL), 1);
	lan_change_address(&scene->other, RTM_NEWADDR, scene->eth1, "10.0.0.99");
	lan_change_address(&scene->other, RTM_DELADDR, scene->eth1, "10.0.0.99");
	scene_replace_route(&scene->other, theirs);
	lan_remove_route(&scene->other, theirs);
	scene_expect_silence(scene);
	lan_add_route(&scene->own, ours);
	lan_remove_route(&scene->own, ours);
	(void)scene_expect(scene, KERNEL_HINT_ROUTES, 2);
}

static void an_overrun_is_told_and_leaves_the_socket_usable(void **state)
{
	struct scene *scene = *state;
	struct lan_route route = scene_route(scene, "10.244.2.0/24", SCENE_OURS, SCENE_METRIC);
	struct kernel_hints hints;
	int size = 1;

	assert_int_equal(setsockopt(scene->watch.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)),
			 0);
	for (int i = 0; i < 50; i++) {
		lan_add_route(&scene->other, route);
		lan_remove_route(&scene->other, route);
	}
	hints = scene_read(scene);
	assert_true(hints.overrun);
	assert_in_range(hints.messages, 1, 50);
	assert_int_equal(scene->watch.overruns, 1);
	scene_expect_silence(scene);
	lan_add_route(&scene->other, route);
	(void)scene_expect(scene, KERNEL_HINT_ROUTES, 1);
	lan_remove_route(&scene->own, route);
	assert_int_equal(scene->watch.overruns, 1);
}

static void a_flood_is_read_in_parts(void **state)
{
	struct scene *scene = *state;
	struct route route = {.table = RT_TABLE_MAIN,
			      .family = AF_INET,
			      .dst_len = 32,
			      .type = RTN_BLACKHOLE,
			      .protocol = SCENE_OURS};
	struct route_hops one = {.at = {&route}, .count = 1};
	int size = 32 << 20;

	if (setsockopt(scene->watch.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0) {
		printf("# only root can have a buffer that takes a flood\n");
		return;
	}
	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t ip = htonl(0x1e000000 + i);

		memcpy(route.dst, &ip, sizeof(ip));
		(void)kernel_write_route(&scene->other, CHANGE_ADD, &one, i, NULL);
	}
	lan_flush(&scene->other);
	assert_in_range(scene_read(scene).messages, 1, 4999);
	assert_true(scene_is_readable(scene, 0));
	while (scene_is_readable(scene, 0))
		assert_false(scene_read(scene).overrun);
}

static void messages_of_other_processes_are_passed_over(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	socklen_t size = sizeof(to);
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} lie = {.header = {.nlmsg_len = sizeof(lie), .nlmsg_type = RTM_DELROUTE},
		 .route = {.rtm_family = AF_INET, .rtm_protocol = SCENE_OURS}};

	assert_int_equal(getsockname(scene->watch.fd, (struct sockaddr *)&to, &size), 0);
	to.nl_groups = 0;
	assert_int_equal(
		sendto(scene->other.fd, &lie, sizeof(lie), 0, (struct sockaddr *)&to, sizeof(to)),
		sizeof(lie));
	assert_true(scene_is_readable(scene, 0));
	assert_int_equal(scene_read(scene).messages, 0);
	assert_false(scene_is_readable(scene, 0));
}

static void two_can_listen_each_through_its_own_filter(void **state)
{
	struct scene *scene = *state;
	struct kernel_filter filter = {.protocol = RTPROT_BOOT};
	struct lan_route route = scene_route(scene, "10.99.0.0/16", RTPROT_BOOT, 0);
	struct kernel_watch second;
	struct kernel_hints hints;

	assert_int_equal(kernel_watch_open(&filter, &second, NULL), 0);
	lan_add_route(&scene->other, route);
	lan_remove_route(&scene->other, route);
	scene_expect_silence(scene);
	kernel_watch_read(&second, &hints);
	assert_int_equal(hints.messages, 2);
	kernel_watch_close(&second);
	assert_int_equal(second.fd, -1);
	kernel_watch_close(&second);
}

static void a_failure_leaves_everything_as_it_was(void **state)
{
	struct scene *scene = *state;
	struct kernel_watch closed = {.fd = -1, .protocol = 5};
	struct error err = {0};

	assert_int_equal(kernel_watch_set_filter(&closed, &scene->filter, &err), -EBADF);
	assert_int_equal(err.code, EBADF);
	assert_int_equal(closed.protocol, 5);
	assert_int_equal(closed.program, 0);
}

static void the_port_is_that_of_the_socket(void **state)
{
	struct scene *scene = *state;
	struct netlink closed = {.fd = -1};

	assert_int_not_equal(netlink_port(&scene->own), 0);
	assert_int_not_equal(netlink_port(&scene->own), netlink_port(&scene->other));
	assert_int_equal(netlink_port(&closed), 0);
}

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, scene_listen, scene_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCHED(reading_never_waits),
		WATCHED(some_of_our_own_writes_come_back_unmarked),
		WATCHED(the_writers_of_rows_are_told_once_each),
		WATCHED(the_same_filter_is_not_put_in_place_again),
		WATCHED(another_protocol_is_ours_from_then_on),
		WATCHED(what_came_through_the_old_filter_is_still_told),
		WATCHED(the_longest_filter_is_taken_and_its_last_entries_count),
		WATCHED(a_kernel_with_little_room_takes_a_coarser_filter),
		WATCHED(the_shortest_filter_lets_only_our_protocol_through),
		WATCHED(an_overrun_is_told_and_leaves_the_socket_usable),
		WATCHED(a_flood_is_read_in_parts),
		WATCHED(messages_of_other_processes_are_passed_over),
		WATCHED(two_can_listen_each_through_its_own_filter),
		WATCHED(a_failure_leaves_everything_as_it_was),
		WATCHED(the_port_is_that_of_the_socket),
	};

	return cmocka_run_group_tests(tests, scene_make, scene_drop);
}
