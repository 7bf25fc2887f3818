/* cmd.c - `croute run`: the event loop around the agent. */
#include "croute/app/agent/cmd.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/agent/agent.h"
#include "croute/app/cli/command.h"
#include "croute/app/print/diags.h"
#include "croute/edge/file/open.h"
#include "croute/edge/host/clock.h"

/* The loop and what wakes it; events that are not open are NULL. */
struct loop {
	struct event_base *base;
	struct agent agent;
	struct event *turn;
	struct event *watch;
	struct event *kernel;
	struct event *nft;
	struct event *lock;
	struct event *watchdog;
	struct event *ends[2];
	struct event *hangup;
};

static void event_drop(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

/* Keep an event on the descriptor `fd` as it is now: it may have come, gone or changed. */
static void follow(struct loop *loop, struct event **event, int fd, event_callback_fn call)
{
	if (*event != NULL && event_get_fd(*event) == fd)
		return;
	event_drop(*event);
	*event = fd >= 0 ? event_new(loop->base, fd, EV_READ | EV_PERSIST, call, loop) : NULL;
	if (*event != NULL)
		(void)event_add(*event, NULL);
}

static void wake_in(struct event *timer, int64_t ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	(void)event_add(timer, &wait);
}

static void wake_when_due(struct loop *loop)
{
	wake_in(loop->turn, pace_wait(&loop->agent.pace, host_now_ms()));
}

static void on_watch(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_watch(&loop->agent);
	wake_when_due(loop);
}

static void on_kernel(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_kernel(&loop->agent);
	wake_when_due(loop);
}

static void on_nft(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_nft(&loop->agent);
	wake_when_due(loop);
}

static void on_lock(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	lock_serve(&loop->agent.lock);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	struct agent *agent = &loop->agent;
	int64_t wait = agent_turn(agent);

	(void)fd;
	(void)what;
	follow(loop, &loop->watch, agent->file.watching ? agent->file.watch.fd : -1, on_watch);
	follow(loop, &loop->kernel, agent->kernel.fd, on_kernel);
	follow(loop, &loop->nft, agent->nft.fd, on_nft);
	follow(loop, &loop->lock, agent->locked ? agent->lock.fd : -1, on_lock);
	wake_in(loop->turn, wait);
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_watchdog(&loop->agent);
}

static void on_hangup(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_hangup(&loop->agent);
	wake_when_due(loop);
}

/* Traffic does not depend on croute: everything stays as it is. */
static void on_end(evutil_socket_t signal, short what, void *context)
{
	struct loop *loop = context;

	(void)what;
	log_info(&loop->agent.log, "%s: ending, all routes stay",
		 signal == SIGINT ? "SIGINT" : "SIGTERM");
	(void)event_base_loopbreak(loop->base);
}

static struct event *signal_event(struct loop *loop, int signal, event_callback_fn call)
{
	struct event *event = evsignal_new(loop->base, signal, call, loop);

	if (event != NULL)
		(void)event_add(event, NULL);
	return event;
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

/* First of all: a SIGHUP that comes while the agent is being opened must not end it. */
static void open_signals(struct loop *loop)
{
	loop->ends[0] = signal_event(loop, SIGTERM, on_end);
	loop->ends[1] = signal_event(loop, SIGINT, on_end);
	loop->hangup = signal_event(loop, SIGHUP, on_hangup);
}

static int loop_open(struct loop *loop)
{
	loop->turn = evtimer_new(loop->base, on_turn, loop);
	if (loop->turn == NULL || loop->ends[0] == NULL || loop->ends[1] == NULL ||
	    loop->hangup == NULL)
		return -1;
	open_watchdog(loop);
	wake_in(loop->turn, 0);
	return 0;
}

static void loop_close(struct loop *loop)
{
	event_drop(loop->turn);
	event_drop(loop->watch);
	event_drop(loop->kernel);
	event_drop(loop->nft);
	event_drop(loop->lock);
	event_drop(loop->watchdog);
	event_drop(loop->ends[0]);
	event_drop(loop->ends[1]);
	event_drop(loop->hangup);
}

static int run_loop(struct loop *loop, const struct options *options)
{
	struct error err = {0};
	int code = EXIT_FAILED;

	open_signals(loop);
	if (agent_open(&loop->agent, options, loop->base, getenv("NOTIFY_SOCKET"), &err) < 0) {
		print_error(err.text, options);
		loop_close(loop);
		return EXIT_FAILED;
	}
	log_info(&loop->agent.log, "croute %s: keeping the routes of %s", CROUTE_VERSION,
		 options->config);
	if (loop_open(loop) == 0 && event_base_dispatch(loop->base) == 0)
		code = EXIT_DONE;
	else
		print_error("the event loop cannot be made", options);
	loop_close(loop);
	agent_close(&loop->agent);
	return code;
}

static void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->base != NULL)
		event_base_free(loop->base);
	free(loop);
}

/* What cannot become right while it runs. */
static const char *refuse_options(const struct options *options)
{
	if (strcmp(options->config, "-") == 0)
		return "run reads the file again and again; name a file or directory with -c";
	if (options->status_file != NULL && file_would_read(options->config, options->status_file))
		return "--status-file lies in what croute reads: it would take its own output for "
		       "configuration; name a file elsewhere";
	return NULL;
}

int cmd_run(const struct options *options)
{
	const char *refused = refuse_options(options);
	struct loop *loop = refused == NULL ? calloc(1, sizeof(*loop)) : NULL;
	int code = EXIT_FAILED;

	if (refused != NULL) {
		print_error(refused, options);
		return EXIT_USAGE;
	}
	if (loop != NULL)
		loop->base = event_base_new();
	if (loop != NULL && loop->base != NULL)
		code = run_loop(loop, options);
	else
		print_error("no memory for the event loop", options);
	loop_free(loop);
	return code;
}
