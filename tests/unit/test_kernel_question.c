/* test_kernel_question.c - rows that were not asked for, as older and smaller kernels send them. */
/* SPDX-License-Identifier: MIT */
#include "fake_peer.h"

#include <endian.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "croute/edge/kernel/read.h"
#include "croute/edge/nft/table.h"

/* The rows that came through. */
struct seen {
	struct route routes[4];
	struct neigh neighs[4];
	struct fdb fdb[4];
	struct rule rules[8];
	uint32_t count;
};

static int see_route(void *context, const struct route *route)
{
	struct seen *seen = context;

	seen->routes[seen->count++] = *route;
	return 0;
}

static int see_neigh(void *context, const struct neigh *neigh)
{
	struct seen *seen = context;

	seen->neighs[seen->count++] = *neigh;
	return 0;
}

static int see_fdb(void *context, const struct fdb *fdb)
{
	struct seen *seen = context;

	seen->fdb[seen->count++] = *fdb;
	return 0;
}

static int see_rule(void *context, const struct rule *rule)
{
	struct seen *seen = context;

	seen->rules[seen->count++] = *rule;
	return 0;
}

static struct rtmsg route_of(uint8_t family, uint8_t protocol, uint8_t table)
{
	return (struct rtmsg){.rtm_family = family,
			      .rtm_dst_len = family == AF_INET ? 24 : 64,
			      .rtm_protocol = protocol,
			      .rtm_table = table,
			      .rtm_type = RTN_UNICAST};
}

/* The kernel's whole table, whatever is asked. */
static void say_all_routes(void)
{
	struct rtmsg ours = route_of(AF_INET, 67, RT_TABLE_MAIN);
	struct rtmsg foreign = route_of(AF_INET, RTPROT_STATIC, RT_TABLE_MAIN);
	struct rtmsg elsewhere = route_of(AF_INET, 67, RT_TABLE_COMPAT);
	struct rtmsg ipv6 = route_of(AF_INET6, 67, RT_TABLE_MAIN);

	(void)peer_datagram(1);
	(void)peer_route(&ours, "10.244.1.0");
	peer_route(&ours, "10.244.9.0")->nlmsg_type = RTM_DELROUTE;
	(void)peer_route(&foreign, "10.244.2.0");
	peer_put_u32(peer_route(&elsewhere, "10.244.3.0"), RTA_TABLE, 500);
	(void)peer_route(&ipv6, "fd10:244:1::");
	(void)peer_done(0);
}

static uint32_t read_routes(struct kernel_route_filter filter, struct seen *seen)
{
	struct netlink *netlink = peer_begin();

	*seen = (struct seen){0};
	say_all_routes();
	assert_int_equal(kernel_read_routes(netlink, filter, see_route, seen, NULL), 0);
	return seen->count;
}

/* As with ipv6.disable=1 (net/core/rtnetlink.c: AF_UNSPEC stands in). */
static void an_ipv6_dump_brings_no_ipv4_route(void **state)
{
	struct seen seen;

	(void)state;
	assert_int_equal(read_routes((struct kernel_route_filter){.family = AF_INET6}, &seen), 1);
	assert_int_equal(seen.routes[0].family, AF_INET6);
}

/* As before Linux 4.20, which filters by neither. */
static void a_dump_by_protocol_brings_no_route_of_another(void **state)
{
	struct kernel_route_filter filter = {.family = AF_INET, .protocol = RTPROT_STATIC};
	struct seen seen;

	(void)state;
	assert_int_equal(read_routes(filter, &seen), 1);
	assert_int_equal(seen.routes[0].protocol, RTPROT_STATIC);
	assert_int_equal(((const struct rtmsg *)nlmsg_data(peer_asked(1)))->rtm_protocol,
			 RTPROT_STATIC);
}

static void a_dump_by_table_brings_no_route_of_another(void **state)
{
	struct kernel_route_filter filter = {.family = AF_INET, .table = 500};
	struct seen seen;

	(void)state;
	assert_int_equal(read_routes(filter, &seen), 1);
	assert_int_equal(seen.routes[0].table, 500);
	filter.table = RT_TABLE_COMPAT;
	assert_int_equal(read_routes(filter, &seen), 0);
	filter.table = RT_TABLE_MAIN;
	assert_int_equal(read_routes(filter, &seen), 2);
}

