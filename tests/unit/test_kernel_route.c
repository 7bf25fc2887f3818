/* test_kernel_route.c - route messages of the kernel as normal rows (DESIGN 3, "Normal"). */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/read.h"

#include "message.h"

#include <errno.h>
#include <linux/lwtunnel.h>

static void a_pod_route_reads_as_it_is_wanted(void **state)
{
	(void)state;
	message_assert_is(message_begin_pod(0), MESSAGE_POD, 0);
}

static void keeps_onlink(void **state)
{
	(void)state;
	message_assert_is(message_begin_pod(RTNH_F_ONLINK), MESSAGE_POD, ROUTE_ONLINK);
}

static void drops_linkdown_dead_offload_and_trap(void **state)
{
	(void)state;
	message_assert_is(message_begin_pod(RTNH_F_LINKDOWN | RTNH_F_DEAD), MESSAGE_POD, 0);
	message_assert_is(message_begin_pod(RTNH_F_OFFLOAD | RTNH_F_TRAP), MESSAGE_POD, 0);
	message_assert_is(message_begin_pod(RTM_F_OFFLOAD | RTM_F_TRAP | RTM_F_NOTIFY), MESSAGE_POD,
			  0);
}

static void the_table_is_that_of_the_attribute(void **state)
{
	struct nl_msg *message = message_begin((struct rtmsg){
		.rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_table = RT_TABLE_COMPAT});

	(void)state;
	nla_put_u32(message, RTA_TABLE, 100000);
	message_put_ip(message, RTA_DST, "10.244.2.0");
	nla_put_u32(message, RTA_OIF, WORLD_ETH1);
	message_assert_is(message, "10.244.2.0/24 table 100000", 0);
}

static void a_route_without_destination_is_the_default_route(void **state)
{
	struct nl_msg *message = message_begin((struct rtmsg){.rtm_family = AF_INET});

	(void)state;
	message_put_ip(message, RTA_GATEWAY, "10.0.0.1");
	nla_put_u32(message, RTA_OIF, WORLD_ETH1);
	message_assert_is(message, "0.0.0.0/0 via 10.0.0.1", 0);
}

static void drops_the_cache_information(void **state)
{
	struct nl_msg *message = message_begin_pod(0);
	struct rta_cacheinfo info = {.rta_used = 7, .rta_error = 3};

	(void)state;
	nla_put(message, RTA_CACHEINFO, sizeof(info), &info);
	message_assert_is(message, MESSAGE_POD, 0);
}

static void an_ipv6_blackhole_has_no_device(void **state)
{
	struct nl_msg *message = message_begin((struct rtmsg){
		.rtm_family = AF_INET6, .rtm_dst_len = 32, .rtm_type = RTN_BLACKHOLE});
	struct rta_cacheinfo info = {.rta_error = (uint32_t)-EINVAL};

	(void)state;
	message_put_ip(message, RTA_DST, "fd20::");
	nla_put_u32(message, RTA_PRIORITY, 1024);
	nla_put_u32(message, RTA_OIF, WORLD_LOOPBACK);
	nla_put_u8(message, RTA_PREF, 0);
	nla_put(message, RTA_CACHEINFO, sizeof(info), &info);
	message_assert_is(message, "fd20::/32 dev 0 metric 1024 type 6", 0);
}

static void takes_source_scope_and_tos(void **state)
{
	struct nl_msg *message = message_begin((struct rtmsg){.rtm_family = AF_INET,
							      .rtm_dst_len = 12,
							      .rtm_tos = 8,
							      .rtm_scope = RT_SCOPE_LINK});

	(void)state;
	message_put_ip(message, RTA_DST, "10.96.0.0");
	message_put_ip(message, RTA_PREFSRC, "10.0.0.11");
	nla_put_u32(message, RTA_OIF, WORLD_ETH1);
	message_assert_is(message, "10.96.0.0/12 src 10.0.0.11 tos 8 scope 253", 0);
}

