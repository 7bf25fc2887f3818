/* test_nft.c - messages of the table against those of a kernel. */
/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/msg.h>

#include "croute/edge/nft/table.h"

/* What Linux 6.18 told of a table that nft(8) had made. */

static const char told_postrouting[] =
	"70000000030a020001000000643f0000010000020b00010063726f757465000010000300706f7374726f"
	"7574696e67000c0002000000000000000001140004000800010000000004080002000000006408000500"
	"00000001080007006e61740008000a00000000010800060000000007";

static const char told_from_pod[] =
	"44000000030a020001000000643f0000010000020b00010063726f75746500000d00030066726f6d2d70"
	"6f64000000000c00020000000000000000020800060000000008";

/* ip saddr 10.244.0.0/15 goto from-pod */
static const char told_rule[] =
	"88010000060a020801000000643f0000010000020b00010063726f757465000010000200706f7374726f"
	"7574696e67000c00030000000000000000040c0006000000000000000003400104002400010009000100"
	"6d6574610000000014000200080002000000000f08000100000000012c00010008000100636d70002000"
	"0200080001000000000108000200000000000c0003000500010002000000340001000c0001007061796c"
	"6f6164002400020008000100000000010800020000000001080003000000000c08000400000000044c00"
	"01000c00010062697477697365003c000200080001000000000108000200000000010800030000000004"
	"08000600000000000c00040008000100fffe00000c00050008000100000000002c00010008000100636d"
	"700020000200080001000000000108000200000000000c000300080001000af40000400001000e000100"
	"696d6d6564696174650000002c0002000800010000000000200002001c00020008000100fffffffc0d00"
	"020066726f6d2d706f6400000000";

#define HEX(digit) ((uint8_t)((digit) <= '9' ? (digit) - '0' : (digit) - 'a' + 10))

/* A message of the kernel's, and the batch that it is compared with. */
struct told {
	struct nft nft;
	struct nl_msg *buffer;
	_Alignas(struct nlmsghdr) uint8_t bytes[512];
};

static void turn(uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size / 2; i++) {
		uint8_t byte = at[i];

		at[i] = at[size - 1 - i];
		at[size - 1 - i] = byte;
	}
}

/* What a recorded attribute takes; 0: it is none. */
static size_t room_at(const uint8_t *at, size_t size)
{
	size_t len = size < sizeof(struct nlattr) ? 0 : at[0] | (size_t)at[1] << 8;
	size_t room = (len + 3) / 4 * 4;

	return len < sizeof(struct nlattr) || room > size ? 0 : room;
}

static bool are_attributes(const uint8_t *at, size_t size)
{
	for (size_t room; (room = room_at(at, size)) > 0; at += room)
		size -= room;
	return size == 0;
}

/* Lengths and types of recorded attributes in this machine's order; values are in the network's. */
static void turn_attributes(uint8_t *at, size_t size)
{
	if (!are_attributes(at, size))
		return;
	for (size_t room; (room = room_at(at, size)) > 0; at += room) {
		size -= room;
		turn_attributes(at + sizeof(struct nlattr), room - sizeof(struct nlattr));
		turn(at, 2);
		turn(at + 2, 2);
	}
}

/* It was recorded on a machine with the least byte first. */
static void turn_message(uint8_t *at, size_t size)
{
	size_t body = NLMSG_HDRLEN + sizeof(struct nfgenmsg);

	if (htons(1) != 1)
		return;
	turn(at, 4);
	turn(at + 4, 2);
	turn(at + 6, 2);
	turn(at + 8, 4);
	turn(at + 12, 4);
	turn_attributes(at + body, size - body);
}

static struct nlmsghdr *hear(struct told *told, const char *hex)
{
	struct nlmsghdr *message = (void *)told->bytes;

	assert_true(strlen(hex) / 2 <= sizeof(told->bytes));
	for (size_t i = 0; hex[2 * i] != '\0'; i++)
		told->bytes[i] = (uint8_t)(HEX(hex[2 * i]) << 4 | HEX(hex[2 * i + 1]));
	turn_message(told->bytes, strlen(hex) / 2);
	assert_int_equal(message->nlmsg_len, strlen(hex) / 2);
	return message;
}

static struct masquerade_rule from_pods(const char *prefix)
{
	struct masquerade_rule rule = {.side = MASQUERADE_SOURCE, .verdict = MASQUERADE_GOTO};

