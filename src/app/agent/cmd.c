/* cmd.c - `croute run`: the event loop around the agent. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/agent/cmd.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/agent/agent.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/print/print.h"
#include "croute/base/buf.h"
#include "croute/edge/file/open.h"
#include "croute/edge/host/clock.h"

#define MEANS_MS 1000 /* between tries where descriptors or memory are short */

/* Repairs come before pages: the loop looks for news after each answer of a page. Once in FAIR
 * times a waker queues behind the pages, so that a flood of events does not silence them. That is
 * beyond the 99th percentile of repairs: up to HTTP_CONNECTIONS pages come first. */
enum { AT_ONCE, BEHIND_PAGES, PRIORITIES };
#define FAIR 128

/* What wakes the agent beside time. */
enum { ON_TERM, ON_INT, ON_HANGUP, ON_WATCH, ON_KERNEL, ON_NFT, ON_LOCK, ON_NAME, WAKERS };

struct waker {
	struct event *event; /* NULL: not open */
	struct loop *loop;
	void (*call)(struct agent *agent);
};

struct loop {
	struct event_base *base;
	struct agent agent;
	struct event *turn;
	struct event *watchdog;
	struct event *reach; /* pending only while peers are probed */
	unsigned calls;	     /* of wakers */
	struct waker wakers[WAKERS];
};

/* Traffic does not depend on croute: everything stays as it is. */
static void end(struct agent *agent, const char *why)
{
	log_info(&agent->log, "%s: ending, all routes stay", why);
	(void)event_base_loopbreak(agent->base);
}

static void end_by_term(struct agent *agent)
{
	end(agent, "SIGTERM");
}

static void end_by_int(struct agent *agent)
{
	end(agent, "SIGINT");
}

static const struct {
	void (*call)(struct agent *agent);
	short what;
} kinds[WAKERS] = {
	[ON_TERM] = {end_by_term, EV_SIGNAL | EV_PERSIST},
	[ON_INT] = {end_by_int, EV_SIGNAL | EV_PERSIST},
	[ON_HANGUP] = {agent_on_hangup, EV_SIGNAL | EV_PERSIST},
	[ON_WATCH] = {agent_on_watch, EV_READ | EV_PERSIST},
	[ON_KERNEL] = {agent_on_kernel, EV_READ | EV_PERSIST},
	[ON_NFT] = {agent_on_nft, EV_READ | EV_PERSIST},
	[ON_LOCK] = {agent_on_lock, EV_READ | EV_PERSIST},
	[ON_NAME] = {agent_on_name, EV_READ | EV_ET | EV_PERSIST},
};

static void event_drop(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

static void wake_in(struct event *timer, int64_t ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	(void)event_add(timer, &wait);
}

static void on_waker(evutil_socket_t fd, short what, void *context)
{
	const struct waker *waker = context;
	struct loop *loop = waker->loop;

	(void)fd;
	(void)what;
	(void)event_priority_set(waker->event, ++loop->calls % FAIR == 0 ? BEHIND_PAGES : AT_ONCE);
	waker->call(&loop->agent);
	wake_in(loop->turn, schedule_wait(&loop->agent.schedule, host_now_ms()));
}

/*
 * Re-register the event for the descriptor or signal `fd`, which may have appeared, gone or
 * changed. False when that failed: epoll_ctl(2) may fail for lack of memory, and then even a signal
 * goes unheard until this is called again.
 */
static bool follow(struct loop *loop, int kind, int fd)
{
	struct waker *waker = &loop->wakers[kind];
	short what = kinds[kind].what;

	if (waker->event != NULL && event_get_fd(waker->event) != fd)
		event_drop(&waker->event);
	if (fd < 0)
		return true;
	*waker = (struct waker){.event = waker->event, .loop = loop, .call = kinds[kind].call};
	if (waker->event == NULL)
		waker->event = event_new(loop->base, fd, what, on_waker, waker);
	if (waker->event == NULL)
		return false;
	return event_pending(waker->event, EV_READ | EV_SIGNAL, NULL) != 0 ||
	       event_add(waker->event, NULL) == 0;
}

static bool follow_signals(struct loop *loop)
{
	bool term = follow(loop, ON_TERM, SIGTERM);
	bool interrupt = follow(loop, ON_INT, SIGINT);

	return follow(loop, ON_HANGUP, SIGHUP) && term && interrupt;
}

static bool follow_descriptors(struct loop *loop)
{
	const struct agent *agent = &loop->agent;
	bool all = follow(loop, ON_WATCH, agent->file.watching ? agent->file.watch.fd : -1);

	all &= follow(loop, ON_KERNEL, agent->kernel.fd);
	all &= follow(loop, ON_NFT, agent->nft.fd);
	all &= follow(loop, ON_LOCK, agent->locked ? agent->lock.fd : -1);
	(void)follow(loop, ON_NAME, agent->name_fd); /* not everywhere; resyncs look too */
	return all;
}

static void on_reach(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	int64_t wait = agent_on_reach(&loop->agent);

	(void)fd;
	(void)what;
	if (wait >= 0)
		wake_in(loop->reach, wait);
	/* A next hop that was lost takes a pass. */
	wake_in(loop->turn, schedule_wait(&loop->agent.schedule, host_now_ms()));
}

/* After a turn there may be peers to probe. */
static void go_on_probing(struct loop *loop)
{
	if (loop->agent.reach.listed && loop->reach == NULL)
		loop->reach = evtimer_new(loop->base, on_reach, loop);
	if (loop->agent.reach.listed && loop->reach != NULL &&
	    event_pending(loop->reach, EV_TIMEOUT, NULL) == 0)
		wake_in(loop->reach, 0);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	int64_t wait = agent_turn(&loop->agent);
	bool signals = follow_signals(loop);
	bool all = follow_descriptors(loop) && signals;

	(void)fd;
	(void)what;
	wake_in(loop->turn, all || wait < MEANS_MS ? wait : MEANS_MS);
	go_on_probing(loop);
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_watchdog(&loop->agent);
}

/* Only where the service manager watches is there a timer for it. */
static void open_watchdog(struct loop *loop)
{
	int64_t ms = notify_watchdog_ms(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), getpid());
	struct timeval every = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	if (ms == 0)
		return;
	loop->watchdog = event_new(loop->base, -1, EV_PERSIST, on_watchdog, loop);
	if (loop->watchdog != NULL)
		(void)event_add(loop->watchdog, &every);
}

