/* fuzz_http.c - any bytes as a request: bounded, answered or dropped, whatever the pieces. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/http/request.c */
#include "croute/edge/http/server.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURNS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int hello(void *context, struct http_reply *reply)
{
	(void)context;
	return http_reply_add(reply, "hello\n", 6);
}

/* Looking at each byte as it comes finds the same request as looking at them all. */
static int parse_in_pieces(const char *data, size_t size, struct http_request *out)
{
	int status = 0;

	for (size_t len = 1; len <= size && status == 0; len++)
		status = http_request_parse(data, len, len - 1, out);
	return status;
}

static void check_parser(const char *data, size_t size)
{
	struct http_request whole = {.path = ""};
	struct http_request pieces = {.path = ""};
	int status = http_request_parse(data, size, 0, &whole);

	if (status != parse_in_pieces(data, size, &pieces))
		abort();
	if (strcmp(whole.path, pieces.path) != 0 || whole.head != pieces.head)
		abort();
	if (memchr(whole.path, '\0', sizeof(whole.path)) == NULL)
		abort();
}

/* One client that says all it has to say, and hangs up. */
static void serve(struct http_clients *clients, const void *data, size_t size)
{
	char reply[1024];
	int pair[2];
	ssize_t got;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0 ||
	    http_adopt(clients, pair[0]) < 0)
		abort();
	if (send(pair[1], data, size, MSG_NOSIGNAL) < 0 || shutdown(pair[1], SHUT_WR) < 0)
		abort();
	for (int i = 0; i < TURNS; i++)
		(void)event_base_loop(clients->base, EVLOOP_NONBLOCK);
	got = recv(pair[1], reply, sizeof(reply), 0);
	if (got > 0 && (got < 9 || memcmp(reply, "HTTP/1.1 ", 9) != 0))
		abort();
	while (got > 0)
		got = recv(pair[1], reply, sizeof(reply), 0);
	if (got != 0)
		abort();
	(void)close(pair[1]);
}

/* The bytes stand in a block of their own size, so that ASan sees the first byte too many. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_page pages[] = {{"/", "text/plain", hello, NULL}, {.path = NULL}};
	struct http_clients clients = {
		.base = event_base_new(), .pages = pages, .deadline_ms = HTTP_DEADLINE_MS};
	char *copy;

	if (size > HTTP_REQUEST_MAX)
		size = HTTP_REQUEST_MAX;
	copy = malloc(size > 0 ? size : 1);
	if (clients.base == NULL || copy == NULL)
		abort();
	memcpy(copy, data, size);
	check_parser(copy, size);
	serve(&clients, copy, size);
	http_close_clients(&clients);
	event_base_free(clients.base);
	free(copy);
	return 0;
}