static void takes_the_mtu_and_its_lock(void **state)
{
	struct nl_msg *message = message_begin_pod(0);

	(void)state;
	message_put_metric(message, RTAX_MTU, 1400, 0, 0);
	message_assert_is(message, MESSAGE_POD " mtu 1400", 0);
	message = message_begin_pod(0);
	message_put_metric(message, RTAX_LOCK, 1U << RTAX_MTU, RTAX_MTU, 1400);
	message_assert_is(message, MESSAGE_POD " mtu 1400", ROUTE_LOCKED);
}

static void metrics_that_croute_never_writes_are_odd(void **state)
{
	struct nl_msg *message = message_begin_pod(0);

	(void)state;
	message_put_metric(message, RTAX_MTU, 1400, RTAX_INITCWND, 30);
	message_assert_is(message, MESSAGE_POD " mtu 1400", ROUTE_ODD);
	message = message_begin_pod(0);
	message_put_metric(message, RTAX_MTU, 65536, 0, 0);
	message_assert_is(message, MESSAGE_POD, ROUTE_ODD);
	message = message_begin_pod(0);
	message_put_metric(message, RTAX_LOCK, 1U << RTAX_RTT, 0, 0);
	message_assert_is(message, MESSAGE_POD, ROUTE_ODD);
}

static struct route with_preference(uint8_t preference)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});

	message_put_ip(message, RTA_DST, "fd10:244:2::");
	nla_put_u8(message, RTA_PREF, preference);
	return message_take_one(message);
}

static void router_preference_is_a_value(void **state)
{
	(void)state;
	assert_int_equal(with_preference(0).flags, 0);
	assert_int_equal(with_preference(1).flags, ROUTE_PREF_HIGH);
	assert_int_equal(with_preference(3).flags, ROUTE_PREF_LOW);
}

static void next_hop_objects_and_encapsulation_are_odd(void **state)
{
	struct nl_msg *message = message_begin_pod(0);

	(void)state;
	nla_put_u32(message, RTA_NH_ID, 7);
	message_assert_is(message, MESSAGE_POD, ROUTE_ODD);
	message = message_begin_pod(0);
	nla_put_u16(message, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_MPLS);
	message_assert_is(message, MESSAGE_POD, ROUTE_ODD);
	message = message_begin_pod(0);
	nla_put_u32(message, RTA_FLOW, 1);
	message_assert_is(message, MESSAGE_POD, ROUTE_ODD);
}

static void an_ipv4_route_may_have_an_ipv6_gateway(void **state)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET, .rtm_dst_len = 24});
	const sa_family_t family = AF_INET6; /* in this machine's byte order */
	uint8_t via[18] = {0, 0, 0xfe, 0x80};
	struct route route;

	(void)state;
	memcpy(via, &family, sizeof(family));
	message_put_ip(message, RTA_DST, "10.244.2.0");
	nla_put(message, RTA_VIA, sizeof(via), via);
	route = message_take_one(message);
	assert_int_equal(route.flags, 0);
	assert_int_equal(route.has, ROUTE_HAS_GATEWAY | ROUTE_VIA_INET6);
	assert_int_equal(route_gateway(&route).family, AF_INET6);
	assert_memory_equal(route.gateway, via + 2, 16);
}

static struct route with_lifetime(int32_t expires, unsigned flags)
{
	const struct rta_cacheinfo info = {.rta_expires = expires};
	struct nl_msg *message = message_begin(
		(struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64, .rtm_flags = flags});

	message_put_ip(message, RTA_DST, "fd10:244:2::");
	nla_put(message, RTA_CACHEINFO, sizeof(info), &info);
	return message_take_one(message);
}

/* The answer of a lookup is cloned: an exception (a path MTU) has a lifetime, not the route. */
static void a_route_that_goes_by_itself_is_odd(void **state)
{
	(void)state;
	assert_int_equal(with_lifetime(0, 0).flags, 0);
	assert_int_equal(with_lifetime(6000, 0).flags, ROUTE_ODD);
	assert_int_equal(with_lifetime(6000, RTM_F_CLONED).flags, 0);
}