static void a_protocol_can_be_left_out(void **state)
{
	struct kernel_route_filter filter = {.family = AF_INET, .except = 67};
	struct seen seen;

	(void)state;
	assert_int_equal(read_routes(filter, &seen), 1);
	assert_int_equal(seen.routes[0].protocol, RTPROT_STATIC);
}

static int read_ended_with(int code)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)peer_datagram(1);
	(void)peer_done(code);
	return kernel_read_routes(netlink, (struct kernel_route_filter){.family = AF_INET},
				  see_route, &seen, NULL);
}

static void a_table_that_is_not_there_is_empty_and_a_refused_dump_is_not(void **state)
{
	(void)state;
	assert_int_equal(read_ended_with(ENOENT), 0);
	assert_int_equal(read_ended_with(EINVAL), -EINVAL);
}

/* --- lookups */

static int look_up(const char *answer, uint8_t len, const char *asked, struct route *out)
{
	struct netlink *netlink = peer_begin();
	struct rtmsg header = route_of(AF_INET, 67, RT_TABLE_MAIN);
	struct flow flow = {.iif = 0};

	header.rtm_family = strchr(answer, ':') != NULL ? AF_INET6 : AF_INET;
	header.rtm_dst_len = len;
	(void)peer_datagram(1);
	peer_put_u32(peer_route(&header, answer), RTA_OIF, 4);
	(void)peer_ack(0);
	assert_int_equal(ip_parse(text_of(asked), &flow.dst), 0);
	return kernel_lookup_route(netlink, &flow, out, NULL);
}

static void a_lookup_is_answered_by_a_route_to_the_address(void **state)
{
	struct route route = {.oif = 0};

	(void)state;
	assert_int_equal(look_up("10.244.2.0", 24, "10.244.2.9", &route), 0);
	assert_int_equal(route.oif, 4);
	assert_int_equal(look_up("10.244.2.9", 32, "10.244.2.9", &route), 0);
}

static void a_lookup_is_not_answered_by_a_route_to_elsewhere(void **state)
{
	struct route route = {.oif = 9};

	(void)state;
	assert_int_equal(look_up("10.244.3.0", 24, "10.244.2.9", &route), -EBADMSG);
	assert_int_equal(look_up("10.244.2.9", 32, "fd10::9", &route), -EBADMSG);
	assert_int_equal(route.oif, 9);
}

static void a_lookup_that_is_acknowledged_alone_is_not_answered(void **state)
{
	struct netlink *netlink = peer_begin();
	struct route route = {.oif = 9};
	struct flow flow = {.iif = 0};

	(void)state;
	(void)peer_datagram(1);
	(void)peer_ack(0);
	assert_int_equal(ip_parse(text_of("10.244.2.9"), &flow.dst), 0);
	assert_int_equal(kernel_lookup_route(netlink, &flow, &route, NULL), -EBADMSG);
	assert_int_equal(route.oif, 9);
}

/* --- neighbours and forwarding entries */

static struct nlmsghdr *say_neigh(uint8_t family, int link, const char *dst)
{
	struct ndmsg header = {
		.ndm_family = family, .ndm_ifindex = link, .ndm_state = NUD_PERMANENT};
	struct nlmsghdr *message = peer_say(RTM_NEWNEIGH, &header, sizeof(header));

	if (dst != NULL)
		peer_put_ip(message, NDA_DST, dst);
	return message;
}

static void put_mac(struct nlmsghdr *message)
{
	(void)peer_put(message, NDA_LLADDR, "\2\0\0\0\0\1", 6);
}

static void say_all_neighs(uint32_t question)
{
	(void)peer_datagram(question);
	put_mac(say_neigh(AF_INET, 4, "10.0.0.12"));
	put_mac(say_neigh(AF_INET6, 4, "fd00::12"));
	put_mac(say_neigh(AF_INET, 5, "10.0.0.13"));
	put_mac(say_neigh(AF_BRIDGE, 4, "10.0.0.14"));
	(void)say_neigh(AF_INET, 4, NULL);
	(void)say_neigh(AF_INET6, 4, "10.0.0.15");
	(void)peer_done(0);
}

