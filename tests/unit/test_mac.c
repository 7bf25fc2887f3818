/* test_mac.c - Ethernet addresses. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

static void reads_and_writes_six_pairs(void **state)
{
	char text[MAC_TEXT_MAX];
	struct mac mac;

	(void)state;
	assert_int_equal(mac_parse(text_of("0E:00:0a:ff:00:9b"), &mac), 0);
	assert_memory_equal(mac.bytes, "\x0e\x00\x0a\xff\x00\x9b", 6);
	assert_string_equal(mac_format(&mac, text), "0e:00:0a:ff:00:9b");
}

static void refuses_what_is_no_mac(void **state)
{
	static const char *const wrong[] = {"",
					    "0e:00:0a:00:00",
					    "0e:00:0a:00:00:0b:0c",
					    "0e-00-0a-00-00-0b",
					    "0e:00:0a:00:00:0g",
					    "0e:00:0a:00:00: b",
					    "0e00:0a:00:00:0b:"};
	struct mac mac = {.bytes = {1, 2, 3, 4, 5, 6}};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(mac_parse(text_of(wrong[i]), &mac), -EINVAL);
	assert_memory_equal(mac.bytes, "\1\2\3\4\5\6", 6);
}

static void knows_what_one_device_may_bear(void **state)
{
	struct mac none = {0};
	struct mac group = {.bytes = {0x01, 0, 0x5e, 0, 0, 1}};
	struct mac own = {.bytes = {0x0e, 0, 0x0a, 0, 0, 0x0b}};

	(void)state;
	assert_false(mac_is_set(&none));
	assert_false(mac_is_unicast(&none));
	assert_true(mac_is_set(&group));
	assert_false(mac_is_unicast(&group));
	assert_true(mac_is_unicast(&own));
	assert_true(mac_same(&own, &own));
	assert_false(mac_same(&own, &group));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_six_pairs),
		cmocka_unit_test(refuses_what_is_no_mac),
		cmocka_unit_test(knows_what_one_device_may_bear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
