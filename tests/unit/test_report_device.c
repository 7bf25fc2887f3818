/* test_report_device.c - steps on a device in words. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "croute/core/plan/backoff.h"
#include "vxlan_link.h"

static struct picture picture;
static struct config config;

static int fill(void **state)
{
	struct link eth1 = {.index = 2, .flags = IFF_UP, .name = "eth1"};
	struct link eth2 = {.index = 3, .flags = IFF_UP, .name = "eth2"};

	(void)state;
	picture_init(&picture);
	picture.config = &config;
	assert_int_equal(rows_add(&picture.links.links, &eth1), 0);
	assert_int_equal(rows_add(&picture.links.links, &eth2), 0);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	picture_release(&picture);
	return 0;
}

static void assert_line(const struct device_change *change, bool applied, const char *wanted)
{
	struct report report = {.picture = &picture, .applied = applied};
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	report_device_line(&buf, &report, change);
	assert_string_equal(text, wanted);
}

static void assert_again(struct device_change *change, uint32_t again, const char *wanted)
{
	struct report report = {.picture = &picture};
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	change->again = again;
	report_device_again(&buf, &report, change);
	assert_string_equal(text, wanted);
}

/* What is to be done about the device of vxlan_device; `was` is filled as if it were there. */
static struct device_change change_of(unsigned action, const struct link *was)
{
	struct device_change change = {.device = vxlan_device(AF_INET), .todo.action = action};

	if (was != NULL)
		change.was = *was;
	return change;
}

static void a_new_device_is_told_whole(void **state)
{
	struct device_change change = change_of(VTEP_MAKE, NULL);

	(void)state;
	assert_line(&change, false,
		    "+ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth1 mac "
		    "02:00:00:00:00:0b mtu 1450 address 10.244.1.0/32");
	change.result = CHANGE_APPLIED;
	assert_line(&change, true,
		    "+ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth1 mac "
		    "02:00:00:00:00:0b mtu 1450 address 10.244.1.0/32   added");
}

static void one_that_is_made_anew_says_so(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct device_change change = change_of(VTEP_REMAKE, &was);

	(void)state;
	change.result = CHANGE_APPLIED;
	change.device.address[0] = (struct prefix){0};
	assert_line(&change, true,
		    "~ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth1 mac "
		    "02:00:00:00:00:0b mtu 1450 (made anew)   changed");
}

static void a_mended_device_tells_only_what_differs(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct device_change change;

	(void)state;
	was.mtu = 1400;
	was.vxlan.underlay = 3;
	was.vxlan.local.bytes[3] = 99;
	was.mac.bytes[5] = 0x99;
	was.txqlen = 1000;
	change = change_of(VTEP_MEND, &was);
	change.todo.parts = device_differs(&device, &was);
	assert_line(&change, false,
		    "~ link croute.1 local 10.0.0.11 (was 10.0.0.99) dev eth1 (was eth2) mac "
		    "02:00:00:00:00:0b (was 02:00:00:00:00:99) mtu 1450 (was 1400) txqueuelen 0 "
		    "(was 1000)");
}

static void parts_without_a_value_are_told_as_they_will_be(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct device_change change;

	(void)state;
	was.vxlan.learning = 1;
	was.vxlan.ttl = 64;
	was.vxlan.tos = 8;
	was.addrgenmode = 0;
	was.alias[0] = '\0';
	was.flags = 0;
	change = change_of(VTEP_MEND, &was);
	change.todo.parts = device_differs(&device, &was);
	change.todo.address = true;
	assert_line(&change, false,
		    "~ link croute.1 nolearning ttl auto tos 0 addrgenmode none alias croute up "
		    "address 10.244.1.0/32");
}

static void an_underlay_that_is_gone_is_called_that(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct device_change change;

	(void)state;
	was.vxlan.underlay = 9;
	change = change_of(VTEP_MEND, &was);
	change.todo.parts = DEVICE_PART_UNDERLAY;
	assert_line(&change, false, "~ link croute.1 dev eth1 (was (gone))");
}

static void a_device_that_goes_is_not_in_the_file(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct device_change change = change_of(VTEP_REMOVE, &was);

	(void)state;
	change.result = CHANGE_APPLIED;
	assert_line(&change, true, "- link croute.1 vni 1 port 8472   not in the file   deleted");
	change.result = CHANGE_HELD;
	assert_line(&change, true,
		    "- link croute.1 vni 1 port 8472   not in the file   held with the routes that "
		    "need it");
	picture.config = NULL;
	assert_line(&change, false,
		    "- link croute.1 vni 1 port 8472   held with the routes that need it");
	change.todo.action = VTEP_DISOWN;
	change.result = CHANGE_APPLIED;
	assert_line(&change, true, "~ link croute.1 handed back: no alias   changed");
}