	assert_int_equal(prefix_parse(text_of(prefix), false, &rule.prefix), 0);
	return rule;
}

static void build(struct told *told, struct masquerade_rule rule)
{
	assert_int_equal(nft_build(&told->nft, told->buffer, &rule, 1), 0);
}

static int told_open(void **state)
{
	struct told *told = test_calloc(1, sizeof(*told));

	told->buffer = nlmsg_alloc_size(1024);
	build(told, from_pods("10.244.0.0/15"));
	*state = told;
	return 0;
}

static int told_close(void **state)
{
	struct told *told = *state;

	nlmsg_free(told->buffer);
	arena_release(&told->nft.batch);
	test_free(told);
	return 0;
}

static const struct nlmsghdr *wanted(const struct told *told, uint8_t type, uint32_t n)
{
	return nft_message_at(&told->nft.batch, type, n);
}

static bool is_wanted_rule(const struct told *told, const struct nlmsghdr *message)
{
	return nft_same_rule(wanted(told, NFT_MSG_NEWRULE, 0), message);
}

static void a_kernel_tells_chains_as_they_were_wanted(void **state)
{
	struct told *told = *state;
	const struct nlmsghdr *first = wanted(told, NFT_MSG_NEWCHAIN, 0);
	const struct nlmsghdr *second = wanted(told, NFT_MSG_NEWCHAIN, 1);

	assert_true(nft_same_chain(first, hear(told, told_postrouting)));
	assert_false(nft_same_chain(second, hear(told, told_postrouting)));
	assert_true(nft_same_chain(second, hear(told, told_from_pod)));
	assert_false(nft_same_chain(first, hear(told, told_from_pod)));
	assert_null(wanted(told, NFT_MSG_NEWCHAIN, 2));
}

static void a_kernel_tells_a_rule_as_it_was_wanted(void **state)
{
	assert_true(is_wanted_rule(*state, hear(*state, told_rule)));
}

static const struct nlattr *attribute(const struct nlmsghdr *message, int type)
{
	return nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)message, sizeof(struct nfgenmsg),
			       type);
}

static void what_a_kernel_tells_is_recorded_as_what_makes_it_again(void **state)
{
	struct told *told = *state;
	struct nft_record record = {.handle = 1};
	const struct nlmsghdr *rule;
	const struct nlmsghdr *chain;

	assert_int_equal(nft_record_add(&record, hear(told, told_postrouting)), 1);
	assert_int_equal(nft_record_add(&record, hear(told, told_rule)), 1);
	chain = nft_message_at(&record.messages, NFT_MSG_NEWCHAIN, 0);
	rule = nft_message_at(&record.messages, NFT_MSG_NEWRULE, 0);
	assert_true(nft_same_chain(wanted(told, NFT_MSG_NEWCHAIN, 0), chain));
	assert_true(is_wanted_rule(told, rule));
	assert_null(attribute(chain, NFTA_CHAIN_HANDLE));
	assert_null(attribute(chain, NFTA_CHAIN_USE));
	assert_null(attribute(rule, NFTA_RULE_HANDLE));
	assert_int_equal(chain->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
	assert_int_equal(rule->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_APPEND);
	assert_int_equal(nft_build_again(&told->nft, told->buffer, &record.messages), 0);
	assert_true(nft_same_rule(wanted(told, NFT_MSG_NEWRULE, 0), rule));
	assert_null(wanted(told, NFT_MSG_NEWTABLE, 1));
	assert_non_null(wanted(told, NFT_MSG_DELTABLE, 0));
	nft_record_release(&record);
}

static void what_is_in_another_table_is_not_recorded(void **state)
{
	struct told *told = *state;
	struct nft_record record = {0};
	struct nlmsghdr *message = hear(told, told_rule);

	((char *)nla_data(attribute(message, NFTA_RULE_TABLE)))[0] = 'k';
	assert_int_equal(nft_record_add(&record, message), 0);
	message->nlmsg_type = NLMSG_DONE;
	assert_int_equal(nft_record_add(&record, message), 0);
	assert_int_equal(record.messages.used, 0);
	assert_true(nft_record_is_whole(&record));
	record.handle = 1;
	assert_false(nft_record_is_whole(&record));
}

static void another_rule_is_told_apart(void **state)
{
	struct told *told = *state;
	const struct nlmsghdr *message = hear(told, told_rule);
	struct masquerade_rule rules[] = {
		from_pods("10.244.0.0/14"), from_pods("10.244.0.0/16"), from_pods("10.246.0.0/15"),
		from_pods("fd00::/15"),	    from_pods("10.244.0.0/15"), from_pods("10.244.0.0/15"),
		from_pods("10.244.0.0/15"), from_pods("10.244.0.0/15"),
	};

	rules[4].side = MASQUERADE_DESTINATION;
	rules[5].verdict = MASQUERADE_RETURN;
	rules[6].verdict = MASQUERADE_HIDE;
	rules[7].chain = MASQUERADE_FROM_POD;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		build(told, rules[i]);
		assert_false(is_wanted_rule(told, message));
	}
	build(told, from_pods("10.244.0.0/15"));
	assert_true(is_wanted_rule(told, message));
}

