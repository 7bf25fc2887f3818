/* filter.c - a filter of nftables events as a classic BPF program. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/watch.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stddef.h>

/*
 * Classic BPF reads in network order, netlink writes in the host's: a length is put together from
 * its bytes. X is where the message at hand begins. A load past the end of the buffer ends the
 * program with a drop (Documentation/networking/filter.rst), and so the walk.
 */

#define KEEP 0xffffffffU /* bytes: never trim, other listeners share the buffer */

#define IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define LENGTH_LOW (IS_LITTLE ? 0U : 3U) /* no buffer has 64 KiB */
#define LENGTH_HIGH (IS_LITTLE ? 1U : 2U)
#define PORT ((uint32_t)offsetof(struct nlmsghdr, nlmsg_pid))
/* The table's name is the first attribute of every message that has it. */
#define NAME ((uint32_t)(sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) + sizeof(struct nlattr)))
#define NAME_BEGINS 0x63726f75U /* crou */
#define NAME_ENDS 0x75746500U	/* ute, and the end of the string */

static void emit(struct nft_filter *filter, uint32_t code, uint32_t value)
{
	if (filter->count == NFT_FILTER_MOST)
		return; /* cut off, the kernel refuses it */
	filter->code[filter->count++] = (struct sock_filter){.code = (uint16_t)code, .k = value};
}

static void emit_load(struct nft_filter *filter, uint32_t size, uint32_t offset)
{
	emit(filter, BPF_LD | BPF_IND | size, offset);
}

/* Over so many instructions when the accumulator is `value`, over so many when not. */
static void emit_branch(struct nft_filter *filter, uint32_t value, uint8_t yes, uint8_t no)
{
	emit(filter, BPF_JMP | BPF_JEQ | BPF_K, value);
	filter->code[filter->count - 1].jt = yes;
	filter->code[filter->count - 1].jf = no;
}

/* The message at X is let through when it is of our table, and not our own. */
static void emit_judge(struct nft_filter *filter, uint32_t own_port)
{
	emit_load(filter, BPF_W, NAME);
	emit_branch(filter, NAME_BEGINS, 0, 5);
	emit_load(filter, BPF_W, NAME + 3);
	emit_branch(filter, NAME_ENDS, 0, 3);
	emit_load(filter, BPF_W, PORT);
	emit_branch(filter, htonl(own_port), 1, 0);
	emit(filter, BPF_RET | BPF_K, KEEP);
}

/* X to the next message. */
static void emit_step(struct nft_filter *filter)
{
	emit_load(filter, BPF_B, LENGTH_LOW);
	emit(filter, BPF_ALU | BPF_ADD, NLMSG_ALIGNTO - 1);
	emit(filter, BPF_ALU | BPF_AND | BPF_K, ~(NLMSG_ALIGNTO - 1U));
	emit(filter, BPF_ALU | BPF_ADD | BPF_X, 0);
	emit(filter, BPF_ST, 0);
	emit_load(filter, BPF_B, LENGTH_HIGH);
	emit(filter, BPF_ALU | BPF_LSH | BPF_K, 8);
	emit(filter, BPF_LDX | BPF_MEM, 0);
	emit(filter, BPF_ALU | BPF_ADD | BPF_X, 0);
	emit(filter, BPF_MISC | BPF_TAX, 0);
}

void nft_filter_build(uint32_t own_port, uint32_t messages, struct nft_filter *out)
{
	out->count = 0;
	emit(out, BPF_LDX | BPF_IMM, 0);
	for (uint32_t i = 0; i < messages; i++) {
		emit_judge(out, own_port);
		emit_step(out);
	}
	/* There is one more, or this load ends it. */
	emit_load(out, BPF_B, 0);
	emit(out, BPF_RET | BPF_K, KEEP);
}
