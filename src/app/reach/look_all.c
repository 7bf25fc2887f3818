/* look_all.c - probes all peers once, at most a thousand echoes a second. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/reach/asked.h"
#include "croute/app/reach/sample.h"
#include "croute/edge/host/clock.h"

#define PER_SECOND 1000
#define WAIT_US 1000000 /* for an answer */
#define BRIEF_US (REACH_SAMPLE_MS * 1000)
#define TRIES 2 /* a packet may be lost on any network */

/* Probes to send, and probes under way in the order in which they went out, so that the first is
 * the first to be given up. Each path is in one of them at most. */
struct ring {
	struct arena arena;
	uint32_t size;
	uint32_t first;
	uint32_t count;
};

struct walk {
	struct asking *asking;
	struct ring queue;
	struct ring waiting;
	struct reach_pace pace;
	int signals;
};

static uint32_t *ring_at(const struct ring *ring, uint32_t i)
{
	return (uint32_t *)(void *)ring->arena.base + (ring->first + i) % ring->size;
}

static int ring_init(struct ring *ring, uint32_t size)
{
	*ring = (struct ring){.size = size, .arena = {.limit = (size_t)size * sizeof(uint32_t)}};
	return arena_push(&ring->arena, (size_t)size * sizeof(uint32_t)) != NULL ? 0 : -ENOMEM;
}

static void ring_put(struct ring *ring, uint32_t number)
{
	*ring_at(ring, ring->count) = number;
	ring->count++;
}

static uint32_t ring_take(struct ring *ring)
{
	uint32_t number = *ring_at(ring, 0);

	ring->first = (ring->first + 1) % ring->size;
	ring->count--;
	return number;
}

static struct asked *asked_of(const struct walk *walk, uint32_t number)
{
	return rows_at(walk->asking->peers, number / REACH_PATHS);
}

static enum reach_path path_of(uint32_t number)
{
	return (enum reach_path)(number % REACH_PATHS);
}

static void put_path(struct walk *walk, uint32_t number, enum reach_path path)
{
	ring_put(&walk->queue, number - number % REACH_PATHS + path);
}

/* --- what comes next ----------------------------------------------------------------------------
 */

static void halve(struct walk *walk, struct asked *asked, uint32_t number)
{
	asked->tried = reach_halve(&asked->halving);
	if (asked->tried != 0)
		ring_put(&walk->queue, number);
}

/* Once there is an answer there is nothing more to know, but of POD: a large one comes next. One
 * that is lost is asked for on the ways that tell more. */
static void follow(struct walk *walk, struct asked *asked, uint32_t number, uint32_t mtu)
{
	enum reach_path path = path_of(number);
	const struct reach_state *state = &asked->path[path];

	if (state->kind == REACH_ANSWERS) {
		if (path == REACH_POD)
			put_path(walk, number, REACH_FULL);
	} else if (state->missed < TRIES && path != REACH_TO && path != REACH_FROM) {
		ring_put(&walk->queue, number);
	} else if (path == REACH_FULL && !walk->asking->brief) {
		asked->halving = reach_halving_begin(asked->peer.is_ipv6, asked->size, mtu);
		halve(walk, asked, number);
	} else if (path == REACH_POD && state->kind == REACH_LOST) {
		put_path(walk, number, REACH_TO);
		put_path(walk, number, REACH_FROM);
	}
}

static void resolve(struct walk *walk, uint32_t number, const struct echo_answer *answer,
		    enum echo_kind kind)
{
	struct asked *asked = asked_of(walk, number);
	enum reach_path path = path_of(number);
	struct reach_state *state = &asked->path[path];
	struct reach_clock clock = {
		.seconds = (uint32_t)(host_wall_ms() / 1000),
		.rtt_us = reach_rtt(state->tag, answer != NULL ? answer->age_us : 0),
		.lost_after = path == REACH_TO || path == REACH_FROM ? 1 : TRIES};
	uint32_t mtu = answer != NULL && kind == ECHO_TOO_BIG ? answer->mtu : 0;

