/* meter.c - a stopwatch: of commands, and of what routes do after an event. */
/* SPDX-License-Identifier: MIT */
/*
 * meter run COMMAND...: how long it takes, and what it uses.
 * meter until PROTOCOL CHANGES COMMAND...: until the command has ended, and as many routes of the
 * protocol have been added, replaced or removed; with +CHANGES, added or replaced.
 * meter rename PROTOCOL TIMES TARGET FILE FILE: a copy of each file in turn is renamed over the
 * target; until the next change of a route.
 * meter delete PROTOCOL TIMES: peer after peer loses its route; until it is back.
 * meter link PROTOCOL COUNT TIMES DEVICE: the device goes down and up; until all routes are back.
 * Lines of microseconds on standard error, so that the command's own output may go elsewhere.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"
#include "wire.h"

#define DEADLINE_US INT64_C(120000000)
#define SILENCE_MS 40 /* between two events, so that each finds the agent asleep */
#define NAP_NS 100000 /* the error of what is timed over many routes */
#define GROUPS (RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)
#define NUMBER(text) ((uint32_t)strtoul(text, NULL, 10))

/* What has been seen of the routes of one protocol. */
struct seen {
	uint32_t protocol;
	uint32_t news;	  /* of type RTM_NEWROUTE */
	uint32_t changes; /* of both types */
};

static struct wire events;
static struct wire wire;

static bool see(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	struct seen *seen = context;

	if ((message->nlmsg_type != RTM_NEWROUTE && message->nlmsg_type != RTM_DELROUTE) ||
	    route->rtm_protocol != seen->protocol)
		return false;
	seen->news += message->nlmsg_type == RTM_NEWROUTE;
	seen->changes++;
	return false;
}

static int fail(const char *what, int error)
{
	(void)fprintf(stderr, "meter: %s: %s\n", what, strerror(error));
	return 1;
}

/* Wait for so many of them. Of many it looks now and then: to be woken for each takes the writer as
 * long as the kernel takes for the route. */
static int await(struct seen *seen, const uint32_t *counter, uint32_t least)
{
	static const struct timespec nap = {.tv_nsec = NAP_NS};
	int64_t deadline = wire_now_us() + DEADLINE_US;
	struct pollfd readable = {.fd = events.fd, .events = POLLIN};
	int error = 0;

	while (*counter < least && error == 0) {
		if (wire_now_us() > deadline)
			return ETIMEDOUT;
		if (least > 1)
			(void)ppoll(NULL, 0, &nap, NULL);
		if (poll(&readable, 1, 1000) > 0)
			error = wire_read(&events, see, seen);
	}
	return error;
}

/* Until nothing has happened for a while. */
static void let_settle(struct seen *seen)
{
	struct pollfd readable = {.fd = events.fd, .events = POLLIN};

	while (poll(&readable, 1, SILENCE_MS) > 0)
		(void)wire_read(&events, see, seen);
	seen->news = seen->changes = 0;
}

static void tell(const char *what, int64_t us)
{
	(void)fprintf(stderr, "%s %lld\n", what, (long long)us);
}

static pid_t start(char **command)
{
	pid_t child = -1;

	(void)posix_spawnp(&child, command[0], NULL, NULL, command, environ);
	return child;
}

