/* watch.c - a filtered socket of nftables events, read for hints only. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/watch.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "croute/edge/host/fd.h"

#define READ_MOST 4096 /* buffers: more than the socket holds at once */

static int attach(int fd, uint32_t own_port, uint32_t messages)
{
	struct nft_filter filter;
	struct sock_fprog prog = {.filter = filter.code};

	nft_filter_build(own_port, messages, &filter);
	prog.len = filter.count;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

/* Before Linux 6.7 net.core.optmem_max leaves room for a third of it by default. */
static int attach_what_fits(int fd, uint32_t own_port, struct error *err)
{
	int status = -ENOMEM;

	for (uint32_t n = NFT_FILTER_MESSAGES; status == -ENOMEM && n > 0; n /= 2)
		status = attach(fd, own_port, n);
	if (status < 0)
		return error_set(err, -status, "cannot filter nftables events: %s",
				 strerror(-status));
	return 0;
}

/* The filter goes first: nothing that it would drop may be queued. */
static int join(int fd, uint32_t own_port, struct error *err)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK,
				   .nl_groups = 1U << (NFNLGRP_NFTABLES - 1)};
	int status = attach_what_fits(fd, own_port, err);

	if (status < 0)
		return status;
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return error_set(err, errno, "cannot listen to nftables events: %s",
				 strerror(errno));
	return 0;
}

int nft_watch_open(uint32_t own_port, struct nft_watch *out, struct error *err)
{
	struct nft_watch watch;
	int status;

	watch.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (watch.fd < 0)
		return error_set(err, errno, "cannot listen to nftables events: %s",
				 strerror(errno));
	status = join(watch.fd, own_port, err);
	if (status < 0)
		nft_watch_close(&watch);
	else
		*out = watch;
	return status;
}

void nft_watch_close(struct nft_watch *watch)
{
	fd_drop(&watch->fd);
}

bool nft_watch_read(struct nft_watch *watch)
{
	bool any = false;
	char byte;

	for (int i = 0; i < READ_MOST; i++) {
		/* What does not fit is cut off; ENOBUFS tells once that something was lost. */
		ssize_t len = recv(watch->fd, &byte, sizeof(byte), 0);

		if (len < 0 && errno == EAGAIN)
			break;
		any |= len >= 0 || errno == ENOBUFS;
	}
	return any;
}
