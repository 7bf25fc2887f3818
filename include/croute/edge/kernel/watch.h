/* watch.h - notices when another program changes what matters to croute in the kernel. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/model/ip.h"

#define KERNEL_FILTER_METRICS 16
#define KERNEL_FILTER_LINKS 16
#define KERNEL_FILTER_DEVICES 2
#define KERNEL_PROGRAM_MOST 4096 /* instructions, BPF_MAXINSNS; all lists full take fewer */

/*
 * What is worth waking up for (SPEC 7). The kernel judges it by a classic BPF program, so that all
 * else costs this process nothing: other links, other programs' routes, neighbours of any link but
 * our own devices. Messages that have `own_port` are always dropped.
 */
struct kernel_filter {
	uint32_t own_port; /* netlink_port() of the socket that writes; 0: none */
	uint8_t protocol;  /* routes of this protocol, whatever else they are */
	bool all_links;	   /* every link and address, while something is missing */
	uint32_t metric;   /* routes of any protocol at metric .. metric + spread - 1 */
	uint32_t spread;   /* 0: no such range */
	/* Routes at one of these that replace or append, of any protocol but the kernel's own: what
	 * hits a static route of ours is announced as nothing else. 0 is IPv4's default, 1024
	 * IPv6's. */
	uint32_t metrics[KERNEL_FILTER_METRICS];
	uint32_t metric_count;
	bool conflict; /* and all else that happens at these: one of ours may be free again */
	/* Indexes of links whose state and addresses matter. Too many: set all_links. */
	uint32_t links[KERNEL_FILTER_LINKS];
	uint32_t link_count;
	/* Our own VXLAN devices: as links, and for their neighbours and forwarding entries. */
	uint32_t devices[KERNEL_FILTER_DEVICES];
	uint32_t device_count;
	/* Routes of any protocol that cover one of these addresses: the ways to peers that are not
	 * on a link of ours. Sorted by family and bytes, borrowed. Of more than 256 (IPv6: 48),
	 * or than the kernel has room for, neighbours are taken together. */
	const struct ip *ways;
	uint32_t way_count;
};

/* Kinds of things that happened. */
#define KERNEL_HINT_LINKS 0x01U
#define KERNEL_HINT_ADDRESSES 0x02U
#define KERNEL_HINT_ROUTES 0x04U
#define KERNEL_HINT_NEIGHBOURS 0x08U
#define KERNEL_HINT_FDB 0x10U

#define KERNEL_HINT_WRITERS 4

/* Permission to look, no more: what was told is forgotten, except for who wrote it. */
struct kernel_hints {
	unsigned kinds; /* KERNEL_HINT_* ored */
	/* Port ids of those who wrote rows, else of those who changed links and addresses. */
	uint32_t writers[KERNEL_HINT_WRITERS];
	uint32_t writer_count;
	bool by_rows;	   /* it is the former */
	bool own_route;	   /* a route of our protocol was among them */
	bool overrun;	   /* some were lost: anything may have happened */
	uint32_t messages; /* that were let through */
};

/* A second routing socket, which only listens. Several may be open at once. */
struct kernel_watch {
	int fd;		   /* readable when something passed the filter; -1: closed */
	uint8_t protocol;  /* of the filter */
	uint64_t overruns; /* since it was opened */
	uint64_t program;  /* what is in place, hashed */
};

/*
 * Listen through `filter`; nothing passes that it does not let through. Look at the kernel after
 * this, not before: what came earlier is not told. 0, or -errno with `err`.
 */
int kernel_watch_open(const struct kernel_filter *filter, struct kernel_watch *out,
		      struct error *err);
void kernel_watch_close(struct kernel_watch *watch);

/*
 * Listen through another filter from now on. 0: it is the same as before; 1: it was replaced, so
 * look at all that the old one did not let through, since it may have changed before; or -errno
 * with `err`, and the old one stays. What is queued stays queued.
 */
int kernel_watch_set_filter(struct kernel_watch *watch, const struct kernel_filter *filter,
			    struct error *err);

/*
 * Take in what happened; never waits. It empties the socket, but reads no longer than one full
 * buffer takes, so that a flood cannot hold it: the descriptor is then still readable. An overrun
 * (ENOBUFS) leaves the socket usable. Messages of other processes are skipped.
 *
 * Not everything that we write has our port: forwarding entries, the end of a deleted neighbour,
 * IPv6 addresses and changes of a link come back as if from a stranger (KERNEL.md). The pass that
 * follows finds nothing to do, writes nothing, and so ends by itself.
 */
void kernel_watch_read(struct kernel_watch *watch, struct kernel_hints *out);
