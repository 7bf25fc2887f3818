/* clients.c - connections and their requests, within bounds. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/http/server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "croute/edge/host/clock.h"

#define DRAIN_MOST (2 * 1024 * 1024) /* bytes that are read off after a refusal */

enum stage { STAGE_READ, STAGE_WRITE, STAGE_DRAIN };

struct connection {
	struct http_clients *clients;
	struct connection **slot; /* where it stands in there */
	struct event *event;
	int fd;
	enum stage stage;
	int64_t deadline; /* of everything */
	bool head;
	bool leftover;
	size_t got;  /* of `in` */
	size_t done; /* bytes of the reply that were sent, or drained */
	size_t head_len;
	struct http_reply reply;
	char head_text[HTTP_HEAD_MAX];
	char in[HTTP_REQUEST_MAX];
};

static void on_connection(evutil_socket_t fd, short what, void *context);

static void connection_close(struct connection **slot)
{
	struct connection *connection = *slot;

	if (connection == NULL)
		return;
	if (connection->event != NULL)
		event_free(connection->event);
	(void)close(connection->fd);
	http_reply_free(&connection->reply);
	free(connection);
	*slot = NULL;
}

/* Wait for what its stage needs; false when it has no time left. */
static bool connection_wait(struct connection *connection)
{
	int64_t left = connection->deadline - host_now_ms();
	struct timeval wait = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
	short what = connection->stage == STAGE_WRITE ? EV_WRITE : EV_READ;

	if (left <= 0)
		return false;
	return event_assign(connection->event, connection->clients->base, connection->fd, what,
			    on_connection, connection) == 0 &&
	       event_add(connection->event, &wait) == 0;
}

static bool is_transient(int code)
{
	return code == EAGAIN || code == EINTR;
}

/* Closing a socket with unread bytes resets it, and the client may never see the reply: so they are
 * read off, as far as time and patience go. */
static bool drain(struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->in, sizeof(connection->in), 0);

	if (got <= 0)
		return got < 0 && is_transient(errno);
	connection->done += (size_t)got;
	return connection->done < DRAIN_MOST;
}

static bool begin_drain(struct connection *connection)
{
	if (!connection->leftover || shutdown(connection->fd, SHUT_WR) < 0)
		return false;
	connection->stage = STAGE_DRAIN;
	connection->done = 0;
	return true;
}

/* What of head and page has not been sent yet. */
static int unsent(struct connection *connection, struct iovec parts[2])
{
	size_t done = connection->done;
	size_t page = connection->head ? 0 : connection->reply.len;
	int count = 0;

	if (done < connection->head_len)
		parts[count++] = (struct iovec){.iov_base = connection->head_text + done,
						.iov_len = connection->head_len - done};
	done -= done < connection->head_len ? done : connection->head_len;
	if (done < page)
		parts[count++] = (struct iovec){.iov_base = connection->reply.body + done,
						.iov_len = page - done};
	return count;
}

static bool send_reply(struct connection *connection)
{
	struct iovec parts[2];
	struct msghdr message = {.msg_iov = parts};
	int count = unsent(connection, parts);
	ssize_t sent;

	message.msg_iovlen = (size_t)count;
	sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
	if (sent < 0)
		return is_transient(errno);
	connection->done += (size_t)sent;
	return unsent(connection, parts) > 0 || begin_drain(connection);
}

static const struct http_page *find_page(const struct http_clients *clients, const char *path)
{
	for (const struct http_page *page = clients->pages; page->path != NULL; page++) {
		if (strcmp(page->path, path) == 0)
			return page;
	}
	return NULL;
}

/* Fill in the page of a good request, and `type`; the status. */
static int make_page(struct connection *connection, const struct http_request *request,
		     const char **type)
{
	const struct http_page *page = find_page(connection->clients, request->path);
	struct http_reply *reply = &connection->reply;

	if (page == NULL)
		return 404;
	reply->status = 200;
	if (page->handler(page->context, reply) < 0)
		return 500;
	*type = page->type;
	return reply->status;
}

static bool answer(struct connection *connection, const struct http_request *request, int status)
{
	struct http_reply *reply = &connection->reply;
	const char *type = NULL;

	if (status == 200)
		status = make_page(connection, request, &type);
	if (type == NULL) {
		const char *words = http_reply_words(status);

		type = "text/plain; charset=utf-8";
		http_reply_free(reply);
		(void)http_reply_add(reply, words, strlen(words));
		(void)http_reply_add(reply, "\n", 1);
	}
	reply->status = status;
	connection->head = request->head;
	connection->leftover = request->leftover;
	connection->head_len = http_reply_head(reply, type, connection->head_text);
	connection->stage = STAGE_WRITE;
	return send_reply(connection);
}

static bool receive(struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->in + connection->got,
			   sizeof(connection->in) - connection->got, 0);
	size_t seen = connection->got;
	struct http_request request;
	int status;

	if (got <= 0)
		return got < 0 && is_transient(errno);
	connection->got += (size_t)got;
	status = http_request_parse(connection->in, connection->got, seen, &request);
	return status == 0 || answer(connection, &request, status);
}

static bool step(struct connection *connection)
{
	switch (connection->stage) {
	case STAGE_READ:
		return receive(connection);
	case STAGE_WRITE:
		return send_reply(connection);
	case STAGE_DRAIN:
	default:
		return drain(connection);
	}
}

static void on_connection(evutil_socket_t fd, short what, void *context)
{
	struct connection *connection = context;

	(void)fd;
	if ((what & EV_TIMEOUT) != 0 || !step(connection) || !connection_wait(connection))
		connection_close(connection->slot);
}

/* Room for one more. When all are taken the oldest connection is closed: an honest one has ended
 * long before, and connections held open keep nobody out. */
static struct connection **make_slot(struct http_clients *clients)
{
	struct connection **oldest = &clients->connections[0];

	for (uint32_t i = 0; i < HTTP_CONNECTIONS; i++) {
		struct connection **slot = &clients->connections[i];

		if (*slot == NULL)
			return slot;
		if ((*slot)->deadline < (*oldest)->deadline)
			oldest = slot;
	}
	connection_close(oldest);
	return oldest;
}

int http_adopt(struct http_clients *clients, int fd)
{
	struct connection **slot = make_slot(clients);
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL) {
		(void)close(fd);
		return -ENOMEM;
	}
	*slot = connection;
	connection->clients = clients;
	connection->slot = slot;
	connection->fd = fd;
	connection->deadline = host_now_ms() + clients->deadline_ms;
	connection->event = event_new(clients->base, fd, EV_READ, on_connection, connection);
	if (connection->event != NULL && connection_wait(connection))
		return 0;
	connection_close(slot);
	return -ENOMEM;
}

void http_close_clients(struct http_clients *clients)
{
	for (uint32_t i = 0; i < HTTP_CONNECTIONS; i++)
		connection_close(&clients->connections[i]);
}
