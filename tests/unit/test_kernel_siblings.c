/* test_kernel_siblings.c - route messages of several next hops, and such as are cut off. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/read.h"

#include "message.h"

static void ipv6_next_hops_are_told_apart(void **state)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});
	struct route wanted = world_route("fd10:244:2::/64 via fd00::12 metric 67000");
	struct route out[MESSAGE_ROWS];
	struct nlattr *nest;

	(void)state;
	message_put_ip(message, RTA_DST, "fd10:244:2::");
	nla_put_u32(message, RTA_PRIORITY, 67000);
	nest = nla_nest_start(message, RTA_MULTIPATH);
	message_put_hop(message, 0, "fd00::12");
	message_put_hop(message, 0, "fd00::99");
	nla_nest_end(message, nest);
	assert_int_equal(message_take(message, out), 2);
	wanted.hops = 2;
	assert_same_route(&out[0], &wanted);
	wanted = world_route("fd10:244:2::/64 via fd00::99 metric 67000");
	wanted.hops = 2;
	assert_same_route(&out[1], &wanted);
}

static void a_next_hop_inherits_nothing_from_the_one_before(void **state)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});
	struct route wanted = world_route("fd10:244:2::/64 metric 67000");
	struct route out[MESSAGE_ROWS];
	struct nlattr *nest;

	(void)state;
	message_put_ip(message, RTA_DST, "fd10:244:2::");
	nla_put_u32(message, RTA_PRIORITY, 67000);
	nest = nla_nest_start(message, RTA_MULTIPATH);
	message_put_hop(message, RTNH_F_ONLINK, "fd00::12");
	message_put_hop(message, RTNH_F_LINKDOWN, NULL);
	nla_nest_end(message, nest);
	assert_int_equal(message_take(message, out), 2);
	assert_int_equal(out[0].flags, ROUTE_ONLINK);
	wanted.hops = 2;
	assert_same_route(&out[1], &wanted);
}

static void never_writes_more_siblings_than_there_is_room_for(void **state)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});
	struct route out[MESSAGE_ROWS];
	struct route untouched = {.table = 7};
	struct nlattr *nest;

	(void)state;
	message_put_ip(message, RTA_DST, "fd10:244:2::");
	nest = nla_nest_start(message, RTA_MULTIPATH);
	message_put_hop(message, 0, "fd00::12");
	message_put_hop(message, 0, "fd00::13");
	message_put_hop(message, 0, "fd00::14");
	nla_nest_end(message, nest);
	out[2] = untouched;
	assert_int_equal(kernel_parse_route(nlmsg_hdr(message), out, 2), 2);
	assert_same_route(&out[2], &untouched);
	out[0] = untouched;
	assert_int_equal(kernel_parse_route(nlmsg_hdr(message), out, 0), 0);
	assert_same_route(&out[0], &untouched);
	nlmsg_free(message);
}

/* As many next hops as told, of the weight of the last one. */
static struct nl_msg *message_of_hops(uint32_t hops, uint8_t weight)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET, .rtm_dst_len = 24});
	struct nlattr *nest;
	char gateway[20];

	message_put_ip(message, RTA_DST, "10.244.2.0");
	nest = nla_nest_start(message, RTA_MULTIPATH);
	for (uint32_t i = 0; i < hops; i++) {
		struct rtnexthop *hop = nlmsg_tail(nlmsg_hdr(message));

		(void)snprintf(gateway, sizeof(gateway), "10.0.0.%u", 12 + i);
		message_put_hop(message, 0, gateway);
		hop->rtnh_hops = i + 1 == hops ? weight : 0;
	}
	nla_nest_end(message, nest);
	return message;
}

static void ipv4_next_hops_are_told_apart(void **state)
{
	struct route wanted = world_route("10.244.2.0/24 via 10.0.0.12");
	struct route out[MESSAGE_ROWS];

	(void)state;
	wanted.hops = 2;
	assert_int_equal(message_take(message_of_hops(2, 0), out), 2);
	assert_same_route(&out[0], &wanted);
	wanted = world_route("10.244.2.0/24 via 10.0.0.13");
	wanted.hops = 2;
	assert_same_route(&out[1], &wanted);
	assert_int_equal(message_take(message_of_hops(1, 0), out), 1);
	assert_int_equal(out[0].hops, 0);
}

static void weights_that_differ_are_odd(void **state)
{
	struct route out[MESSAGE_ROWS];

	(void)state;
	assert_int_equal(message_take(message_of_hops(2, 2), out), 2);
	assert_int_equal(out[0].flags, 0);
	assert_int_equal(out[1].flags, ROUTE_ODD);
}

static void an_ipv4_route_of_too_many_next_hops_is_one_odd_row(void **state)
{
	(void)state;
	message_assert_is(message_of_hops(ROUTE_HOPS_MOST + 1, 0), "10.244.2.0/24 dev 0",
			  ROUTE_ODD);
}

/* Every prefix of a message in a block of exactly its size: valgrind and ASan see a byte too many.
 */
static void reads_nothing_behind_a_message_cut_off_anywhere(void **state)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});
	struct nlattr *nest;
	struct route out[MESSAGE_ROWS];

	(void)state;
	message_put_ip(message, RTA_DST, "fd10:244:2::");
	message_put_metric(message, RTAX_MTU, 1400, RTAX_LOCK, 4);
	nest = nla_nest_start(message, RTA_MULTIPATH);
	message_put_hop(message, 0, "fd00::12");
	message_put_hop(message, 0, "fd00::13");
	nla_nest_end(message, nest);
	for (uint32_t len = NLMSG_HDRLEN; len <= nlmsg_hdr(message)->nlmsg_len; len++) {
		struct nlmsghdr *cut = test_malloc(len);

		memcpy(cut, nlmsg_hdr(message), len);
		cut->nlmsg_len = len;
		assert_in_range(kernel_parse_route(cut, out, MESSAGE_ROWS), 0, 2);
		test_free(cut);
	}
	nlmsg_free(message);
}

static void a_next_hop_longer_than_its_attribute_is_not_followed(void **state)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});
	struct rtnexthop hop = {.rtnh_len = 200, .rtnh_ifindex = WORLD_ETH1};
	struct route out[MESSAGE_ROWS];

	(void)state;
	nla_put(message, RTA_MULTIPATH, sizeof(hop), &hop);
	assert_int_equal(message_take(message, out), 0);
	message = message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});
	hop.rtnh_len = 0;
	nla_put(message, RTA_MULTIPATH, sizeof(hop), &hop);
	assert_int_equal(message_take(message, out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_next_hops_are_told_apart),
		cmocka_unit_test(a_next_hop_inherits_nothing_from_the_one_before),
		cmocka_unit_test(never_writes_more_siblings_than_there_is_room_for),
		cmocka_unit_test(ipv4_next_hops_are_told_apart),
		cmocka_unit_test(weights_that_differ_are_odd),
		cmocka_unit_test(an_ipv4_route_of_too_many_next_hops_is_one_odd_row),
		cmocka_unit_test(reads_nothing_behind_a_message_cut_off_anywhere),
		cmocka_unit_test(a_next_hop_longer_than_its_attribute_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
