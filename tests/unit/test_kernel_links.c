/* test_kernel_links.c - links and addresses as kernels report them, or leave something out. */
/* SPDX-License-Identifier: MIT */
#include "fake_peer.h"

#include <linux/if_link.h>
#include <net/if.h>

#include "croute/edge/kernel/read.h"
#include "croute/model/device.h"

#define EVERYTHING UINT32_MAX
#define WITHOUT(attribute) (EVERYTHING & ~(1U << (attribute)))

static int setup(void **state)
{
	static struct links links;

	links_init(&links);
	*state = &links;
	return 0;
}

static int teardown(void **state)
{
	links_release(*state);
	return peer_teardown(state);
}

/* Which of the attributes are there: IFLA_* of the link, IFLA_VXLAN_* of its data. */
struct parts {
	uint32_t link;
	uint32_t vxlan;
	bool mode; /* addrgenmode */
};

static void put_vxlan(struct nlmsghdr *message, uint32_t parts)
{
	static const uint8_t numbers[] = {IFLA_VXLAN_LEARNING, IFLA_VXLAN_TTL, IFLA_VXLAN_TOS,
					  IFLA_VXLAN_UDP_CSUM};
	struct nlattr *data = peer_nest(message, IFLA_INFO_DATA);

	if ((parts & 1U << IFLA_VXLAN_ID) != 0)
		peer_put_u32(message, IFLA_VXLAN_ID, 1);
	if ((parts & 1U << IFLA_VXLAN_PORT) != 0)
		(void)peer_put(message, IFLA_VXLAN_PORT, "\x21\x18", 2);
	if ((parts & 1U << IFLA_VXLAN_LINK) != 0)
		peer_put_u32(message, IFLA_VXLAN_LINK, 3);
	if ((parts & 1U << IFLA_VXLAN_LOCAL) != 0)
		peer_put_ip(message, IFLA_VXLAN_LOCAL, "10.0.0.11");
	for (size_t i = 0; i < sizeof(numbers); i++) {
		if ((parts & 1U << numbers[i]) != 0)
			peer_put_u8(message, numbers[i], numbers[i] == IFLA_VXLAN_UDP_CSUM);
	}
	peer_unnest(message, data);
}

static void put_kind(struct nlmsghdr *message, const char *kind, uint32_t vxlan)
{
	struct nlattr *info = peer_nest(message, IFLA_LINKINFO);

	(void)peer_put(message, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	if (vxlan != 0)
		put_vxlan(message, vxlan);
	peer_unnest(message, info);
}

static void put_ipv6(struct nlmsghdr *message, const uint8_t *mode)
{
	struct nlattr *spec = peer_nest(message, IFLA_AF_SPEC);
	struct nlattr *ipv6 = peer_nest(message, AF_INET6);

	peer_put_u32(message, IFLA_INET6_FLAGS, 0);
	if (mode != NULL)
		peer_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, *mode);
	peer_unnest(message, ipv6);
	peer_unnest(message, spec);
}

/* A VXLAN device as croute's, index 4, as far as its parts are told. */
static struct nlmsghdr *say_device(struct parts parts)
{
	static const uint8_t none = DEVICE_MODE_NONE;
	struct ifinfomsg header = {.ifi_index = 4, .ifi_flags = IFF_UP};
	struct nlmsghdr *message = peer_say(RTM_NEWLINK, &header, sizeof(header));

	if ((parts.link & 1U << IFLA_IFNAME) != 0)
		(void)peer_put(message, IFLA_IFNAME, "croute.1", 9);
	if ((parts.link & 1U << IFLA_MTU) != 0)
		peer_put_u32(message, IFLA_MTU, 1450);
	if ((parts.link & 1U << IFLA_TXQLEN) != 0)
		peer_put_u32(message, IFLA_TXQLEN, 0);
	(void)peer_put(message, IFLA_IFALIAS, DEVICE_ALIAS, sizeof(DEVICE_ALIAS));
	(void)peer_put(message, IFLA_ADDRESS, "\2\0\0\0\0\1", 6);
	put_kind(message, "vxlan", parts.vxlan);
	put_ipv6(message, parts.mode ? &none : NULL);
	return message;
}

static void say_address(uint8_t family, uint32_t link, const char *address)
{
	struct ifaddrmsg header = {.ifa_family = family, .ifa_prefixlen = 24, .ifa_index = link};

	peer_put_ip(peer_say(RTM_NEWADDR, &header, sizeof(header)), IFA_LOCAL, address);
}

static void end_addresses(uint32_t question)
{
	for (uint32_t i = 0; i < 2; i++) {
		(void)peer_datagram(question + i);
		(void)peer_done(0);
	}
}