static void neighbours_of_other_links_and_families_are_not_read(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	say_all_neighs(1);
	say_all_neighs(2);
	assert_int_equal(kernel_read_neighs(netlink, 4, see_neigh, &seen, NULL), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.neighs[0].ip.family, AF_INET);
	assert_int_equal(seen.neighs[0].ip.bytes[3], 12);
	assert_int_equal(seen.neighs[1].ip.family, AF_INET6);
}

/* A dump of all families may bring some that are neither, as DECnet's of old kernels. */
static void neighbours_of_unknown_families_are_not_read(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	(void)peer_datagram(1);
	(void)say_neigh(12, 4, "fd00::12");
	(void)peer_done(0);
	assert_int_equal(kernel_read_neighs(netlink, KERNEL_ANY_LINK, see_neigh, &seen, NULL), 0);
	assert_int_equal(seen.count, 0);
}

static void forwarding_entries_of_other_links_are_not_read(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	(void)peer_datagram(1);
	put_mac(say_neigh(AF_BRIDGE, 5, "10.0.0.11"));
	put_mac(say_neigh(AF_INET, 4, "10.0.0.12"));
	(void)say_neigh(AF_BRIDGE, 4, "10.0.0.13"); /* without a MAC it has no key */
	put_mac(say_neigh(AF_BRIDGE, 4, NULL));
	put_mac(say_neigh(AF_BRIDGE, 4, "10.0.0.14"));
	(void)peer_done(0);
	assert_int_equal(kernel_read_fdb(netlink, 4, see_fdb, &seen, NULL), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.fdb[0].dst.bytes[3], 14);
}

static void a_device_that_is_gone_forwards_nothing(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	(void)peer_datagram(1);
	(void)peer_done(ENODEV);
	assert_int_equal(kernel_read_fdb(netlink, 4, see_fdb, &seen, NULL), 0);
}

/* --- rules */

static struct nlmsghdr *say_rule(uint8_t family, uint8_t dst_len)
{
	struct fib_rule_hdr header = {.family = family,
				      .dst_len = dst_len,
				      .table = RT_TABLE_MAIN,
				      .action = FR_ACT_TO_TBL};

	return peer_say(RTM_NEWRULE, &header, sizeof(header));
}

static void rules_of_other_families_are_not_read(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	(void)peer_datagram(1);
	(void)say_rule(AF_INET, 0);
	(void)say_rule(AF_INET6, 0);
	(void)peer_done(0);
	assert_int_equal(kernel_read_rules(netlink, AF_INET6, see_rule, &seen, NULL), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.rules[0].family, AF_INET6);
	assert_false(seen.rules[0].odd);
}

static void a_rule_without_the_prefix_that_it_has_asks_for_more_than_is_known(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	(void)peer_datagram(1);
	(void)say_rule(AF_INET, 24);
	(void)peer_done(0);
	assert_int_equal(kernel_read_rules(netlink, AF_INET, see_rule, &seen, NULL), 0);
	assert_true(seen.rules[0].odd);
}

/* wg-quick's rules and a VRF's are told apart; what is only known to a kernel to come is not. */
static void conditions_of_a_rule_are_kept_or_more_than_is_known(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	(void)peer_datagram(1);
	peer_put_u32(say_rule(AF_INET, 0), FRA_SUPPRESS_PREFIXLEN, 0);
	peer_put_u32(say_rule(AF_INET, 0), FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	peer_put_u8(say_rule(AF_INET, 0), FRA_L3MDEV, 1);
	peer_put_u8(say_rule(AF_INET, 0), FRA_PROTOCOL, 3);
	peer_put_u8(say_rule(AF_INET, 0), FRA_MAX + 1, 1);
	peer_put_u8(say_rule(AF_INET, 0), FRA_IP_PROTO, 17);
	(void)peer_done(0);
	assert_int_equal(kernel_read_rules(netlink, AF_INET, see_rule, &seen, NULL), 0);
	assert_int_equal(seen.count, 6);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(seen.rules[i].odd, i >= 4);
		assert_int_equal(seen.rules[i].shortest, i == 0);
		assert_int_equal(seen.rules[i].l3mdev, i == 2);
	}
}

