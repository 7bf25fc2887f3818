/* server.h - a few pages for scrapers and probes, over HTTP (SPEC 8). */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/model/ip.h"

struct event_base;
struct http;

#define HTTP_DEADLINE_MS 5000	    /* a connection's whole life */
#define HTTP_CONNECTIONS 64	    /* at once; one more, and the oldest is closed */
#define HTTP_REQUEST_MAX 8192	    /* request line and header fields */
#define HTTP_REPLY_MAX (256 * 1024) /* of a page */

/* What a handler answers; alive during the call only. */
struct http_reply {
	int status; /* 200 unless http_reply_status says otherwise */
	char *body;
	size_t len;
	size_t size;
};

/* Append to the page. 0, -ENOMEM, or -EMSGSIZE past HTTP_REPLY_MAX. */
int http_reply_add(struct http_reply *reply, const char *text, size_t len);
void http_reply_status(struct http_reply *reply, int status);

/* Fills in the page; a negative return becomes status 500 without what was added. */
typedef int http_handler_fn(void *context, struct http_reply *reply);

/* One page; a list of them ends in one without a path. */
struct http_page {
	const char *path; /* compared as it is, without the query */
	const char *type; /* Content-Type */
	http_handler_fn *handler;
	void *context;
};

/*
 * `listen` is numeric, so that no name service is ever asked: `127.0.0.1:9667`, `[::1]:9667`,
 * `:9667` for any address of both families, `node:9667` for the loopback and what http_follow adds;
 * "" listens nowhere. `pages` is borrowed until http_close.
 */
struct http_options {
	const char *listen;
	uint32_t deadline_ms; /* 0: HTTP_DEADLINE_MS */
	const struct http_page *pages;
};

/*
 * Serve the pages from the loop of `base`, without threads. GET and HEAD, one request a connection.
 * What a client may cost is bounded in connections, bytes and time, whatever it sends or does not
 * read. Out of descriptors it stops accepting for a second at a time.
 * 0, or -errno with `err`: -EADDRINUSE, -EADDRNOTAVAIL and the like are worth another try later.
 */
int http_open(struct event_base *base, const struct http_options *options, struct http **out,
	      struct error *err);

/*
 * With `node:PORT`, listen on the addresses in `own`, too, two at most; those of the last call that
 * are gone are closed. 0, or -errno with `err` for one that failed: the others, and the loopback,
 * are served anyway, and another call tries it again.
 */
int http_follow(struct http *http, const struct ip *own, uint32_t count, struct error *err);

/* Ends all connections where they are. NULL is nothing. */
void http_close(struct http *http);

/* Its parts. */

/* All connections, and what they are served with. */
struct http_clients {
	struct event_base *base;
	const struct http_page *pages;
	uint32_t deadline_ms;
	struct connection *connections[HTTP_CONNECTIONS];
};

/* Serve a connection that was accepted and is non-blocking; takes the descriptor. 0, or -ENOMEM,
 * and it is closed. */
int http_adopt(struct http_clients *clients, int fd);
void http_close_clients(struct http_clients *clients);

struct http_request {
	bool head;	/* HEAD: without the page */
	bool leftover;	/* more than the request was sent, or may be */
	char path[128]; /* longer ones are no page's: "" */
};

/*
 * Look at the `len` bytes that have come, of which `seen` were there at the last look. 0: more is
 * to come; 200 with `out` filled; else the status to refuse it with: 400, 405, 413 (a body is
 * announced), 431 (no end within HTTP_REQUEST_MAX), 505. Pure.
 */
int http_request_parse(const char *data, size_t len, size_t seen, struct http_request *out);

/* What a status is called. */
const char *http_reply_words(int status);

/* Status line and header fields of a reply, NUL-terminated. */
#define HTTP_HEAD_MAX 384
size_t http_reply_head(const struct http_reply *reply, const char *type, char out[HTTP_HEAD_MAX]);

/* Drop the page. */
void http_reply_free(struct http_reply *reply);
