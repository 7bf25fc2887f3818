/* test_probe.c - echoes as bytes, and which answers are of this socket. */
/* SPDX-License-Identifier: MIT */
#include "edge/probe/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "croute/app/reach/look.h"

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

static struct timespec now;  /* of all clocks */
static struct timespec came; /* the answer that is received next */
static size_t answer_len;

/* In the place of libc's, like recvmsg. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = now;
	return 0;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct cmsghdr *item = CMSG_FIRSTHDR(message);

	assert_int_equal(fd, probe.fd);
	assert_int_equal(flags, MSG_DONTWAIT);
	*item = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
				 .cmsg_type = SCM_TIMESTAMPNS,
				 .cmsg_len = CMSG_LEN(sizeof(came))};
	memcpy(CMSG_DATA(item), &came, sizeof(came));
	message->msg_controllen = CMSG_SPACE(sizeof(came));
	memcpy(message->msg_iov->iov_base, bytes, answer_len);
	return (ssize_t)answer_len;
}

/* A clock that was set meanwhile, or a time of no kernel, makes no age. */
static void an_answers_age_is_of_the_last_minute(void **state)
{
	static const struct {
		struct timespec came;
		uint32_t age_us;
	} rows[] = {
		{{1000, 500000000}, 0},
		{{1000, 499999000}, 1},
		{{998, 900000000}, 1600000},
		{{940, 500001000}, 59999999},
		{{940, 500000000}, 0},
		{{940, 0}, 0},
		{{1000, 500001000}, 0},
		{{1001, 0}, 0},
		{{INT64_MIN, 0}, 0},
		{{INT64_MAX, 999999999}, 0},
		{{1000 - (INT64_C(1) << 58), 400000000}, 0},
		{{1000, INT64_MIN}, 0},
		{{1000, INT64_MAX}, 0},
	};
	struct echo_answer answer;

	(void)state;
	now = (struct timespec){.tv_sec = 1000, .tv_nsec = 500000000};
	answer_len = make(0);
	bytes[0] = 0; /* the reply to it */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		came = rows[i].came;
		assert_int_equal(probe_receive(&probe, &answer), 1);
		assert_int_equal(answer.age_us, rows[i].age_us);
	}
}

/* The tag is a time in 32 bits of microseconds, which begin again each 72 minutes. */
static void a_round_trip_may_cross_the_end_of_its_clock(void **state)
{
	(void)state;
	now = (struct timespec){.tv_sec = 4294, .tv_nsec = 967301000}; /* 2^32 and 5 µs */
	assert_int_equal(reach_rtt(UINT32_MAX - 4, 0), 10);
	assert_int_equal(reach_rtt(UINT32_MAX - 4, 3), 7);
	assert_int_equal(reach_rtt(UINT32_MAX - 4, 11), 0);
	assert_int_equal(reach_rtt(5, UINT32_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_bears_id_sequence_and_a_right_checksum),
		cmocka_unit_test(a_size_is_that_of_the_whole_packet),
		cmocka_unit_test(only_a_whole_echo_of_this_socket_is_its_own),
		cmocka_unit_test(an_answers_age_is_of_the_last_minute),
		cmocka_unit_test(a_round_trip_may_cross_the_end_of_its_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