static void a_kernel_without_a_family_has_no_rules_of_it(void **state)
{
	struct netlink *netlink = peer_begin();
	struct seen seen = {.count = 0};

	(void)state;
	(void)peer_datagram(1);
	(void)peer_done(EAFNOSUPPORT);
	assert_int_equal(kernel_read_rules(netlink, AF_INET6, see_rule, &seen, NULL), 0);
}

/* --- nftables */

static void say_table(uint8_t family, const char *name, uint64_t handle)
{
	struct nfgenmsg header = {.nfgen_family = family};
	struct nlmsghdr *message = peer_say(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, &header,
					    sizeof(header));
	uint64_t big = htobe64(handle);

	(void)peer_put(message, NFTA_TABLE_NAME, name, strlen(name) + 1);
	(void)peer_put(message, NFTA_TABLE_HANDLE, &big, sizeof(big));
}

static void tables_of_other_names_and_families_are_not_taken_for_ours(void **state)
{
	struct netlink *netlink = peer_begin();
	struct nft nft = {.netlink.message = NULL};
	uint64_t handle = 0;

	(void)state;
	nft.netlink = *netlink;
	(void)peer_datagram(1);
	say_table(NFPROTO_INET, MASQUERADE_TABLE, 7);
	say_table(NFPROTO_IPV4, MASQUERADE_TABLE, 8);
	say_table(NFPROTO_INET, "croute2", 9);
	say_table(NFPROTO_INET, "crout", 10);
	(void)peer_ack(0);
	peer.netlink.sequence = 1;
	assert_int_equal(nft_record_find(&nft, &handle, NULL), 0);
	assert_int_equal(handle, 7);
}

/* An acknowledgement alone is not "there is no table": that is ENOENT. */
static void a_table_that_is_not_described_is_not_known(void **state)
{
	struct netlink *netlink = peer_begin();
	struct nft nft = {.netlink.message = NULL};
	enum nft_state table = NFT_SAME;
	uint64_t handle = 9;

	(void)state;
	nft.netlink = *netlink;
	for (uint32_t question = 1; question < 3; question++) {
		(void)peer_datagram(question);
		peer_ack(0)->nlmsg_seq = question;
	}
	assert_int_equal(nft_record_find(&nft, &handle, NULL), -EBADMSG);
	assert_int_equal(nft_look(&nft, &table, NULL), -EBADMSG);
	assert_int_equal(handle, 9);
	assert_int_equal(table, NFT_SAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv6_dump_brings_no_ipv4_route),
		cmocka_unit_test(a_dump_by_protocol_brings_no_route_of_another),
		cmocka_unit_test(a_dump_by_table_brings_no_route_of_another),
		cmocka_unit_test(a_protocol_can_be_left_out),
		cmocka_unit_test(a_table_that_is_not_there_is_empty_and_a_refused_dump_is_not),
		cmocka_unit_test(a_lookup_is_answered_by_a_route_to_the_address),
		cmocka_unit_test(a_lookup_is_not_answered_by_a_route_to_elsewhere),
		cmocka_unit_test(a_lookup_that_is_acknowledged_alone_is_not_answered),
		cmocka_unit_test(neighbours_of_other_links_and_families_are_not_read),
		cmocka_unit_test(neighbours_of_unknown_families_are_not_read),
		cmocka_unit_test(forwarding_entries_of_other_links_are_not_read),
		cmocka_unit_test(a_device_that_is_gone_forwards_nothing),
		cmocka_unit_test(rules_of_other_families_are_not_read),
		cmocka_unit_test(a_rule_without_the_prefix_that_it_has_asks_for_more_than_is_known),
		cmocka_unit_test(conditions_of_a_rule_are_kept_or_more_than_is_known),
		cmocka_unit_test(a_kernel_without_a_family_has_no_rules_of_it),
		cmocka_unit_test(tables_of_other_names_and_families_are_not_taken_for_ours),
		cmocka_unit_test(a_table_that_is_not_described_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, peer_teardown);
}
