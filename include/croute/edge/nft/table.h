/* table.h - the nftables table `inet croute`, looked at, replaced and removed whole. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/base/error.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/model/masquerade.h"

/*
 * The messages are put together here, attribute by attribute (linux/netfilter/nf_tables.h): croute
 * is one static file that also runs from an empty image, where there is no nft(8), and Debian has
 * neither libnftables nor libmnl to link in.
 *
 * Nothing is changed in place. The table is built in memory as the messages that would make it;
 * what the kernel reports of its own is compared with these, and where anything differs the table
 * is recreated in one transaction: no packet ever meets half of it. No other table is named in any
 * message.
 */

#define NFT_BATCH_MOST ((size_t)1 << 20) /* bytes of messages */

/* A socket and the table as it is wanted. Zero-initialise. */
struct nft {
	struct netlink netlink; /* NETLINK_NETFILTER; message NULL: not open */
	struct arena batch;	/* nlmsghdr after nlmsghdr, as they are sent */
};

enum nft_state {
	NFT_ABSENT,
	NFT_SAME,      /* as the batch has it */
	NFT_DIFFERENT, /* there, but not so */
};

/* Open the socket, once; again is nothing. 0, or -errno with `err`. */
int nft_open(struct nft *nft, struct error *err);
void nft_close(struct nft *nft);

/* netlink_begin for a message of nftables, and netlink_u32 in network order. */
struct nl_msg *nft_begin(struct nft *nft, uint8_t family, uint16_t type, uint16_t flags);
uint32_t nft_u32(const struct nlattr *attr, uint32_t otherwise);

/* As netlink_port; 0 while it is not open. */
uint32_t nft_port(const struct nft *nft);

/* Whether such an error of nft_open or nft_look says that the kernel has no nf_tables at all. */
bool nft_is_missing(int status);

/*
 * Make nft->batch the messages that replace the table by one with these rules, or that remove it.
 * `message` is the buffer in which each is put together. 0; -EMSGSIZE when there are too many.
 */
int nft_build(struct nft *nft, struct nl_msg *message, const struct masquerade_rule *rules,
	      uint32_t count);
int nft_build_removal(struct nft *nft, struct nl_msg *message);

/* The same for a table as it was recorded (below); with nothing recorded, for none. */
int nft_build_again(struct nft *nft, struct nl_msg *message, const struct arena *recorded);

/* What stands in the kernel, compared with nft->batch; while that is empty, only whether there is a
 * table. 0, or -errno with `err`. */
int nft_look(struct nft *nft, enum nft_state *out, struct error *err);

/* Send nft->batch: all of it is carried out or nothing. 0, or -errno with `err`; -ENOENT at a
 * removal: it is gone already. */
int nft_send(struct nft *nft, struct error *err);

/* Pure: the n-th message of that type (NFT_MSG_NEW*) of a batch, NULL past the last. */
const struct nlmsghdr *nft_message_at(const struct arena *batch, uint8_t type, uint32_t n);

/*
 * Pure: whether what the kernel reports of a chain, or of a rule, is what `wanted` asks for: each
 * attribute of ours is there with the same bytes, and a rule has no more expressions. What the
 * kernel adds (handles, counts of users) is skipped.
 */
bool nft_same_chain(const struct nlmsghdr *wanted, const struct nlmsghdr *told);
bool nft_same_rule(const struct nlmsghdr *wanted, const struct nlmsghdr *told);

/* --- the table written down as it is, whatever it is --- */

/*
 * Which rules the table had follows from a file that may be gone, so they are kept as the kernel
 * reported them: what it takes to make a table, a chain or a rule are the attributes that it tells
 * of one (net/netfilter/nf_tables_api.c), except for handles and counts of users, which it gives
 * out itself. A table that is recreated has another handle, by which a change is known.
 *
 * Sets, objects and flowtables are not written down: croute's table has none.
 */
struct nft_record {
	uint64_t handle;       /* of the table; 0: there was none */
	struct arena messages; /* NFT_MSG_NEW*, the table's first; empty: none can be put back */
};

/* Zero-initialised before. Write down what is there. 0, or -errno with `err`. */
int nft_record_take(struct nft_record *record, struct nft *nft, struct error *err);
void nft_record_release(struct nft_record *record);

/* Only the handle of the table, 0 for no table. 0, or -errno with `err`. */
int nft_record_find(struct nft *nft, uint64_t *handle, struct error *err);

/* Whether all of the table was written down, or that there was none. */
bool nft_record_is_whole(const struct nft_record *record);

/* Pure: add to the record what the kernel reports (a message NFT_MSG_NEW*) as a message that makes
 * it. 1; 0: of another table; or -EMSGSIZE. */
int nft_record_add(struct nft_record *record, const struct nlmsghdr *told);
