/* server.c - a few pages for scrapers and probes: the listening sockets. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/http/server.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "croute/base/buf.h"
#include "croute/base/text.h"
#include "croute/edge/host/fd.h"

/*
 * The HTTP server of libevent knows neither a most of connections nor a deadline for a whole
 * request, and does not tell when a connection ends, so that nothing can be counted around it. What
 * a scraper needs is little: one request, one reply, the end.
 */

#define ACCEPT_MOST 32 /* at a time, so that other events get their turn */
#define PAUSE_S 1      /* without accepting, when the system is out of something */
#define BACKLOG 64
#define HTTP_LOOPBACK 2			 /* 127.0.0.1 and ::1 */
#define HTTP_SOCKETS (HTTP_LOOPBACK + 8) /* and the addresses of the node, four of each family */

struct http_socket {
	int fd; /* -1: none */
	struct ip ip;
	struct event *accept; /* of the server; NULL: none yet */
};

struct http_sockets {
	struct http_socket at[HTTP_SOCKETS];
	bool of_node; /* `node:PORT` */
	uint16_t port;
};

/* Where one socket listens; family 0: any address of both. */
struct place {
	struct ip ip;
	uint16_t port;
};

static socklen_t name_of(const struct place *place, uint8_t family, struct sockaddr_storage *out)
{
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(place->port)};
	struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(place->port)};

	memset(out, 0, sizeof(*out));
	if (family == AF_INET6) {
		memcpy(&ipv6.sin6_addr, place->ip.bytes, 16);
		memcpy(out, &ipv6, sizeof(ipv6));
		return sizeof(ipv6);
	}
	memcpy(&ipv4.sin_addr, place->ip.bytes, 4);
	memcpy(out, &ipv4, sizeof(ipv4));
	return sizeof(ipv4);
}

/* SO_REUSEADDR: connections of the one before that linger in TIME_WAIT are no hindrance; a socket
 * that still listens is (socket(7)). */
static int set_options(int fd, const struct place *place, uint8_t family)
{
	int yes = 1;
	int only_ipv6 = place->ip.family == AF_INET6;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
		return -errno;
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof(only_ipv6)) < 0)
		return -errno;
	return 0;
}

