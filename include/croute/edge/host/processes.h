/* processes.h - finds processes by name or netlink socket. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"

#define HOST_COMM_MAX 32 /* TASK_COMM_LEN is 16 */

/* What a process calls itself, `pid` seen from the folder `proc`; "" when it is gone. */
void host_process_read_comm(int proc, const char *pid, char out[HOST_COMM_MAX]);

/* Whether there may be processes that cannot be seen: this one's PID namespace is not the first
 * (include/linux/proc_ns.h, PROC_PID_INIT_INO). True, too, where nothing can be seen. */
bool host_process_hidden(const char *root);

/* Append `process 812 (zebra)`. Whether /proc knows the name. */
bool host_process_add(struct buf *text, uint32_t pid);

/*
 * Append whose NETLINK_ROUTE socket has the port id `port`, at least that it ended or is of another
 * PID namespace. The kernel gives the first socket of a process its PID, any other a number that
 * says nothing (net/netlink/af_netlink.c, netlink_autobind), and the PID is that of its own
 * namespace: so only an open descriptor proves it. `everywhere`: look for that through all of
 * /proc. Without, false with nothing appended when that is needed; a process that is about to end
 * is best asked for at once.
 */
bool host_netlink_add_owner(struct buf *text, uint32_t port, bool everywhere);