static void read_links(struct links *links)
{
	assert_int_equal(kernel_read_links(&peer.netlink, links, NULL), 0);
}

/* The device alone; the links are asked for once, or a second time without an answer. */
static const struct link *read_device(struct links *links, struct parts parts)
{
	(void)peer_begin();
	(void)peer_datagram(1);
	(void)say_device(parts);
	(void)peer_done(0);
	if (!parts.mode) {
		(void)peer_datagram(2);
		(void)say_device(parts);
		(void)peer_done(0);
	}
	end_addresses(parts.mode ? 2 : 3);
	read_links(links);
	return links->links.count > 0 ? links_at(links, 0) : NULL;
}

static struct device wanted(void)
{
	struct device device = {DEVICE_OURS,
				.name = "croute.1",
				.vni = 1,
				.port = 8472,
				.underlay = 3,
				.mtu = 1450,
				.mac = {.bytes = {2, 0, 0, 0, 0, 1}}};

	assert_int_equal(ip_parse(text_of("10.0.0.11"), &device.local), 0);
	return device;
}

static void expect_right(const struct link *link, uint32_t unknown)
{
	struct device device = wanted();

	assert_non_null(link);
	assert_int_equal(link->unknown, unknown);
	assert_int_equal(device_differs(&device, link), 0);
	assert_false(device_needs_remake(&device, link));
}

static void a_device_that_is_reported_in_full_is_known_in_full(void **state)
{
	expect_right(read_device(*state, (struct parts){EVERYTHING, EVERYTHING, true}), 0);
	assert_int_equal(peer.questions, 3);
}

static void what_is_left_out_of_a_device_makes_no_difference(void **state)
{
	static const struct {
		uint32_t vxlan;
		uint32_t unknown;
	} cases[] = {
		{WITHOUT(IFLA_VXLAN_ID), DEVICE_PART_FIXED},
		{WITHOUT(IFLA_VXLAN_PORT), DEVICE_PART_FIXED},
		{WITHOUT(IFLA_VXLAN_UDP_CSUM), DEVICE_PART_FIXED},
		{WITHOUT(IFLA_VXLAN_LEARNING), DEVICE_PART_LEARNING},
		{WITHOUT(IFLA_VXLAN_TTL), DEVICE_PART_TTL},
		{WITHOUT(IFLA_VXLAN_TOS), DEVICE_PART_TOS},
		{0, DEVICE_PARTS_VXLAN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_right(read_device(*state, (struct parts){EVERYTHING, cases[i].vxlan, true}),
			     cases[i].unknown);
	expect_right(read_device(*state, (struct parts){WITHOUT(IFLA_TXQLEN), EVERYTHING, true}),
		     DEVICE_PART_TXQLEN);
}

/* The kernel leaves these out where there are none (vxlan_fill_info). */
static void no_underlay_and_no_local_address_are_known(void **state)
{
	struct device device = wanted();
	const struct link *link =
		read_device(*state, (struct parts){EVERYTHING, WITHOUT(IFLA_VXLAN_LINK), true});

	assert_int_equal(link->unknown, 0);
	assert_int_equal(device_differs(&device, link), DEVICE_PART_UNDERLAY);
	link = read_device(*state, (struct parts){EVERYTHING, WITHOUT(IFLA_VXLAN_LOCAL), true});
	assert_true(device_needs_remake(&device, link));
}

/* The number of the link below is that of another network namespace, whatever it is here. */
static void a_device_that_was_moved_here_is_none_of_ours(void **state)
{
	struct device device = wanted();
	struct links *links = *state;
	const struct link *link;

	(void)peer_begin();
	(void)peer_datagram(1);
	peer_put_u32(say_device((struct parts){EVERYTHING, EVERYTHING, true}), IFLA_LINK_NETNSID,
		     0);
	(void)peer_done(0);
	end_addresses(2);
	read_links(links);
	link = links_at(links, 0);
	assert_true(device_needs_remake(&device, link));
	assert_int_equal(device_differs(&device, link), DEVICE_PART_UNDERLAY);
	assert_int_equal(link->vxlan.port, 0);
}

static void the_table_of_a_vrf_is_known(void **state)
{
	struct links *links = *state;
	struct ifinfomsg header = {.ifi_index = 4};
	struct nlmsghdr *message;
	struct nlattr *info;
	struct nlattr *data;

	(void)peer_begin();
	(void)peer_datagram(1);
	message = peer_say(RTM_NEWLINK, &header, sizeof(header));
	(void)peer_put(message, IFLA_IFNAME, "vrf0", 5);
	peer_put_u32(message, IFLA_MTU, 65575);
	info = peer_nest(message, IFLA_LINKINFO);
	(void)peer_put(message, IFLA_INFO_KIND, "vrf", 4);
	data = peer_nest(message, IFLA_INFO_DATA);
	peer_put_u32(message, IFLA_VRF_TABLE, 77);
	peer_unnest(message, data);
	peer_unnest(message, info);
	(void)peer_done(0);
	end_addresses(2);
	read_links(links);
	assert_int_equal(links_at(links, 0)->vrf_table, 77);
}

static void a_link_without_name_or_mtu_is_passed_over(void **state)
{
	assert_null(read_device(*state, (struct parts){WITHOUT(IFLA_IFNAME), EVERYTHING, true}));
	assert_null(read_device(*state, (struct parts){WITHOUT(IFLA_MTU), EVERYTHING, true}));
}

/* inet6_fill_ifla6_attrs before Linux 6.15 returns early when statistics are skipped. */
static void a_mode_that_is_left_out_is_asked_for_once_more(void **state)
{
	const struct nlmsghdr *again;
	const struct nlattr *info;

	(void)peer_begin();
	(void)peer_datagram(1);
	say_device((struct parts){EVERYTHING, EVERYTHING, false});
	(void)peer_done(0);
	(void)peer_datagram(2);
	say_device((struct parts){EVERYTHING, EVERYTHING, true});
	(void)peer_done(0);
	end_addresses(3);
	read_links(*state);
	expect_right(links_at(*state, 0), 0);
	assert_int_equal(links_at(*state, 0)->addrgenmode, DEVICE_MODE_NONE);
	again = peer_asked(2);
	info = nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)again, sizeof(struct ifinfomsg),
			       IFLA_LINKINFO);
	assert_int_equal(again->nlmsg_type, RTM_GETLINK);
	assert_non_null(info);
	assert_null(nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)again, sizeof(struct ifinfomsg),
				    IFLA_EXT_MASK));
}

