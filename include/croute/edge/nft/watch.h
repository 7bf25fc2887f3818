/* watch.h - notices when another program changes croute's nftables table. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"

#define NFT_FILTER_MESSAGES 96 /* of one buffer that are looked at: 4 KiB hold no more */
#define NFT_FILTER_MOST (NFT_FILTER_MESSAGES * 17 + 3) /* instructions; the kernel takes 4,096 */

/* A filter as the kernel takes it. */
struct nft_filter {
	uint16_t count;
	struct sock_filter code[NFT_FILTER_MOST];
};

/*
 * Pure. Lets through what names a table `croute`: the table itself, its chains, rules, sets and so
 * on, by whomever but the socket with `own_port` (0 is the kernel itself). Since Linux 5.12 one
 * buffer holds many messages (net/netfilter/nf_tables_api.c, nft_commit_notify), so it goes from
 * one to the next; a buffer with more than `messages` is let through unseen.
 */
void nft_filter_build(uint32_t own_port, uint32_t messages, struct nft_filter *out);

/* A socket that only listens. */
struct nft_watch {
	int fd; /* readable when something passed the filter; -1: closed */
};

/*
 * Listen. Look at the table after this, not before: what came earlier is not told. Needs
 * CAP_NET_ADMIN. 0, or -errno with `err`.
 */
int nft_watch_open(uint32_t own_port, struct nft_watch *out, struct error *err);
void nft_watch_close(struct nft_watch *watch);

/* Take in what happened; never waits. Whether there was anything, or something was lost. */
bool nft_watch_read(struct nft_watch *watch);
