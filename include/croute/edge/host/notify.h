/* notify.h - reporting to the service manager: sd_notify(3), without a library. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "croute/base/error.h"

#define NOTIFY_MESSAGE_MAX 1024 /* a longer status is cut */

/* The socket stays open, so that the watchdog is fed even when descriptors run out. */
struct notify {
	int fd; /* -1: nobody asked to be told */
	struct sockaddr_un address;
	socklen_t len;
};

/*
 * `socket` is the value of $NOTIFY_SOCKET, a path or `@name` of an abstract socket; NULL or "":
 * none, and then all that follows is silent. 0, or -errno with `err`, and `out` is silent too.
 */
int notify_open(const char *socket, struct notify *out, struct error *err);
void notify_close(struct notify *notify);

/*
 * Send `state`, as `READY=1`, and `status` for people as STATUS=; either may be NULL. What could
 * forge a line in `status` becomes `?`. Never waits. 0, or -errno: -EAGAIN when the manager's queue
 * is full, and it is worth sending again.
 */
int notify_send(const struct notify *notify, const char *state, const char *status);

/* RELOADING=1 with the time that Type=notify-reload asks for; READY=1 must follow. */
int notify_reloading(const struct notify *notify, const char *status);

/*
 * From $WATCHDOG_USEC and $WATCHDOG_PID (either may be NULL), and our own process id: every how
 * many milliseconds WATCHDOG=1 is due, half of the time that the manager allows. 0: it does not
 * watch us.
 */
int64_t notify_watchdog_ms(const char *usec, const char *pid, int64_t own_pid);