static void what_was_done_again_and_again_is_named(void **state)
{
	struct device_change change = change_of(VTEP_MEND, NULL);

	(void)state;
	change.todo.parts = DEVICE_PART_UNDERLAY | DEVICE_PART_MTU | DEVICE_PART_MODE;
	change.todo.address = true;
	assert_again(&change, DEVICE_PART_MODE,
		     "set addrgenmode none on croute.1 for the 5th time; the kernel or another "
		     "program undoes it");
	assert_again(&change, DEVICE_PART_UNDERLAY | DEVICE_PART_MTU | BACKOFF_ADDRESS,
		     "set dev eth1 mtu 1450 address 10.244.1.0/32 on croute.1 for the 5th time; "
		     "the kernel or another program undoes it");
	assert_again(&change, BACKOFF_MAKE,
		     "made croute.1 for the 20th time; the kernel or another program undoes it");
	assert_again(&change, BACKOFF_REMOVE,
		     "removed croute.1 for the 20th time; another program makes it again");
	change.kind = DEVICE_CHANGE_TABLE;
	assert_again(&change, 1, "another program keeps undoing the nftables table inet croute");
}

static void what_waits_is_pending(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct device_change change = change_of(VTEP_MEND, &was);

	(void)state;
	change.todo.parts = DEVICE_PART_MODE;
	change.result = CHANGE_PUT_OFF;
	assert_line(&change, true,
		    ". link croute.1 addrgenmode none   pending: the kernel or another program "
		    "keeps undoing it");
}

static void a_failure_is_told_with_its_words(void **state)
{
	struct device_change change = change_of(VTEP_REFUSE, NULL);

	(void)state;
	change.result = CHANGE_FAILED;
	(void)snprintf(change.error, sizeof(change.error), "the kernel knows no vxlan");
	assert_line(&change, true, "x link croute.1   failed: the kernel knows no vxlan");
}

static void names_of_links_cannot_drive_a_terminal(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct device_change change = change_of(VTEP_MAKE, NULL);

	(void)state;
	(void)snprintf(((struct link *)rows_at(&picture.links.links, 0))->name, LINK_NAME_MAX,
		       "eth\033[1m");
	assert_line(&change, false,
		    "+ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth?[1m mac "
		    "02:00:00:00:00:0b mtu 1450 address 10.244.1.0/32");
	change = change_of(VTEP_REMOVE, &was);
	(void)snprintf(change.device.name, sizeof(change.device.name), "vx\033[1m");
	assert_line(&change, false, "- link vx?[1m vni 1 port 8472   not in the file");
}

static void the_table_is_named_with_its_networks(void **state)
{
	static const struct config_prefix networks[] = {
		{.prefix = {.ip = {.family = AF_INET, .bytes = {10, 244}}, .len = 16}},
		{.prefix = {.ip = {.family = AF_INET6, .bytes = {0xfd}}, .len = 8}}};
	struct device_change change = {.kind = DEVICE_CHANGE_TABLE, .todo.action = VTEP_MEND};

	(void)state;
	config = (struct config){.pod_network = {.count = 2}};
	config.prefixes.limit = sizeof(networks);
	assert_non_null(arena_push(&config.prefixes, sizeof(networks)));
	memcpy(config.prefixes.base, networks, sizeof(networks));
	assert_line(&change, false, "~ masquerade table inet croute of 10.244.0.0/16, fd00::/8");
	change.todo.action = VTEP_REMOVE;
	picture.config = NULL;
	assert_line(&change, false, "- masquerade table inet croute");
	arena_release(&config.prefixes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fill, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_device_is_told_whole),
		TEST(one_that_is_made_anew_says_so),
		TEST(a_mended_device_tells_only_what_differs),
		TEST(parts_without_a_value_are_told_as_they_will_be),
		TEST(an_underlay_that_is_gone_is_called_that),
		TEST(a_device_that_goes_is_not_in_the_file),
		TEST(what_was_done_again_and_again_is_named),
		TEST(what_waits_is_pending),
		TEST(a_failure_is_told_with_its_words),
		TEST(names_of_links_cannot_drive_a_terminal),
		TEST(the_table_is_named_with_its_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