static void a_mode_that_stays_unknown_makes_no_difference(void **state)
{
	expect_right(read_device(*state, (struct parts){EVERYTHING, EVERYTHING, false}),
		     DEVICE_PART_MODE);
}

/* A card has no mode that anyone asks about. */
static void other_links_are_not_asked_about_again(void **state)
{
	struct ifinfomsg header = {.ifi_index = 2};
	struct nlmsghdr *message;

	(void)peer_begin();
	(void)peer_datagram(1);
	message = peer_say(RTM_NEWLINK, &header, sizeof(header));
	(void)peer_put(message, IFLA_IFNAME, "eth0", 5);
	peer_put_u32(message, IFLA_MTU, 1500);
	put_ipv6(message, NULL);
	(void)peer_done(0);
	end_addresses(2);
	read_links(*state);
	assert_int_equal(peer.questions, 3);
	assert_int_equal(((struct links *)*state)->links.count, 1);
}

/* With ipv6.disable=1 the second dump brings what the first has brought. */
static void addresses_of_a_family_that_was_not_asked_for_are_not_read(void **state)
{
	struct links *links = *state;

	(void)peer_begin();
	(void)peer_datagram(1);
	(void)peer_done(0);
	for (uint32_t question = 2; question < 4; question++) {
		(void)peer_datagram(question);
		say_address(AF_INET, 2, question == 2 ? "10.0.0.11" : "10.0.0.12");
		(void)peer_done(0);
	}
	read_links(links);
	assert_int_equal(links->addresses.count, 1);
}

/* AF_BRIDGE tells of ports, with attributes of other meanings. */
static void a_bridge_port_is_not_taken_for_a_link(void **state)
{
	struct ifinfomsg header = {.ifi_family = AF_BRIDGE, .ifi_index = 2};
	struct links *links = *state;
	struct nlmsghdr *message;

	(void)peer_begin();
	(void)peer_datagram(1);
	message = peer_say(RTM_NEWLINK, &header, sizeof(header));
	(void)peer_put(message, IFLA_IFNAME, "eth0", 5);
	peer_put_u32(message, IFLA_MTU, 1500);
	(void)peer_done(0);
	end_addresses(2);
	read_links(links);
	assert_int_equal(links->links.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		TEST(a_device_that_is_reported_in_full_is_known_in_full),
		TEST(what_is_left_out_of_a_device_makes_no_difference),
		TEST(no_underlay_and_no_local_address_are_known),
		TEST(a_device_that_was_moved_here_is_none_of_ours),
		TEST(the_table_of_a_vrf_is_known),
		TEST(a_link_without_name_or_mtu_is_passed_over),
		TEST(a_mode_that_is_left_out_is_asked_for_once_more),
		TEST(a_mode_that_stays_unknown_makes_no_difference),
		TEST(other_links_are_not_asked_about_again),
		TEST(addresses_of_a_family_that_was_not_asked_for_are_not_read),
		TEST(a_bridge_port_is_not_taken_for_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
