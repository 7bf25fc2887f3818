/* test_process.c - what this process uses, as it tells it of itself. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/self.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024U * 1024U)

static void counts_open_descriptors(void **state)
{
	struct process before = {0};
	struct process after = {0};
	int fds[200];

	(void)state;
	self_read(&before);
	for (int i = 0; i < 200; i++) {
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(fds[i] >= 0);
	}
	self_read(&after);
	assert_true(before.open_fds >= 3);
	assert_int_equal(after.open_fds, before.open_fds + 200);
	for (int i = 0; i < 200; i++)
		(void)close(fds[i]);
}

static void tells_when_no_descriptor_is_left(void **state)
{
	struct rlimit limit;
	rlim_t before;
	struct process process = {0};

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	self_read(&process);
	limit.rlim_cur = before;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(process.max_fds, 3);
	assert_int_equal(process.open_fds, 3);
}

static void sees_memory_that_is_used(void **state)
{
	struct process before = {0};
	struct process after = {0};
	void *block;

	(void)state;
	self_read(&before);
	block = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(block, MAP_FAILED);
	memset(block, 1, 64 * MIB);
	self_read(&after);
	assert_true(after.resident_bytes >= before.resident_bytes + 60 * MIB);
	assert_true(after.virtual_bytes >= before.virtual_bytes + 60 * MIB);
	assert_true(after.virtual_bytes >= after.resident_bytes);
	(void)munmap(block, 64 * MIB);
}

static void sees_time_that_is_spent(void **state)
{
	struct process process = {0};
	clock_t end = clock() + CLOCKS_PER_SEC / 20;

	(void)state;
	while (clock() < end)
		;
	self_read(&process);
	assert_true(process.cpu_ms >= 50 && process.cpu_ms < 60000);
}

/* The start counts in hundredths of a second. */
static void started_a_moment_ago(void **state)
{
	struct process process = {0};
	int64_t now = (int64_t)time(NULL) * 1000;

	(void)state;
	self_read(&process);
	assert_true((int64_t)process.started_ms <= now + 1100);
	assert_true((int64_t)process.started_ms > now - 600000);
}

static void a_name_with_blanks_and_parentheses_misleads_nobody(void **state)
{
	struct process plain = {0};
	struct process odd = {0};
	int64_t difference;

	(void)state;
	self_read(&plain);
	assert_int_equal(prctl(PR_SET_NAME, "a) S 1 (b 2"), 0);
	self_read(&odd);
	difference = (int64_t)(plain.started_ms - odd.started_ms);
	assert_true(difference > -20 && difference < 20);
}

static void its_start_stays_when_the_clock_moves(void **state)
{
	struct process process = {.started_ms = 12345};

	(void)state;
	self_read(&process);
	assert_int_equal(process.started_ms, 12345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_open_descriptors),
		cmocka_unit_test(tells_when_no_descriptor_is_left),
		cmocka_unit_test(sees_memory_that_is_used),
		cmocka_unit_test(sees_time_that_is_spent),
		cmocka_unit_test(started_a_moment_ago),
		cmocka_unit_test(a_name_with_blanks_and_parentheses_misleads_nobody),
		cmocka_unit_test(its_start_stays_when_the_clock_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