/* A listening socket of `family`, or -errno. */
static int open_socket(const struct place *place, uint8_t family)
{
	struct sockaddr_storage name;
	socklen_t len = name_of(place, family, &name);
	CLEANUP_FD int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int status = fd < 0 ? -errno : set_options(fd, place, family);
	int result = fd;

	if (status < 0)
		return status;
	if (bind(fd, (struct sockaddr *)&name, len) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	fd = -1;
	return result;
}

/* A host may have been built or started without IPv6, or have its loopback down. */
static bool is_absent(int status)
{
	return status == -EAFNOSUPPORT || status == -EADDRNOTAVAIL;
}

static int open_place(const struct place *place)
{
	int fd;

	if (place->ip.family != 0)
		return open_socket(place, place->ip.family);
	fd = open_socket(place, AF_INET6);
	return is_absent(fd) ? open_socket(place, AF_INET) : fd;
}

static int refuse(const struct place *place, int code, struct error *err)
{
	char address[IP_TEXT_MAX] = "";
	bool brackets = place->ip.family == AF_INET6;

	if (place->ip.family != 0)
		(void)ip_format(&place->ip, address);
	return error_set(err, code, "cannot listen on %s%s%s:%u: %s", brackets ? "[" : "", address,
			 brackets ? "]" : "", place->port, strerror(code));
}

/* `ADDRESS:PORT` as two; the brackets of an IPv6 address are dropped. */
static int split(const char *listen, struct text *host, uint16_t *port)
{
	struct text text = text_of(listen);
	const char *colon = memrchr(text.at, ':', text.len);
	uint64_t number;

	if (colon == NULL || text_to_u64(text_of(colon + 1), UINT16_MAX, &number) < 0)
		return -EINVAL;
	*port = (uint16_t)number;
	*host = (struct text){.at = text.at, .len = (size_t)(colon - text.at)};
	if (host->len >= 2 && host->at[0] == '[' && host->at[host->len - 1] == ']')
		*host = (struct text){.at = host->at + 1, .len = host->len - 2};
	return 0;
}

static void close_socket(struct http_socket *socket)
{
	if (socket->accept != NULL)
		event_free(socket->accept);
	fd_close(&socket->fd);
	*socket = (struct http_socket){.fd = -1};
}

static void sockets_close(struct http_sockets *sockets)
{
	for (int i = 0; i < HTTP_SOCKETS; i++)
		close_socket(&sockets->at[i]);
}

static void close_others(struct http_sockets *sockets, const struct ip *wanted, uint32_t count)
{
	for (int i = 0; i < HTTP_SOCKETS; i++) {
		uint32_t at = 0;

		while (at < count && !ip_same(&sockets->at[i].ip, &wanted[at]))
			at++;
		if (at == count)
			close_socket(&sockets->at[i]);
	}
}

/* The socket of `ip`; with NULL, a free one. NULL when there is none. */
static struct http_socket *find_socket(struct http_sockets *sockets, const struct ip *ip)
{
	for (int i = 0; i < HTTP_SOCKETS; i++) {
		struct http_socket *socket = &sockets->at[i];

		if (ip == NULL ? socket->fd < 0 : socket->fd >= 0 && ip_same(&socket->ip, ip))
			return socket;
	}
	return NULL;
}

static int open_one(struct http_sockets *sockets, const struct place *place)
{
	struct http_socket *socket = find_socket(sockets, NULL);
	int fd = socket == NULL ? -ENOSPC : open_place(place);

	if (fd < 0)
		return fd;
	*socket = (struct http_socket){.fd = fd, .ip = place->ip};
	return 0;
}

/*
 * With `node:PORT`: open what is missing of the loopback and of `own`, close all others. 0, or the
 * last -errno with `err`; what could be opened is.
 */
static int sockets_follow(struct http_sockets *sockets, const struct ip *own, uint32_t count,
			  struct error *err)
{
	struct ip wanted[HTTP_SOCKETS] = {{.family = AF_INET, .bytes = {127, [3] = 1}},
					  {.family = AF_INET6, .bytes = {[15] = 1}}};
	uint32_t wanted_count = HTTP_LOOPBACK;
	int result = 0;

	if (!sockets->of_node)
		return 0;
	for (uint32_t i = 0; i < count && wanted_count < HTTP_SOCKETS; i++)
		wanted[wanted_count++] = own[i];
	close_others(sockets, wanted, wanted_count);
	for (uint32_t i = 0; i < wanted_count; i++) {
		struct place place = {.ip = wanted[i], .port = sockets->port};
		int status = 0;

		if (find_socket(sockets, &place.ip) == NULL)
			status = open_one(sockets, &place);
		if (status < 0 && !(i < HTTP_LOOPBACK && is_absent(status)))
			result = refuse(&place, -status, err);
	}
	return result;
}

static int open_listen(struct http_sockets *sockets, const struct place *place, struct error *err)
{
	int status;

	if (sockets->of_node)
		return sockets_follow(sockets, NULL, 0, err);
	status = open_one(sockets, place);
	return status < 0 ? refuse(place, -status, err) : 0;
}

/* Open those of `listen`, the addresses of the node apart. 0, or -errno with `err`, and
 * then none is open. */
static int sockets_open(struct http_sockets *sockets, const char *listen, struct error *err)
{
	struct place place = {.port = 0};
	struct text host = {.len = 0};
	int status;

	*sockets = (struct http_sockets){.port = 0};
	for (int i = 0; i < HTTP_SOCKETS; i++)
		sockets->at[i].fd = -1;
	if (listen[0] == '\0')
		return 0;
	status = split(listen, &host, &place.port);
	sockets->of_node = text_is(host, "node");
	if (host.len > 0 && !sockets->of_node)
		status = ip_parse(host, &place.ip);
	if (status < 0)
		return error_set(err, EINVAL, "\"%s\" is not a listen address", listen);
	sockets->port = place.port;
	status = open_listen(sockets, &place, err);
	if (status < 0)
		sockets_close(sockets);
	return status;
}

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
	status = sockets_open(&http->sockets, options->listen, err);
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
	int status = sockets_follow(&http->sockets, own, count, err);

	return make_events(http) ? status : error_set(err, ENOMEM, "no memory to serve HTTP");
}

void http_close(struct http *http)
{
	if (http == NULL)
		return;
	http_close_clients(&http->clients);
	sockets_close(&http->sockets);
	if (http->resume != NULL)
		event_free(http->resume);
	free(http);
}
