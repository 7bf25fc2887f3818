/* agent.h - the agent's one turn; the event loop is that of cmd.c. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "app/agent/state.h"

struct event_base;

/* `options`, `base` and `notify_socket` (may be NULL) are borrowed. */
void agent_open(struct agent *agent, const struct options *options, struct event_base *base,
		const char *notify_socket);

/* Everything stays in the kernel as it is. */
void agent_close(struct agent *agent);

/* The watch of the file, of the kernel, or of its nftables is readable. */
void agent_on_watch(struct agent *agent);
void agent_on_kernel(struct agent *agent);
void agent_on_nft(struct agent *agent);

/* Somebody asks something through the lock. */
void agent_on_lock(struct agent *agent);

/* The host may have got another name. */
void agent_on_name(struct agent *agent);

/* SIGHUP: read the file again, look at everything. */
void agent_on_hangup(struct agent *agent);

/* The service manager's watchdog wants to hear that the loop turns. */
void agent_on_watchdog(struct agent *agent);

/* Probe peers. Returns milliseconds until it wants to be called again; -1: not before a turn. */
int64_t agent_on_reach(struct agent *agent);

/* Do what is due: read the file, run a pass, log what came of it. Returns milliseconds until it
 * wants to be called again. */
int64_t agent_turn(struct agent *agent);
