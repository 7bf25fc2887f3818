/* test_device.c - each field of a device that is not as it should be is seen, and no other. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "vxlan_link.h"

typedef void spoil_fn(struct link *link);

/* Spoil one field of a link that is right: what is said of it then. */
static uint32_t parts_after(spoil_fn *spoil)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);

	spoil(&link);
	assert_false(device_needs_remake(&device, &link));
	return device_differs(&device, &link);
}

static bool is_remade_after(spoil_fn *spoil)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);

	spoil(&link);
	return device_needs_remake(&device, &link);
}

static void nothing(struct link *link)
{
	(void)link;
}

static void local(struct link *link)
{
	link->vxlan.local.bytes[3] = 99;
}

static void underlay(struct link *link)
{
	link->vxlan.underlay = 3;
}

static void learning(struct link *link)
{
	link->vxlan.learning = 1;
}

static void ttl(struct link *link)
{
	link->vxlan.ttl = 64;
}

static void tos(struct link *link)
{
	link->vxlan.tos = 8;
}

static void mac(struct link *link)
{
	link->mac.bytes[5]++;
}

static void mtu(struct link *link)
{
	link->mtu--;
}

static void txqlen(struct link *link)
{
	link->txqlen = 1000;
}

static void mode(struct link *link)
{
	link->addrgenmode = 0;
}

static void alias(struct link *link)
{
	link->alias[0] = '\0';
}

static void longer_alias(struct link *link)
{
	(void)snprintf(link->alias, sizeof(link->alias), DEVICE_ALIAS "s");
}

static void group(struct link *link)
{
	link->group = DEVICE_GROUP;
}

static void down(struct link *link)
{
	link->flags = 0;
}

static void each_part_that_can_be_mended_is_told_alone(void **state)
{
	static const struct {
		spoil_fn *spoil;
		uint32_t part;
	} cases[] = {
		{nothing, 0},
		{local, DEVICE_PART_LOCAL},
		{underlay, DEVICE_PART_UNDERLAY},
		{learning, DEVICE_PART_LEARNING},
		{ttl, DEVICE_PART_TTL},
		{tos, DEVICE_PART_TOS},
		{mac, DEVICE_PART_MAC},
		{mtu, DEVICE_PART_MTU},
		{txqlen, DEVICE_PART_TXQLEN},
		{mode, DEVICE_PART_MODE},
		{alias, DEVICE_PART_ALIAS},
		{longer_alias, DEVICE_PART_ALIAS},
		{group, DEVICE_PART_ALIAS},
		{down, DEVICE_PART_UP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parts_after(cases[i].spoil), cases[i].part);
}

static void kind(struct link *link)
{
	(void)snprintf(link->kind, sizeof(link->kind), "bridge");
}

static void vni(struct link *link)
{
	link->vxlan.vni = 2;
}

static void port(struct link *link)
{
	link->vxlan.port = 4789;
}

static void checksum(struct link *link)
{
	link->vxlan.udp_csum = 0;
}

static void family(struct link *link)
{
	link->vxlan.local.family = AF_INET6;
}

static void no_local(struct link *link)
{
	link->vxlan.local = (struct ip){0};
}

static void flags(struct link *link)
{
	link->vxlan.odd = 1;
}

static void what_the_kernel_cannot_change_is_made_anew(void **state)
{
	static spoil_fn *const cases[] = {kind, vni, port, checksum, family, no_local, flags};

	(void)state;
	assert_false(is_remade_after(nothing));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(is_remade_after(cases[i]));
}

static void an_ipv6_underlay_asks_for_no_ipv4_checksum(void **state)
{
	struct device device = vxlan_device(AF_INET6);
	struct link link = vxlan_link(&device, 70);

	(void)state;
	link.vxlan.udp_csum = 0;
	assert_false(device_needs_remake(&device, &link));
	assert_int_equal(device_differs(&device, &link), 0);
}

static void a_device_is_ours_by_its_alias_or_while_it_is_made(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);

	(void)state;
	assert_true(device_is_ours(&link));
	alias(&link);
	assert_false(device_is_ours(&link));
	link.group = DEVICE_GROUP;
	assert_true(device_is_ours(&link));
	(void)snprintf(link.alias, sizeof(link.alias), "flannel");
	assert_false(device_is_ours(&link));
}

static void a_link_in_normal_form_differs_in_nothing_from_itself(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);
	struct device there;

	(void)state;
	link.vxlan.ttl = 64;
	link.txqlen = 1000;
	link.flags = 0;
	(void)snprintf(link.alias, sizeof(link.alias), "x");
	there = device_of(&link);
	assert_int_equal(device_differs(&there, &link), 0);
	link.alias[0] = '\0';
	assert_int_equal(device_differs(&there, &link), DEVICE_PART_ALIAS);
	link.unknown = DEVICE_PART_ALIAS;
	assert_int_equal(device_differs(&there, &link), 0);
	there = device_of(&link);
	there.local = (struct ip){0};
	assert_int_equal(device_differs(&there, &link), 0);
}

static void only_a_vxlan_device_is_ours(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);

	(void)state;
	kind(&link);
	assert_false(device_is_ours(&link));
	alias(&link);
	link.group = DEVICE_GROUP;
	assert_false(device_is_ours(&link));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_that_can_be_mended_is_told_alone),
		cmocka_unit_test(what_the_kernel_cannot_change_is_made_anew),
		cmocka_unit_test(an_ipv6_underlay_asks_for_no_ipv4_checksum),
		cmocka_unit_test(a_device_is_ours_by_its_alias_or_while_it_is_made),
		cmocka_unit_test(a_link_in_normal_form_differs_in_nothing_from_itself),
		cmocka_unit_test(only_a_vxlan_device_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
