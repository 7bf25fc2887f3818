/* cmd_run.c - `croute run`: the event loop around the agent. */
#include "croute/app/cmd_run.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>

#include "croute/app/agent.h"
#include "croute/app/exit.h"
#include "croute/app/load_print.h"
#include "croute/edge/host.h"

/* The loop and what wakes it; events that are not open are NULL. */
struct loop {
	struct event_base *base;
	struct agent agent;
	struct event *turn;
	struct event *watch;
	struct event *lock;
	struct event *ends[2];
	struct event *hangup;
};

static void on_watch(evutil_socket_t fd, short what, void *context);
static void on_lock(evutil_socket_t fd, short what, void *context);

static struct event *read_event(struct loop *loop, struct event *old, int fd,
				event_callback_fn call)
{
	struct event *event = old;

	if (event != NULL || fd < 0)
		return event;
	event = event_new(loop->base, fd, EV_READ | EV_PERSIST, call, loop);
	if (event != NULL)
		(void)event_add(event, NULL);
	return event;
}

static void wake_in(struct loop *loop, int64_t ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	(void)event_add(loop->turn, &wait);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	int64_t wait = agent_turn(&loop->agent);

	(void)fd;
	(void)what;
	if (loop->agent.watching)
		loop->watch = read_event(loop, loop->watch, loop->agent.watch.fd, on_watch);
	if (loop->agent.locked)
		loop->lock = read_event(loop, loop->lock, loop->agent.lock.fd, on_lock);
	wake_in(loop, wait);
}

static void on_watch(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_watch(&loop->agent);
	wake_in(loop, pace_wait(&loop->agent.pace, host_now_ms()));
}

static void on_lock(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	lock_serve(&loop->agent.lock);
}

static void on_hangup(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	(void)fd;
	(void)what;
	agent_on_hangup(&loop->agent);
	wake_in(loop, 0);
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

static int loop_open(struct loop *loop)
{
	loop->base = event_base_new();
	if (loop->base == NULL)
		return -1;
	loop->turn = evtimer_new(loop->base, on_turn, loop);
	loop->ends[0] = signal_event(loop, SIGTERM, on_end);
	loop->ends[1] = signal_event(loop, SIGINT, on_end);
	loop->hangup = signal_event(loop, SIGHUP, on_hangup);
	if (loop->turn == NULL || loop->ends[0] == NULL || loop->ends[1] == NULL ||
	    loop->hangup == NULL)
		return -1;
	wake_in(loop, 0);
	return 0;
}

static void event_drop(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

static void loop_close(struct loop *loop)
{
	event_drop(loop->turn);
	event_drop(loop->watch);
	event_drop(loop->lock);
	event_drop(loop->ends[0]);
	event_drop(loop->ends[1]);
	event_drop(loop->hangup);
	if (loop->base != NULL)
		event_base_free(loop->base);
}

static int run_loop(struct loop *loop, const struct options *options)
{
	int code = EXIT_FAILED;

	log_info(&loop->agent.log, "croute %s: keeping the routes of %s", CROUTE_VERSION,
		 options->config);
	if (loop_open(loop) == 0 && event_base_dispatch(loop->base) == 0)
		code = EXIT_DONE;
	else
		load_print_error("the event loop cannot be made", options);
	loop_close(loop);
	return code;
}

int cmd_run(const struct options *options)
{
	struct loop loop = {0};
	struct error err = {0};
	int code;

	if (agent_open(&loop.agent, options, &err) < 0) {
		load_print_error(err.text, options);
		return EXIT_FAILED;
	}
	code = run_loop(&loop, options);
	agent_close(&loop.agent);
	return code;
}