static int run_loop(struct loop *loop, const struct options *options)
{
	int status = -1;

	/* First, so that a SIGHUP during start-up does not end the process. */
	(void)follow_signals(loop);
	agent_open(&loop->agent, options, loop->base, getenv("NOTIFY_SOCKET"));
	log_info(&loop->agent.log, "croute %s: keeping the routes of %s", CROUTE_VERSION,
		 options->config);
	open_watchdog(loop);
	loop->turn = evtimer_new(loop->base, on_turn, loop);
	if (loop->turn != NULL && event_priority_set(loop->turn, AT_ONCE) == 0) {
		wake_in(loop->turn, 0);
		status = event_base_dispatch(loop->base);
	}
	if (status < 0)
		print_problem("the event loop failed", options);
	event_drop(&loop->turn);
	event_drop(&loop->watchdog);
	event_drop(&loop->reach);
	for (int i = 0; i < WAKERS; i++)
		event_drop(&loop->wakers[i].event);
	agent_close(&loop->agent);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* libevent exits when it gets no descriptors for its loop. 0 or -errno. */
static int probe_means(void)
{
	int fds[4];
	int status = 0;

	for (size_t i = 0; i < 4; i++) {
		fds[i] = open("/", O_PATH | O_CLOEXEC);
		if (fds[i] < 0)
			status = -errno;
	}
	for (size_t i = 0; i < 4; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
	}
	return status;
}

static void wait_for_means(const struct options *options)
{
	struct log log = log_open(options->log_level, options->log_format, 2);
	int status = probe_means();

	if (status < 0)
		log_warn(&log, "no descriptors for the event loop: %s; waiting for them",
			 strerror(-status));
	while (status < 0) {
		(void)poll(NULL, 0, MEANS_MS);
		status = probe_means();
	}
	log_close(&log);
}

/* What has no priority of its own gets the middle one: BEHIND_PAGES. NULL: no memory. */
static struct event_base *open_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL &&
	    event_config_set_max_dispatch_interval(config, NULL, 1, BEHIND_PAGES) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	if (base != NULL)
		(void)event_base_priority_init(base, PRIORITIES);
	return base;
}

static void loop_free(struct loop *loop)
{
	if (loop != NULL && loop->base != NULL)
		event_base_free(loop->base);
	free(loop);
}

/* Errors that waiting cannot cure. */
static const char *refuse_options(const struct options *options)
{
	if (strcmp(options->config, "-") == 0)
		return "run reads the file repeatedly; name a file or directory with -c";
	if (options->status_file != NULL && file_would_read(options->config, options->status_file))
		return "--status-file lies in what croute reads: it would take its own output for "
		       "configuration; name a file elsewhere";
	return NULL;
}

/* What libevent has to say of itself comes without a context, and after an error it ends the
 * process with 1. */
static const struct options *run_options;

static void on_loop_problem(int severity, const char *message)
{
	char space[256];
	struct buf text = BUF_OVER(space);

	if (severity < EVENT_LOG_WARN)
		return;
	buf_add(&text, "the event loop %s: %s", severity == EVENT_LOG_ERR ? "failed" : "warns",
		message);
	print_problem(space, run_options);
}

static int run(const struct options *options)
{
	const char *refused = refuse_options(options);
	struct loop *loop = refused == NULL ? calloc(1, sizeof(*loop)) : NULL;
	int code = EXIT_FAILED;

	if (refused != NULL) {
		print_problem(refused, options);
		return EXIT_USAGE;
	}
	(void)signal(SIGHUP, SIG_IGN); /* until the loop hears it */
	(void)signal(SIGIO, SIG_IGN);  /* a broken read lease: edge/file/watch */
	run_options = options;
	event_set_log_callback(on_loop_problem);
	wait_for_means(options);
	if (loop != NULL)
		loop->base = open_base();
	if (loop != NULL && loop->base != NULL)
		code = run_loop(loop, options);
	else
		print_problem("out of memory", options);
	loop_free(loop);
	return code;
}

const struct command command_run = {
	.name = "run",
	.summary = "the agent: reconcile, watch, repair, until SIGTERM",
	.detail = "SIGHUP reads the file again. All routes stay when it ends.",
	.example = "croute run -c /etc/croute --node worker-1",
	.run = run,
};
