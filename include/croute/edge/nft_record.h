/* nft_record.h - the nftables table `inet croute` written down as it is, and put back. */
#ifndef CROUTE_EDGE_NFT_RECORD_H
#define CROUTE_EDGE_NFT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/base/error.h"
#include "croute/edge/nft.h"

/*
 * Which rules the table had follows from a file that may be gone, so they are kept as the kernel
 * told them: what it takes to make a table, a chain or a rule are the attributes that it tells of
 * one (net/netfilter/nf_tables_api.c), but for handles and counts of users, which it gives out
 * itself. A table that is made anew has another handle, by which a change is known.
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

/* Pure: add to the record what the kernel tells (a message NFT_MSG_NEW*) as a message that makes
 * it; that of another table is passed over. 0 or -EMSGSIZE. */
int nft_record_add(struct nft_record *record, const struct nlmsghdr *told);

#endif
