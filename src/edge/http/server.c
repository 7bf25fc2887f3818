/* server.c - a few pages for scrapers and probes: sockets that are listened on. */
#include "croute/edge/http/server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "edge/http/listen.h"

/*
 * The HTTP server of libevent knows neither a most of connections nor a deadline for a whole
 * request, and does not tell when a connection ends, so that nothing can be counted around it. What
 * a scraper needs is little: one request, one reply, the end.
 */

#define ACCEPT_MOST 32 /* in one go: what came before must have its turn */
#define PAUSE_S 1      /* without accepting, when the system is out of something */

struct http {
	struct http_clients clients;
	struct http_sockets sockets;
	struct event *resume;
};

static void listen_again(struct http *http)
{
	for (int i = 0; i < HTTP_SOCKETS; i++) {
		if (http->sockets.at[i].accept != NULL)
			(void)event_add(http->sockets.at[i].accept, NULL);
	}
}

/* The connection stays in the queue and its socket readable: without a pause the loop would spin.
 */
static void pause_listening(struct http *http)
{
	struct timeval wait = {.tv_sec = PAUSE_S};

	if (event_add(http->resume, &wait) < 0)
		return;
	for (int i = 0; i < HTTP_SOCKETS; i++) {
		if (http->sockets.at[i].accept != NULL)
			(void)event_del(http->sockets.at[i].accept);
	}
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	listen_again(context);
}

/* accept(2) also hands on what befell a connection before it was accepted. */
static bool is_shortage(int code)
{
	return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
	struct http *http = context;

	(void)what;
	for (int i = 0; i < ACCEPT_MOST; i++) {
		int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (accepted >= 0) {
			(void)http_adopt(&http->clients, accepted);
			continue;
		}
		if (is_shortage(errno))
			pause_listening(http);
		if (is_shortage(errno) || errno == EAGAIN)
			return;
	}
}

/* An event for each socket that has none. */
static bool make_events(struct http *http)
{
	for (int i = 0; i < HTTP_SOCKETS; i++) {
		struct http_socket *socket = &http->sockets.at[i];

		if (socket->fd < 0 || socket->accept != NULL)
			continue;
		socket->accept = event_new(http->clients.base, socket->fd, EV_READ | EV_PERSIST,
					   on_accept, http);
		if (socket->accept == NULL || event_add(socket->accept, NULL) < 0)
			return false;
	}
	return true;
}

int http_open(struct event_base *base, const struct http_options *options, struct http **out,
	      struct error *err)
{
	struct http *http = calloc(1, sizeof(*http));
	int status;

	if (http == NULL)
		return error_set(err, ENOMEM, "no memory to serve HTTP");
	http->clients = (struct http_clients){
		.base = base,
		.pages = options->pages,
		.deadline_ms = options->deadline_ms != 0 ? options->deadline_ms : HTTP_DEADLINE_MS};
	status = http_sockets_open(&http->sockets, options->listen, err);
	http->resume = evtimer_new(base, on_resume, http);
	if (status == 0 && (http->resume == NULL || !make_events(http)))
		status = error_set(err, ENOMEM, "no memory to serve HTTP");
	if (status < 0) {
		http_close(http);
		return status;
	}
	*out = http;
	return 0;
}

int http_follow(struct http *http, const struct ip *own, uint32_t count, struct error *err)
{
	int status = http_sockets_follow(&http->sockets, own, count, err);

	return make_events(http) ? status : error_set(err, ENOMEM, "no memory to serve HTTP");
}

void http_close(struct http *http)
{
	if (http == NULL)
		return;
	http_close_clients(&http->clients);
	http_sockets_close(&http->sockets);
	if (http->resume != NULL)
		event_free(http->resume);
	free(http);
}
