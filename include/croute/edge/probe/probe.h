/* probe.h - ICMP and ICMPv6 echoes: sent, and what comes back for them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/model/echo.h"

/* A socket for the echoes of one family; close it with probe_close. */
struct probe {
	int fd; /* -1: none. Readable when something came back */
	uint8_t family;
	bool raw;
	uint16_t id;	 /* of the echoes; a ping socket's is the kernel's */
	uint64_t cookie; /* in each echo: nobody off the way can make an answer */
};

/*
 * A ping socket where net.ipv4.ping_group_range allows it, else a raw one (CAP_NET_RAW). 0;
 * -EAFNOSUPPORT where the kernel lacks the family; else -errno with `err`, which names both ways.
 */
int probe_open(uint8_t family, struct probe *out, struct error *err);
void probe_close(struct probe *probe);

/* 0, -EMSGSIZE when the link takes no packet of that size, -EAGAIN when the socket is full, else
 * -errno: of a route that refuses it, or a source that this host does not have. */
int probe_send(const struct probe *probe, const struct echo *echo);

/*
 * The next thing that came back for an echo of this socket, 1; 0 when it was cut short, has
 * another id or cookie, or is no answer; -EAGAIN: nothing more. Who answered is for the caller to
 * check.
 */
int probe_receive(const struct probe *probe, struct echo_answer *out);

/* How many answers found no room in the socket's buffer, since it was opened. */
uint32_t probe_drops(const struct probe *probe);