/* 0 when the command ended well. */
static int finish(pid_t child, struct rusage *usage)
{
	int status = 0;

	if (child < 0)
		return 127;
	while (wait4(child, &status, 0, usage) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int64_t us_of(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static int run(char **argv)
{
	int64_t began = wire_now_us();
	struct rusage usage = {0};
	int status = finish(start(argv), &usage);

	tell("us", wire_now_us() - began);
	tell("cpu", us_of(usage.ru_utime) + us_of(usage.ru_stime));
	tell("kib", usage.ru_maxrss);
	return status;
}

static int until(char **argv)
{
	struct seen seen = {.protocol = NUMBER(argv[0])};
	int64_t began = wire_now_us();
	struct rusage usage = {0};
	pid_t child = start(argv + 2);
	const uint32_t *counter = argv[1][0] == '+' ? &seen.news : &seen.changes;
	int error = await(&seen, counter, NUMBER(argv[1]));

	if (finish(child, &usage) != 0 && error == 0)
		error = ECHILD;
	tell("us", wire_now_us() - began);
	return error == 0 ? 0 : fail("until", error);
}

static int copy_file(const char *from, const char *to)
{
	static char bytes[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t len;

	while ((len = read(in, bytes, sizeof(bytes))) > 0) {
		if (write(out, bytes, (size_t)len) != len)
			return EIO;
	}
	(void)close(in);
	return close(out) < 0 || len < 0 ? EIO : 0;
}

static int rename_files(char **argv)
{
	struct seen seen = {.protocol = NUMBER(argv[0])};
	char temporary[4096];
	int error = 0;

	(void)snprintf(temporary, sizeof(temporary), "%s.tmp", argv[2]);
	for (uint32_t i = 0; i < NUMBER(argv[1]) && error == 0; i++) {
		int64_t began;

		error = copy_file(argv[3 + i % 2], temporary);
		let_settle(&seen);
		began = wire_now_us();
		if (rename(temporary, argv[2]) < 0)
			return fail(argv[2], errno);
		if (error == 0)
			error = await(&seen, &seen.changes, 1);
		tell(i % 2 == 0 ? "add" : "remove", wire_now_us() - began);
	}
	return error == 0 ? 0 : fail("rename", error);
}

static int delete_route(uint32_t peer, uint32_t protocol)
{
	uint32_t dst = PEERS_DST_FIRST + (peer << 8);
	struct rtmsg route = {.rtm_family = AF_INET,
			      .rtm_dst_len = 24,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = (uint8_t)protocol,
			      .rtm_scope = RT_SCOPE_NOWHERE};

	wire_begin(&wire, RTM_DELROUTE, 0, &route, sizeof(route));
	wire_put_u32(&wire, RTA_DST, htonl(dst));
	return wire_send(&wire);
}

static int delete_routes(char **argv)
{
	struct seen seen = {.protocol = NUMBER(argv[0])};
	int error = 0;

	for (uint32_t i = 1; i <= NUMBER(argv[1]) && error == 0; i++) {
		int64_t began;

		let_settle(&seen);
		began = wire_now_us();
		error = delete_route(i, seen.protocol);
		if (error == 0)
			error = await(&seen, &seen.news, 1);
		tell("repair", wire_now_us() - began);
	}
	return error == 0 ? 0 : fail("delete", error);
}

static int set_link(const char *device, bool up)
{
	struct ifinfomsg link = {.ifi_index = (int)if_nametoindex(device),
				 .ifi_flags = up ? IFF_UP : 0,
				 .ifi_change = IFF_UP};

	wire_begin(&wire, RTM_NEWLINK, 0, &link, sizeof(link));
	return wire_send(&wire);
}

static int toggle_link(char **argv)
{
	struct seen seen = {.protocol = NUMBER(argv[0])};
	int error = 0;

	for (uint32_t i = 0; i < NUMBER(argv[2]) && error == 0; i++) {
		int64_t began;

		error = set_link(argv[3], false);
		let_settle(&seen);
		began = wire_now_us();
		if (error == 0)
			error = set_link(argv[3], true);
		if (error == 0)
			error = await(&seen, &seen.news, NUMBER(argv[1]));
		tell("back", wire_now_us() - began);
		let_settle(&seen);
	}
	return error == 0 ? 0 : fail("link", error);
}

static const struct {
	const char *name;
	int arguments;
	int (*run)(char **argv);
} verbs[] = {
	{"run", 1, run},
	{"until", 3, until},
	{"rename", 5, rename_files},
	{"delete", 2, delete_routes},
	{"link", 4, toggle_link},
};

int main(int argc, char **argv)
{
	if (wire_open(&events, GROUPS) != 0 || wire_open(&wire, 0) != 0)
		return fail("netlink", errno);
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 >= verbs[i].arguments)
			return verbs[i].run(argv + 2);
	}
	return fail("usage", EINVAL);
}
