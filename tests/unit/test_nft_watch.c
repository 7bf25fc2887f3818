/* test_nft_watch.c - a socket that has the filter is asked which events get through. */
/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/msg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "croute/edge/nft/watch.h"

#define OWN_PORT 4711
#define MOST 4

struct events {
	_Alignas(struct nlmsghdr) uint8_t bytes[16384];
	size_t used;
};

/* One more message about `table`; `more` bytes follow its name. */
static void tell(struct events *events, const char *table, uint32_t port, size_t more)
{
	struct nlmsghdr *message = (void *)(events->bytes + events->used);
	size_t name = strlen(table) + 1;
	struct nlattr *attr;

	*message = (struct nlmsghdr){.nlmsg_type = 0xa00 | NFT_MSG_NEWCHAIN, .nlmsg_pid = port};
	attr = (void *)((uint8_t *)nlmsg_data(message) + sizeof(struct nfgenmsg));
	*attr = (struct nlattr){.nla_len = (uint16_t)(sizeof(*attr) + name), .nla_type = 1};
	memcpy(nla_data(attr), table, name);
	message->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + sizeof(struct nfgenmsg) +
					NLMSG_ALIGN(attr->nla_len) + more);
	events->used += NLMSG_ALIGN(message->nlmsg_len);
	assert_true(events->used <= sizeof(events->bytes));
}

static bool gets_through_of(const struct events *events, uint32_t messages)
{
	struct nft_filter filter;
	struct sock_fprog prog = {.filter = filter.code};
	char byte;
	int ends[2];
	bool through;

	nft_filter_build(OWN_PORT, messages, &filter);
	prog.len = filter.count;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), 0);
	assert_int_equal(send(ends[0], events->bytes, events->used, 0), events->used);
	through = recv(ends[1], &byte, 1, MSG_DONTWAIT) == 1;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return through;
}

static bool gets_through(const struct events *events)
{
	return gets_through_of(events, MOST);
}

static void the_table_of_ours_gets_through(void **state)
{
	static const char *const others[] = {"crout",	"croute2",    "croutf", "Croute",
					     "filter2", "kube-proxy", "crouty", "x"};
	struct events ours = {.used = 0};

	(void)state;
	tell(&ours, "croute", 1, 0);
	assert_true(gets_through(&ours));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct events theirs = {.used = 0};

		tell(&theirs, others[i], 1, 40);
		assert_false(gets_through(&theirs));
	}
}

static void what_we_have_done_ourselves_does_not(void **state)
{
	struct events events = {.used = 0};

	(void)state;
	tell(&events, "croute", OWN_PORT, 0);
	tell(&events, "croute", OWN_PORT, 0);
	assert_false(gets_through(&events));
	tell(&events, "croute", OWN_PORT + 1, 0);
	assert_true(gets_through(&events));
}

static void ours_gets_through_behind_others_of_any_length(void **state)
{
	static const size_t lengths[] = {0,   1,   2,	3,   4,	  215,	216,
					 217, 219, 220, 255, 256, 4000, 9000};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct events events = {.used = 0};

		tell(&events, "other", 1, lengths[i]);
		tell(&events, "filter", 1, 4);
		assert_false(gets_through(&events));
		tell(&events, "croute", 1, 4);
		assert_true(gets_through(&events));
	}
}

static void more_than_can_be_looked_at_get_through(void **state)
{
	const uint32_t counts[] = {1, MOST,
				   NFT_FILTER_MESSAGES / 4}; /* for which all kernels have room */

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct events events = {.used = 0};

		for (uint32_t n = 0; n < counts[i]; n++)
			tell(&events, "other", 1, 8);
		assert_false(gets_through_of(&events, counts[i]));
		tell(&events, "other", 1, 8);
		assert_true(gets_through_of(&events, counts[i]));
	}
}

static void the_whole_filter_is_one_that_the_kernel_takes(void **state)
{
	struct nft_filter filter;

	(void)state;
	nft_filter_build(OWN_PORT, NFT_FILTER_MESSAGES, &filter);
	assert_int_equal(filter.count, NFT_FILTER_MOST);
	assert_true(filter.count <= BPF_MAXINSNS);
}

static void what_is_cut_off_or_has_no_length_ends_the_walk(void **state)
{
	struct events events = {.used = 0};

	(void)state;
	tell(&events, "croute", 1, 0);
	for (events.used = 1; events.used < sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) +
						    sizeof(struct nlattr) + sizeof("croute");
	     events.used++)
		assert_false(gets_through(&events));
	events.used = 0;
	tell(&events, "other", 1, 0);
	((struct nlmsghdr *)(void *)events.bytes)->nlmsg_len = 0;
	assert_true(gets_through(&events));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_ours_gets_through),
		cmocka_unit_test(what_we_have_done_ourselves_does_not),
		cmocka_unit_test(ours_gets_through_behind_others_of_any_length),
		cmocka_unit_test(more_than_can_be_looked_at_get_through),
		cmocka_unit_test(the_whole_filter_is_one_that_the_kernel_takes),
		cmocka_unit_test(what_is_cut_off_or_has_no_length_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
