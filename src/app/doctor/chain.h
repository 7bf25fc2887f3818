/* chain.h - whether chains of packet filters let new connections between pods pass. */
#ifndef CROUTE_APP_DOCTOR_CHAIN_H
#define CROUTE_APP_DOCTOR_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/base/text.h"
#include "croute/model/ip.h"

#define DOCTOR_CHAIN_NAME_MAX 64 /* longer names are cut */
#define DOCTOR_PODS_MOST 8
#define DOCTOR_HOOKS_MOST 16

/* Whether a rule concerns a first packet from pod to pod. */
enum doctor_match { DOCTOR_NEVER, DOCTOR_SOMETIMES, DOCTOR_ALWAYS };

/* What a chain does with it. */
enum doctor_verdict {
	DOCTOR_NO_VERDICT, /* it goes on behind the chain */
	DOCTOR_PASSES,
	DOCTOR_DROPS,
	DOCTOR_PERHAPS, /* dropped, unless a condition holds that is not known here */
};

/* One rule, reduced to what matters. */
struct doctor_rule {
	char chain[DOCTOR_CHAIN_NAME_MAX];
	char target[DOCTOR_CHAIN_NAME_MAX]; /* a chain to jump to; "" */
	uint8_t match;			    /* enum doctor_match */
	uint8_t verdict;		    /* enum doctor_verdict, without a target */
	bool leaves;			    /* RETURN */
};

/* The rules of one table. Zero-initialise; owns its rows: arena_release. */
struct doctor_table {
	struct arena rules;
	uint32_t count;
	bool cut; /* there were more than could be kept */
};

/* Where a chain that forwarded packets go through stands, and what it does. */
struct doctor_hook {
	char name[96]; /* `iptables FORWARD`, `nftables inet firewalld filter_FORWARD` */
	uint8_t family;
	uint8_t verdict;
};

/* All of them that were seen. */
struct doctor_chains {
	uint32_t count;
	struct doctor_hook hooks[DOCTOR_HOOKS_MOST];
};

/* The packets that are asked for: pods' prefixes, and the links they go through. */
struct doctor_flow {
	uint32_t pod_count;
	struct prefix pods[DOCTOR_PODS_MOST];
	uint32_t link_count;
	const char *links[DOCTOR_HOOKS_MOST];
};

struct doctor_facts;

/* Fill `out` from the file and the links. */
void doctor_find_flow(const struct doctor_facts *facts, struct doctor_flow *out);

/* Append a rule; past the limit it is only noted that there were more. */
void doctor_table_add(struct doctor_table *table, const struct doctor_rule *rule);

/* The verdict of a base chain with that policy (DOCTOR_PASSES or DOCTOR_DROPS). */
enum doctor_verdict doctor_table_judge(const struct doctor_table *table, const char *chain,
				       enum doctor_verdict policy);

/* Whether a condition on an address fits the pods: their prefix, a part of it, or another. */
enum doctor_match doctor_flow_match_prefix(const struct doctor_flow *flow,
					   const struct prefix *prefix);

/* Likewise for the name of a link; `+` or `*` at its end stands for anything. */
enum doctor_match doctor_flow_match_link(const struct doctor_flow *flow, struct text name);

/* The opposite: for `! -s`. */
enum doctor_match doctor_match_not(enum doctor_match match);

/*
 * Judge what `iptables -S` printed, and add `named` with its verdict to `out`. Its name begins with
 * the program's.
 */
void doctor_judge_iptables(const struct doctor_flow *flow, struct text listing,
			   const struct doctor_hook *named, struct doctor_chains *out);

/* Whether `iptables -t nat -S` tells of flannel's masquerading. */
bool doctor_sees_flannel(struct text listing);

/* Whether `iptables -S` tells of rules of flannel's that accept forwarded packets. */
bool doctor_sees_flannel_forward(struct text listing);

/* A table of nftables that has a chain for forwarded packets. */
struct doctor_nft_table {
	char family[8];
	char name[DOCTOR_CHAIN_NAME_MAX];
};

#define DOCTOR_NFT_TABLES_MOST 8

/* What `nft -j list chains` tells. */
struct doctor_nft {
	uint32_t count;
	struct doctor_nft_table tables[DOCTOR_NFT_TABLES_MOST];
	bool more;    /* than have room */
	bool flannel; /* one of flannel's tables is there */
};

/* Find the tables to look through. 0, or -EINVAL for what is not nft's JSON. */
int doctor_find_nft(struct text json, struct doctor_nft *out);

/* Judge what `nft -j list table` printed: adds its chains for forwarded packets. 0 or -EINVAL. */
int doctor_judge_nft(const struct doctor_flow *flow, struct text json, struct doctor_chains *out);

#endif
