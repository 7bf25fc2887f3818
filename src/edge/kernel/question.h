/* question.h - what a request asks for, and which messages answer it. For netlink.c. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

struct nlattr;

/*
 * Read from the request itself, so that no dump can forget to check what it gets. Kernels answer
 * more than they are asked:
 *
 * family: one that the kernel lacks is answered with the rows of all families, since rtnetlink
 * falls back to the handler of AF_UNSPEC (net/core/rtnetlink.c, rtnetlink_rcv_msg): IPv4 routes to
 * an IPv6 dump with ipv6.disable=1. Exactly the asked one answers. AF_UNSPEC asks for routes and
 * neighbours of all families; it is that of links.
 *
 * protocol, table: filtered by strict checking, Linux 4.20 and later (net/ipv4/fib_frontend.c,
 * ip_valid_fib_dump_req).
 *
 * link: neighbours are filtered by NDA_IFINDEX (net/core/neighbour.c); forwarding entries of older
 * kernels are not.
 *
 * name: the table of chains and rules; a dump of chains is never filtered by it
 * (net/netfilter/nf_tables_api.c).
 */
struct question {
	uint16_t type;	     /* of the answers: RTM_NEW*, NFT_MSG_NEW* */
	uint8_t family;	     /* the first byte of every header (struct rtgenmsg) */
	bool any_family;     /* of routes and neighbours */
	uint8_t protocol;    /* of routes; 0: any */
	uint32_t table;	     /* of routes; 0: any */
	uint32_t link;	     /* of neighbours and forwarding entries; 0: any */
	const uint8_t *name; /* of an nftables table, with its NUL; NULL: any; in the request */
	uint32_t name_size;
	uint32_t header; /* bytes before the attributes, of request and answer */
	bool is_dump;
};

/* `request`: RTM_GET* or NFT_MSG_GET*, whose fixed header has `header` bytes. */
struct question question_of(const struct nlmsghdr *request, uint32_t header);

/* Whether a message, which is at least as long as its header says, answers it: 1, 0, or -EBADMSG
 * for one of the right type that is too short to tell. */
int question_is_answered(const struct question *question, const struct nlmsghdr *message);