#define FILLING 5 /* bytes that only fill up names to four */
#define UNUSED 2  /* the number of an attribute that is 0: the operation of `bitwise` */

static void whatever_byte_of_its_expressions_differs_is_noticed(void **state)
{
	struct told *told = *state;
	struct nlmsghdr *message = hear(told, told_rule);
	struct nlattr *list = nlmsg_find_attr(message, sizeof(struct nfgenmsg),
					      NFTA_RULE_EXPRESSIONS);
	uint8_t *bytes = nla_data(list);
	int unnoticed = 0;

	for (int i = 0; i < nla_len(list); i++) {
		bytes[i] ^= 0x11;
		unnoticed += is_wanted_rule(told, message);
		bytes[i] ^= 0x11;
	}
	assert_true(is_wanted_rule(told, message));
	assert_int_equal(unnoticed, FILLING + UNUSED);
}

static void a_rule_with_fewer_expressions_or_none_is_noticed(void **state)
{
	struct told *told = *state;
	struct nlmsghdr *message = hear(told, told_rule);
	struct nlattr *list = nlmsg_find_attr(message, sizeof(struct nfgenmsg),
					      NFTA_RULE_EXPRESSIONS);

	list->nla_len = (uint16_t)(list->nla_len - 0x40); /* the verdict */
	assert_false(is_wanted_rule(told, message));
	list->nla_len = sizeof(*list);
	assert_false(is_wanted_rule(told, message));
	message->nlmsg_len = NLMSG_HDRLEN;
	assert_false(is_wanted_rule(told, message));
}

static void the_batch_replaces_the_table_in_one_transaction(void **state)
{
	static const uint16_t expected[] = {NFNL_MSG_BATCH_BEGIN,     0xa00 | NFT_MSG_NEWTABLE,
					    0xa00 | NFT_MSG_DELTABLE, 0xa00 | NFT_MSG_NEWTABLE,
					    0xa00 | NFT_MSG_NEWCHAIN, 0xa00 | NFT_MSG_NEWCHAIN,
					    0xa00 | NFT_MSG_NEWRULE,  NFNL_MSG_BATCH_END};
	const struct arena *batch = &((struct told *)*state)->nft.batch;
	size_t at = 0;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct nlmsghdr *message = (const void *)(batch->base + at);

		assert_int_equal(message->nlmsg_type, expected[i]);
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	assert_int_equal(at, batch->used);
}

static void too_many_rules_are_refused(void **state)
{
	const uint32_t count = 4096;
	struct told *told = *state;
	struct masquerade_rule *rules = test_calloc(count, sizeof(*rules));

	for (uint32_t i = 0; i < count; i++)
		rules[i] = from_pods("fd00::/15");
	assert_int_equal(nft_build(&told->nft, told->buffer, rules, count), -EMSGSIZE);
	test_free(rules);
}

#define TOLD(test) cmocka_unit_test_setup_teardown(test, told_open, told_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOLD(a_kernel_tells_chains_as_they_were_wanted),
		TOLD(a_kernel_tells_a_rule_as_it_was_wanted),
		TOLD(what_a_kernel_tells_is_recorded_as_what_makes_it_again),
		TOLD(what_is_in_another_table_is_not_recorded),
		TOLD(another_rule_is_told_apart),
		TOLD(whatever_byte_of_its_expressions_differs_is_noticed),
		TOLD(a_rule_with_fewer_expressions_or_none_is_noticed),
		TOLD(the_batch_replaces_the_table_in_one_transaction),
		TOLD(too_many_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