static void other_messages_and_families_are_of_no_interest(void **state)
{
	struct nl_msg *message = message_begin_pod(0);
	struct route out[MESSAGE_ROWS];

	(void)state;
	nlmsg_hdr(message)->nlmsg_type = RTM_NEWLINK;
	assert_int_equal(message_take(message, out), 0);
	assert_int_equal(message_take(message_begin((struct rtmsg){.rtm_family = AF_MPLS}), out),
			 0);
	assert_int_equal(message_take(message_begin((struct rtmsg){.rtm_family = AF_INET,
								   .rtm_dst_len = 33}),
				      out),
			 0);
}

static void a_deletion_reads_as_the_row_that_went(void **state)
{
	struct nl_msg *message = message_begin_pod(0);

	(void)state;
	nlmsg_hdr(message)->nlmsg_type = RTM_DELROUTE;
	message_assert_is(message, MESSAGE_POD, 0);
}

static uint32_t take_with(int type, int size)
{
	struct nl_msg *message =
		message_begin((struct rtmsg){.rtm_family = AF_INET6, .rtm_dst_len = 64});
	struct route out[MESSAGE_ROWS];

	if (type != RTA_DST)
		message_put_ip(message, RTA_DST, "fd10::");
	nla_put(message, type, size, "\xfd\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	return message_take(message, out);
}

static void a_row_with_an_attribute_too_short_for_its_value_is_refused(void **state)
{
	static const struct {
		int type;
		int size;
	} values[] = {{RTA_DST, 16}, {RTA_GATEWAY, 16}, {RTA_PREFSRC, 16}, {RTA_PRIORITY, 4},
		      {RTA_OIF, 4},  {RTA_TABLE, 4},	{RTA_PREF, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_int_equal(take_with(values[i].type, values[i].size), 1);
		assert_int_equal(take_with(values[i].type, values[i].size - 1), 0);
	}
}

static void a_row_without_the_destination_that_its_length_asks_for_is_refused(void **state)
{
	struct route out[MESSAGE_ROWS];

	(void)state;
	assert_int_equal(message_take(message_begin((struct rtmsg){.rtm_family = AF_INET,
								   .rtm_dst_len = 24}),
				      out),
			 0);
}

/* IPv6 has none that is 0 (ip6_route_info_create). */
static void without_a_metric_it_is_the_kernels_default_of_the_family(void **state)
{
	(void)state;
	assert_int_equal(
		message_take_one(message_begin((struct rtmsg){.rtm_family = AF_INET})).metric, 0);
	assert_int_equal(
		message_take_one(message_begin((struct rtmsg){.rtm_family = AF_INET6})).metric,
		1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_route_reads_as_it_is_wanted),
		cmocka_unit_test(keeps_onlink),
		cmocka_unit_test(drops_linkdown_dead_offload_and_trap),
		cmocka_unit_test(the_table_is_that_of_the_attribute),
		cmocka_unit_test(a_route_without_destination_is_the_default_route),
		cmocka_unit_test(drops_the_cache_information),
		cmocka_unit_test(an_ipv6_blackhole_has_no_device),
		cmocka_unit_test(takes_source_scope_and_tos),
		cmocka_unit_test(takes_the_mtu_and_its_lock),
		cmocka_unit_test(metrics_that_croute_never_writes_are_odd),
		cmocka_unit_test(router_preference_is_a_value),
		cmocka_unit_test(next_hop_objects_and_encapsulation_are_odd),
		cmocka_unit_test(an_ipv4_route_may_have_an_ipv6_gateway),
		cmocka_unit_test(a_route_that_goes_by_itself_is_odd),
		cmocka_unit_test(other_messages_and_families_are_of_no_interest),
		cmocka_unit_test(a_deletion_reads_as_the_row_that_went),
		cmocka_unit_test(a_row_with_an_attribute_too_short_for_its_value_is_refused),
		cmocka_unit_test(a_row_without_the_destination_that_its_length_asks_for_is_refused),
		cmocka_unit_test(without_a_metric_it_is_the_kernels_default_of_the_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
