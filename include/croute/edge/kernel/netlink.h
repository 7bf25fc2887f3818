/* netlink.h - one routing socket: asking, dumping, writing in batches. For the kernel files. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "croute/base/error.h"
#include "croute/model/ip.h"

struct nl_msg;
struct nlattr;

#define NETLINK_BATCH                                                                              \
	128 /* messages a send: KERNEL.md, more brings nothing and 1,024 acknowledgements overrun  \
	     */

/* Called for each message that the kernel refused: what it was given as `token`, a positive errno,
 * the kernel's words ("" for none). */
typedef void netlink_refused_fn(void *context, uint32_t token, int code, const char *words);

/* A socket with its buffers; about 100 kB, so keep it off the stack. Zero-initialise, then
 * netlink_open. */
struct netlink {
	int fd;
	uint32_t sequence;
	struct nl_msg *message; /* the one that is being built */
	uint32_t header;	/* bytes of its fixed header */
	uint32_t batched;	/* messages in `out` */
	uint32_t out_len;
	uint32_t tokens[NETLINK_BATCH];
	netlink_refused_fn *refused;
	void *refused_context;
	uint8_t out[NETLINK_BATCH * 256];
	/* A dump fills at most 32 KiB of it (net/netlink/af_netlink.c, netlink_recvmsg): a route
	 * that takes more, of over 2,000 next hops, ends a dump of all routes with code 0, and no
	 * larger buffer helps (measured on 6.18). One filtered by protocol passes it over. */
	uint8_t in[65536];
};

/* NETLINK_ROUTE with strict checking of dumps, extended and capped acknowledgements (netlink(7)). 0
 * or -errno with `err`. */
int netlink_open(struct netlink *netlink, struct error *err);

/* The same for another protocol than NETLINK_ROUTE. */
int netlink_open_as(struct netlink *netlink, int protocol, struct error *err);
void netlink_close(struct netlink *netlink);

/* The socket's port id, which the kernel puts into the events that its writes cause. 0 when it is
 * unavailable. */
uint32_t netlink_port(const struct netlink *netlink);

/*
 * Start a message of `type` with its fixed header (copied). Further attributes by nla_put(3) on the
 * result, which stays netlink's. One message is built at a time.
 */
struct nl_msg *netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags,
			     const void *header, uint32_t size);

/* One answer of a dump or question; a negative return ends it and is handed on. */
typedef int netlink_answer_fn(void *context, const struct nlmsghdr *answer);

/*
 * Send the question that was begun (RTM_GET*, NFT_MSG_GET*, with NLM_F_DUMP or NLM_F_ACK among its
 * flags) and hand each answer to `answer` until the end. Whatever does not answer it is dropped: of
 * another sender, sequence number, type, family, protocol, table or link than asked for
 * (netlink.c). 0; -EINTR when the kernel's table changed under a dump (what was read
 * is not one state: read again); the code with which the kernel ended it, with its words; -EBADMSG
 * when it was cut short or has no end; else -errno with `err`.
 */
int netlink_ask(struct netlink *netlink, netlink_answer_fn *answer, void *context,
		struct error *err);

/* Send the change that was begun (with NLM_F_ACK) and wait until it is made. 0 or -errno with `err`
 * holding the kernel's words. */
int netlink_command(struct netlink *netlink, struct error *err);

/*
 * Add the message that was begun to the batch; sends when it is full. Refusals go to `refused`. 0,
 * or -errno with `err` when the answers themselves were lost (-ENOBUFS: look again).
 */
int netlink_queue(struct netlink *netlink, uint32_t token, struct error *err);

/* Send what is queued and wait for its answers. */
int netlink_flush(struct netlink *netlink, struct error *err);

/* One datagram of the kernel's into netlink->in, for messages that were sent otherwise; others'
 * are dropped. Its length; -EBADMSG when none is waiting, or it was too long; else -errno with
 * `err`. */
ssize_t netlink_receive(struct netlink *netlink, struct error *err);

/* What an acknowledgement says, as a positive errno or 0: EBADMSG for a sign or size that the
 * kernel has none of, which must not pass for success. */
int netlink_code(int32_t told);

/* The value of an attribute; `otherwise` where it is missing or too short. */
uint32_t netlink_u32(const struct nlattr *attr, uint32_t otherwise);

/* The same for an address; false then, and `out` is untouched. */
bool netlink_ip(struct ip *out, const struct nlattr *attr, uint8_t family);
