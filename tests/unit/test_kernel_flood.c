/* test_kernel_flood.c - what other programs' routes cost one who listens through a filter. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/watch.h"

#include "scene.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define CHANGES 200000 /* or as many as the first argument says */
#define CPU_MOST_MS 50

static uint32_t changes = CHANGES;

/* Add and remove as many foreign routes as half the changes; each lies somewhere else. */
static void write_routes(struct scene *scene)
{
	struct route route = {.table = RT_TABLE_MAIN,
			      .family = AF_INET,
			      .dst_len = 32,
			      .oif = scene->eth1,
			      .type = RTN_UNICAST,
			      .scope = RT_SCOPE_LINK,
			      .protocol = RTPROT_BOOT};
	struct route_hops one = {.at = {&route}, .count = 1};

	for (uint32_t i = 0; i < changes; i++) {
		uint32_t ip = htonl(0x1e000000 + i % (changes / 2));

		memcpy(route.dst, &ip, sizeof(ip));
		assert_int_equal(kernel_write_route(&scene->other,
						    i < changes / 2 ? CHANGE_ADD : CHANGE_DELETE,
						    &one, i, NULL),
				 0);
	}
	lan_flush(&scene->other);
}

/* Somebody else, who does that; `until` is a pipe that ends with him. */
static pid_t start_writer(struct scene *scene, int *until)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		write_routes(scene);
		_exit(0);
	}
	(void)close(ends[1]);
	*until = ends[0];
	return child;
}

/* Listen as the agent does until the writer has ended: how often that woke us. */
static uint32_t count_wakes(struct scene *scene, int until)
{
	struct pollfd fds[2] = {{.fd = scene->watch.fd, .events = POLLIN}, {.fd = until}};
	uint32_t wakes = 0;

	while ((fds[1].revents & POLLHUP) == 0) {
		assert_true(poll(fds, 2, -1) > 0);
		if ((fds[0].revents & POLLIN) != 0) {
			(void)scene_read(scene);
			wakes++;
		}
	}
	return wakes;
}

static double cpu_ms(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void foreign_routes_wake_nobody_and_cost_nothing(void **state)
{
	struct scene *scene = *state;
	int64_t begin = lan_now_ms();
	double before = cpu_ms();
	int until;
	pid_t child = start_writer(scene, &until);
	uint32_t wakes = count_wakes(scene, until);
	double spent = cpu_ms() - before;
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	printf("# %u foreign changes in %.1f s: %u wake-ups, %.1f ms of CPU\n", changes,
	       (double)(lan_now_ms() - begin) / 1e3, wakes, spent);
	assert_int_equal(wakes, 0);
	assert_true(spent < CPU_MOST_MS);
	scene_expect_silence(scene);
	(void)close(until);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(foreign_routes_wake_nobody_and_cost_nothing,
						scene_listen, scene_stop),
	};

	if (argc > 1)
		changes = (uint32_t)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, scene_make, scene_drop);
}
