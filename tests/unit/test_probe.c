/* test_probe.c - echoes as bytes, and which answers are of this socket. */
/* SPDX-License-Identifier: MIT */
#include "edge/probe/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct probe probe = {
	.fd = -1, .family = AF_INET, .id = 0x1234, .cookie = UINT64_C(0x0123456789abcdef)};

static uint8_t bytes[WIRE_MOST];

static size_t make(uint16_t size)
{
	struct echo echo = {.number = 77, .tag = 0xdeadbeef, .size = size};

	return wire_echo(&probe, &echo, bytes);
}

static void an_echo_bears_id_sequence_and_a_right_checksum(void **state)
{
	uint32_t sum = 0;
	size_t len = make(0);

	(void)state;
	assert_int_equal(bytes[0], 8);
	assert_int_equal(bytes[4] << 8 | bytes[5], 0x1234);
	assert_int_equal(bytes[6] << 8 | bytes[7], 0xbeef);
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
}

static void a_size_is_that_of_the_whole_packet(void **state)
{
	struct probe ipv6 = probe;
	struct echo echo = {.size = 1280};

	(void)state;
	assert_int_equal(make(1500), 1480);
	assert_true(make(10) >= 8 + sizeof(struct wire_mark));
	assert_int_equal(make(65535), 65515);
	ipv6.family = AF_INET6;
	assert_int_equal(wire_echo(&ipv6, &echo, bytes), 1240);
	assert_int_equal(bytes[0], 128);
}

static void only_a_whole_echo_of_this_socket_is_its_own(void **state)
{
	struct wire_mark mark;
	struct probe other = probe;
	size_t len = make(0);

	(void)state;
	assert_true(wire_mark(&probe, bytes, len, &mark));
	assert_int_equal(mark.number, 77);
	assert_int_equal(mark.tag, 0xdeadbeef);
	assert_int_equal(mark.size, len + 20);
	for (size_t cut = 0; cut < len; cut++)
		assert_false(wire_mark(&probe, bytes, cut, &mark));
	other.id ^= 1;
	assert_false(wire_mark(&other, bytes, len, &mark));
	other = probe;
	other.cookie ^= 1;
	assert_false(wire_mark(&other, bytes, len, &mark));
	bytes[7] ^= 1;
	assert_false(wire_mark(&probe, bytes, len, &mark));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_bears_id_sequence_and_a_right_checksum),
		cmocka_unit_test(a_size_is_that_of_the_whole_packet),
		cmocka_unit_test(only_a_whole_echo_of_this_socket_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
