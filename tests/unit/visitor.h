/* visitor.h - a server of HTTP and its clients in one process, turn by turn. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/edge/http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000

/* What a client has got so far. */
struct visitor {
	int fd;
	bool over; /* the server has closed */
	int code;  /* errno of a connection that was reset, 0 */
	size_t len;
	char text[300000];
};

static struct event_base *base;
static struct http *http;
static char address[32]; /* that the server listens on */
static uint16_t port;

static inline int64_t now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One turn of the server. */
static inline void turn(void)
{
	assert_true(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
}

static inline socklen_t local(bool ipv6, uint16_t number, struct sockaddr_storage *out)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
				   .sin6_port = htons(number),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET,
				   .sin_port = htons(number),
				   .sin_addr = {htonl(INADDR_LOOPBACK)}};

	memset(out, 0, sizeof(*out));
	if (ipv6)
		memcpy(out, &six, sizeof(six));
	else
		memcpy(out, &four, sizeof(four));
	return ipv6 ? sizeof(six) : sizeof(four);
}

/* A port of both families that nobody uses now. */
static inline uint16_t free_port(void)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(struct sockaddr_in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	(void)close(fd);
	return ntohs(name.sin6_port);
}

static inline void visitor_connect(struct visitor *visitor, bool ipv6)
{
	struct sockaddr_storage name;
	socklen_t len = local(ipv6, port, &name);

	*visitor = (struct visitor){
		.fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_true(visitor->fd >= 0);
	assert_int_equal(connect(visitor->fd, (struct sockaddr *)&name, len), 0);
}

/* Take what has come, without waiting. */
static inline void visitor_read(struct visitor *visitor)
{
	size_t room = sizeof(visitor->text) - 1 - visitor->len;
	ssize_t got = recv(visitor->fd, visitor->text + visitor->len, room, MSG_DONTWAIT);

	if (got > 0)
		visitor->len += (size_t)got;
	visitor->text[visitor->len] = '\0';
	if (got < 0 && errno == EAGAIN)
		return;
	visitor->over = got <= 0;
	visitor->code = got < 0 ? errno : 0;
}

/* Give the server a moment to say something. */
static inline void visitor_await(const struct visitor *visitor)
{
	struct pollfd poll_fd = {.fd = visitor->fd, .events = POLLIN};

	(void)poll(&poll_fd, 1, 1);
}

/* Send all of it while the server takes its turns, as long as it listens. */
static inline void visitor_send(struct visitor *visitor, const char *data, size_t len)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (len > 0 && !visitor->over) {
		ssize_t sent = send(visitor->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return;
		data += sent > 0 ? sent : 0;
		len -= sent > 0 ? (size_t)sent : 0;
		turn();
		assert_true(now_ms() < end);
	}
}

/* Let the server take its turns until it closes this connection. */
static inline void visitor_finish(struct visitor *visitor)
{
	int64_t end = now_ms() + PATIENCE_MS;

	while (!visitor->over) {
		turn();
		visitor_read(visitor);
		assert_true(now_ms() < end);
	}
	(void)close(visitor->fd);
}

/* A whole exchange. */
static inline void visit(struct visitor *visitor, const char *request)
{
	visitor_connect(visitor, false);
	visitor_send(visitor, request, strlen(request));
	visitor_finish(visitor);
	assert_int_equal(visitor->code, 0);
}

static inline bool begins(const struct visitor *visitor, const char *text)
{
	return strncmp(visitor->text, text, strlen(text)) == 0;
}

/* What follows the header fields. */
static inline const char *page_of(const struct visitor *visitor)
{
	const char *end = strstr(visitor->text, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}
