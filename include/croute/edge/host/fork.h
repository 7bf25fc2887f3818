/* fork.h - a second process that outlives the session of the first. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "croute/base/error.h"

/* One half of the two; each has an end of a socket between them, which tells when the other is
 * gone. */
struct detached {
	int fd;	     /* to the other half; -1: none */
	int signals; /* in the new half: readable when SIGTERM came (signalfd(2)); else -1 */
	pid_t other; /* the other half */
};

/*
 * Split off a process: 1 in the new one, 0 in the old one, -errno with `err` when there is none.
 *
 * The new half is in a session of its own, without a terminal to be hung up with, deaf to SIGHUP,
 * SIGINT, SIGQUIT and SIGPIPE; its SIGTERM waits in `signals`. Its standard streams lead to
 * /dev/null, so that no reader of a pipe waits for it; only a standard error that is a terminal is
 * kept. It holds no directory.
 */
int fork_detached(struct detached *out, struct error *err);

/* A byte for the other half. False when it is gone. */
bool fork_signal(const struct detached *detached);

/* Wait up to `wait_ms` for the other half's byte: 1; 0 when the time is over; -EPIPE when it is
 * gone. */
int fork_hear(const struct detached *detached, int wait_ms);

/* In the old half: hang up, and wait until the new one has ended. Its exit status, -1 when it has
 * none. */
int fork_join(struct detached *detached);

/* In the new half: end the old one at once, and wait until it is gone. */
void fork_end_other(const struct detached *detached);
void fork_close(struct detached *detached);
