/* listen.h - the sockets that the pages are served on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/model/ip.h"

struct event;

#define HTTP_LOOPBACK 2			 /* 127.0.0.1 and ::1 */
#define HTTP_SOCKETS (HTTP_LOOPBACK + 2) /* and an address of the node for each family */

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

/* Open those of `listen` (server.h), the addresses of the node apart. 0, or -errno with `err`, and
 * then none is open. */
int http_sockets_open(struct http_sockets *sockets, const char *listen, struct error *err);

/*
 * With `node:PORT`: open what is missing of the loopback and of `own`, close all others. 0, or the
 * last -errno with `err`; what could be opened is.
 */
int http_sockets_follow(struct http_sockets *sockets, const struct ip *own, uint32_t count,
			struct error *err);

/* With their events. */
void http_sockets_close(struct http_sockets *sockets);