	progress_add(walk->asking->progress, 1);
	if ((kind == ECHO_REFUSED || kind == ECHO_NO_ROUTE) && answer != NULL)
		asked->refused_by = answer->from;
	if (asked->halving.low > 0 && path == REACH_FULL) {
		state->waits = 0;
		reach_halving_take(&asked->halving, asked->tried, kind == ECHO_ANSWERED);
		halve(walk, asked, number);
		return;
	}
	(void)reach_take(state, kind, &clock);
	follow(walk, asked, number, mtu);
}

/* --- sending and hearing ------------------------------------------------------------------------
 */

static bool send_one(struct walk *walk, uint32_t number)
{
	struct asked *asked = asked_of(walk, number);
	enum reach_path path = path_of(number);
	struct echo echo = {.number = number, .to = asked->address};
	struct reach_state aim = asked->path[REACH_POD];
	struct reach_state *state = &asked->path[path];
	int status;

	if (path == REACH_FULL) {
		echo.size = asked->tried;
		state->other = aim.other; /* where the small one was answered */
		state->settled = 1;
	}
	status = reach_send(walk->asking->ground, &asked->peer, path, state, &echo);
	if (status == -EAGAIN)
		return false;
	if (path == REACH_FULL && asked->halving.low == 0)
		asked->size = echo.size;
	if (status == 0)
		ring_put(&walk->waiting, number);
	else
		resolve(walk, number, NULL, (enum echo_kind)status);
	return true;
}

static void send_due(struct walk *walk)
{
	uint32_t due = reach_pace_due(&walk->pace, host_now_us());

	for (; due > 0 && walk->queue.count > 0; due--) {
		uint32_t number = ring_take(&walk->queue);

		if (!send_one(walk, number)) {
			ring_put(&walk->queue, number);
			return;
		}
	}
}

static void hear(void *context, const struct echo_answer *answer)
{
	struct walk *walk = context;
	struct asked *asked;
	struct reach_state *state;
	struct echo echo = {.size = 0};
	int kind;

	if (answer->number / REACH_PATHS >= walk->asking->peers->count)
		return;
	asked = asked_of(walk, answer->number);
	state = &asked->path[path_of(answer->number)];
	echo.to = asked->address;
	if (!state->waits || state->tag != answer->tag ||
	    !reach_aim(&walk->asking->ground->view, &asked->peer, path_of(answer->number),
		       state->other, &echo))
		return;
	kind = reach_judge(&walk->asking->ground->view, &asked->peer, &echo, answer);
	if (kind >= 0)
		resolve(walk, answer->number, answer, (enum echo_kind)kind);
}

/* Give up what went out long enough before `now`; what was answered only leaves the ring. Returns
 * when the next is due, in microseconds from now. */
static int64_t give_up(struct walk *walk, int64_t now)
{
	uint32_t most = walk->asking->brief ? BRIEF_US : WAIT_US;

	while (walk->waiting.count > 0) {
		uint32_t number = *ring_at(&walk->waiting, 0);
		const struct reach_state *state = &asked_of(walk, number)->path[path_of(number)];
		uint32_t waited = (uint32_t)now - state->tag;

		if (state->waits && waited < most)
			return (int64_t)most - waited;
		(void)ring_take(&walk->waiting);
		if (state->waits)
			resolve(walk, number, NULL, ECHO_SILENT);
	}
	return WAIT_US;
}

static bool was_stopped(const struct walk *walk)
{
	struct signalfd_siginfo info;

	return read(walk->signals, &info, sizeof(info)) == sizeof(info);
}

static void wait_for_news(struct walk *walk, int64_t us)
{
	struct pollfd fds[3] = {{.fd = walk->signals, .events = POLLIN}};

	for (unsigned i = 0; i < 2; i++) {
		const struct reach_ground *ground = walk->asking->ground;

		fds[i + 1] = (struct pollfd){.fd = ground->open[i] ? ground->probe[i].fd : -1,
					     .events = POLLIN};
	}
	(void)poll(fds, 3, (int)(us / 1000) + 1);
}

