/* test_report_device.c - steps on a device in words. */
#include "croute/core/report/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "vxlan_link.h"

static struct links links;

static int fill(void **state)
{
	struct link eth1 = {.index = 2, .flags = IFF_UP, .name = "eth1"};
	struct link eth2 = {.index = 3, .flags = IFF_UP, .name = "eth2"};

	(void)state;
	links_init(&links);
	assert_int_equal(rows_add(&links.links, &eth1), 0);
	assert_int_equal(rows_add(&links.links, &eth2), 0);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	links_release(&links);
	return 0;
}

static void assert_line(const struct device_change *step, bool applied, const char *wanted)
{
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	report_device_line(&buf, step, applied);
	assert_string_equal(text, wanted);
}

static void a_new_device_is_told_whole(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct vtep_action step = {.action = VTEP_MAKE, .address = true};
	struct device_change told = {.result = CHANGE_PLANNED};

	(void)state;
	report_device_describe(&told, &step, &device, NULL, &links);
	assert_line(&told, false,
		    "+ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth1 mac "
		    "02:00:00:00:00:0b mtu 1450 address 10.244.1.0/32");
	told.result = CHANGE_APPLIED;
	assert_line(&told, true,
		    "+ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth1 mac "
		    "02:00:00:00:00:0b mtu 1450 address 10.244.1.0/32   added");
}

static void one_that_is_made_anew_says_so(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct vtep_action step = {.action = VTEP_REMAKE, .index = 70, .address = true};
	struct device_change told = {.result = CHANGE_APPLIED};

	(void)state;
	device.address = (struct prefix){0};
	report_device_describe(&told, &step, &device, &was, &links);
	assert_line(&told, true,
		    "~ link croute.1 vni 1 port 8472 local 10.0.0.11 dev eth1 mac "
		    "02:00:00:00:00:0b mtu 1450 (made anew)   changed");
}

static void a_mended_device_tells_only_what_differs(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct vtep_action step = {.action = VTEP_MEND, .index = 70};
	struct device_change told = {.result = CHANGE_PLANNED};

	(void)state;
	was.mtu = 1400;
	was.vxlan.underlay = 3;
	was.vxlan.local.bytes[3] = 99;
	was.mac.bytes[5] = 0x99;
	was.txqlen = 1000;
	step.parts = device_differs(&device, &was);
	report_device_describe(&told, &step, &device, &was, &links);
	assert_line(&told, false,
		    "~ link croute.1 local 10.0.0.11 (was 10.0.0.99) dev eth1 (was eth2) mac "
		    "02:00:00:00:00:0b (was 02:00:00:00:00:99) mtu 1450 (was 1400) txqueuelen 0 "
		    "(was 1000)");
}

static void parts_without_a_value_are_told_as_they_will_be(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct vtep_action step = {.action = VTEP_MEND, .index = 70, .address = true};
	struct device_change told = {.result = CHANGE_PLANNED};

	(void)state;
	was.vxlan.learning = 1;
	was.vxlan.ttl = 64;
	was.vxlan.tos = 8;
	was.addrgenmode = 0;
	was.alias[0] = '\0';
	was.flags = 0;
	step.parts = device_differs(&device, &was);
	report_device_describe(&told, &step, &device, &was, &links);
	assert_line(&told, false,
		    "~ link croute.1 nolearning ttl auto tos 0 addrgenmode none alias croute up "
		    "address "
		    "10.244.1.0/32");
}

static void an_underlay_that_is_gone_is_called_that(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link was = vxlan_link(&device, 70);
	struct vtep_action step = {.action = VTEP_MEND, .parts = DEVICE_PART_UNDERLAY};
	struct device_change told = {.result = CHANGE_PLANNED};

	(void)state;
	was.vxlan.underlay = 9;
	report_device_describe(&told, &step, &device, &was, &links);
	assert_line(&told, false, "~ link croute.1 dev eth1 (was (gone))");
}

static void a_device_that_goes_is_not_in_the_file(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);
	struct device_change told = {.result = CHANGE_APPLIED};

	(void)state;
	report_device_describe_removal(&told, &link);
	assert_line(&told, true, "- link croute.1 vni 1 port 8472   not in the file   deleted");
	told.result = CHANGE_HELD;
	assert_line(&told, true,
		    "- link croute.1 vni 1 port 8472   not in the file   held with the routes that "
		    "need it");
}

static void what_was_done_again_and_again_is_named(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct vtep_action step = {.action = VTEP_MEND, .parts = DEVICE_PART_MODE};
	struct device_change told = {.sign = '~'};

	(void)state;
	report_device_again(&told, &step, &device, &links);
	assert_string_equal(told.again, "set addrgenmode none on croute.1 for the 5th time; the "
					"kernel or another program undoes it");
	step.parts = DEVICE_PART_UNDERLAY | DEVICE_PART_MTU;
	step.address = true;
	report_device_again(&told, &step, &device, &links);
	assert_string_equal(told.again,
			    "set dev eth1 mtu 1450 address 10.244.1.0/32 on croute.1 for "
			    "the 5th time; the kernel or another program undoes it");
	step.action = VTEP_REMAKE;
	report_device_again(&told, &step, &device, &links);
	assert_string_equal(told.again, "made croute.1 for the 20th time; the kernel or another "
					"program undoes it");
}

static void what_waits_is_pending(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);
	struct vtep_action step = {.action = VTEP_MEND, .parts = DEVICE_PART_MODE};
	struct device_change told = {.result = CHANGE_PLANNED};

	(void)state;
	report_device_describe(&told, &step, &device, &link, &links);
	told.result = CHANGE_PUT_OFF;
	assert_line(&told, true,
		    ". link croute.1 addrgenmode none   pending: the kernel or another program "
		    "keeps undoing it");
}

static void a_failure_is_told_with_its_words(void **state)
{
	struct device_change told = {.sign = 'x',
				     .kind = "link",
				     .text = "croute.1",
				     .result = CHANGE_FAILED,
				     .error = "the kernel knows no vxlan"};

	(void)state;
	assert_line(&told, true, "x link croute.1   failed: the kernel knows no vxlan");
}

static void names_of_links_cannot_drive_a_terminal(void **state)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 70);
	struct vtep_action step = {.action = VTEP_MAKE};
	struct device_change told = {.result = CHANGE_PLANNED};

	(void)state;
	(void)snprintf(((struct link *)rows_at(&links.links, 0))->name, LINK_NAME_MAX,
		       "eth\033[1m");
	report_device_describe(&told, &step, &device, NULL, &links);
	assert_null(strchr(told.text, '\033'));
	(void)snprintf(link.name, sizeof(link.name), "vx\033[1m");
	report_device_describe_removal(&told, &link);
	assert_null(strchr(told.text, '\033'));
	report_device_fail(&told, "raise the MTU of eth\033[1m");
	assert_line(&told, false,
		    "- link vx?[1m vni 1 port 8472   not in the file   failed: raise the MTU of "
		    "eth?[1m");
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
