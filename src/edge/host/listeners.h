/* listeners.h - which processes listen on abstract UNIX sockets, as the kernel reports it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct listener {
	struct sockaddr_un name;
	socklen_t len;	/* of the name */
	uid_t uid;	/* who made the socket */
	bool has_owner; /* Linux 5.3 and later tell the uid */
};

/* A negative return ends the search and is handed on. */
typedef int listener_fn(void *context, const struct listener *listener);

/* Stream the listeners of this network namespace whose abstract name begins with `prefix` (socket
 * diagnostics, net/unix/diag.c). Asks the kernel alone: no listener can keep it waiting. 0 or
 * -errno; -ENOENT from a kernel without unix_diag. */
int listeners_find(const char *prefix, listener_fn *each, void *context);