/* A path that was answered early may be asked again while its old place in `waiting` is not past:
 *so there is more room than paths. */
static int prepare(struct walk *walk)
{
	const struct config_reach pace = {.per_second = PER_SECOND};
	uint32_t size = walk->asking->peers->count * REACH_PATHS * 4 + 4;

	if (ring_init(&walk->queue, size) < 0 || ring_init(&walk->waiting, size) < 0)
		return -ENOMEM;
	reach_pace_begin(&walk->pace, &pace, 1, host_now_us());
	for (uint32_t i = 0; i < walk->asking->peers->count; i++) {
		const struct asked *asked = rows_at(walk->asking->peers, i);

		if (!asked->wanted)
			continue;
		put_path(walk, i * REACH_PATHS, REACH_NODE);
		put_path(walk, i * REACH_PATHS, REACH_POD);
		if (ip_is_set(&asked->address))
			put_path(walk, i * REACH_PATHS, REACH_ADDRESS);
	}
	progress_begin(walk->asking->progress, "asking peers:", walk->queue.count);
	return 0;
}

static void run(struct walk *walk)
{
	while (walk->queue.count > 0 || walk->waiting.count > 0) {
		int64_t now;
		int64_t wait = 0;

		send_due(walk);
		now = host_now_us(); /* what came until then is heard */
		if (reach_hear(walk->asking->ground, hear, walk))
			wait = give_up(walk, now);
		if (walk->queue.count > 0)
			wait = reach_pace_wait(&walk->pace, host_now_us());
		else if (walk->waiting.count == 0)
			return;
		wait_for_news(walk, wait);
		if (was_stopped(walk)) {
			walk->asking->stopped = true;
			return;
		}
	}
}

int reach_ask_all(struct asking *asking, struct error *err)
{
	struct walk walk = {.asking = asking, .signals = -1};
	sigset_t interrupt;
	int status;

	(void)sigemptyset(&interrupt);
	(void)sigaddset(&interrupt, SIGINT);
	if (!asking->brief) {
		(void)sigprocmask(SIG_BLOCK, &interrupt, NULL);
		walk.signals = signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
	}
	status = prepare(&walk);
	if (status == 0)
		run(&walk);
	progress_end(asking->progress);
	if (walk.signals >= 0) {
		(void)sigprocmask(SIG_UNBLOCK, &interrupt, NULL);
		(void)close(walk.signals);
	}
	arena_release(&walk.queue.arena);
	arena_release(&walk.waiting.arena);
	return status < 0 ? error_set(err, ENOMEM, "no memory to ask so many peers") : 0;
}

/* --- what was found -----------------------------------------------------------------------------
 */

static void add_elsewhere(const struct reach_ground *ground, const struct route *route, char *out)
{
	const struct link *link = links_find_index(ground->all_links, route->oif);
	struct ip gateway = route_gateway(route);
	char text[IP_TEXT_MAX];

	(void)snprintf(out, REACH_ELSEWHERE_MAX, "%s%s%sdev %s", ip_is_set(&gateway) ? "via " : "",
		       ip_is_set(&gateway) ? ip_format(&gateway, text) : "",
		       ip_is_set(&gateway) ? " " : "", link != NULL ? link->name : "?");
}

struct reach_finding reach_find_out(const struct asking *asking, const struct asked *asked,
				    char elsewhere[REACH_ELSEWHERE_MAX])
{
	struct reach_road road;
	struct reach_finding finding = reach_begin_finding(asking->ground, &asked->peer,
							   asked->path, &road);

	finding.asked = true;
	finding.here = asking->here;
	finding.elsewhere = elsewhere;
	finding.address = asked->address;
	finding.refused_by = asked->refused_by;
	finding.size = asked->size;
	finding.largest = asked->halving.low;
	finding.differs = asked->differs;
	elsewhere[0] = '\0';
	if (road.elsewhere)
		add_elsewhere(asking->ground, &road.route, elsewhere);
	return finding;
}
