/* wire.h - netlink without a library: messages into a buffer, a buffer into the kernel. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_BATCH 256 /* messages a send */

/* A socket and what is to be sent over it next. */
struct wire {
	int fd;
	uint32_t sequence;
	uint32_t count; /* of messages */
	size_t len;
	size_t last; /* where the last one begins */
	union {
		struct nlmsghdr header;
		uint8_t bytes[65536];
	} out;
};

/* Called for each message of an answer; true ends the reading. */
typedef bool (*wire_visit)(void *context, const struct nlmsghdr *message);

/* 0 or an errno, here and below. `groups` as in struct sockaddr_nl. */
int wire_open(struct wire *wire, uint32_t groups);

/* Append a message with its own header, then attributes to it. */
void wire_begin(struct wire *wire, uint16_t type, uint16_t flags, const void *header, size_t size);
void wire_put(struct wire *wire, uint16_t type, const void *value, size_t size);
void wire_put_u32(struct wire *wire, uint16_t type, uint32_t value);

/* Send what is there, and wait until the kernel has done it; the first refusal's errno. */
int wire_send(struct wire *wire);

/* Likewise once there are WIRE_BATCH messages. */
int wire_send_full(struct wire *wire);

/* Send the request that is there and visit all messages of its answer. */
int wire_dump(struct wire *wire, wire_visit visit, void *context);

/* Read what has come by itself, without waiting. ENOBUFS when some was lost. */
int wire_read(struct wire *wire, wire_visit visit, void *context);

/* The value of an attribute behind a header of that size; NULL without it. */
const void *wire_find(const struct nlmsghdr *message, size_t header, uint16_t type, size_t size);

/* Microseconds of a clock that only moves forward. */
int64_t wire_now_us(void);
