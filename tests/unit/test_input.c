/* test_input.c - what changes under a dump is read again, both families from the beginning. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/pass/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

struct reading {
	int begun;
	int read[2];
	int changes; /* dumps of IPv6 that the kernel still disturbs */
};

static int begin(void *context, struct error *err)
{
	(void)err;
	((struct reading *)context)->begun++;
	return 0;
}

static int read_family(void *context, uint8_t family, struct error *err)
{
	struct reading *reading = context;

	(void)err;
	reading->read[family == AF_INET6]++;
	return family == AF_INET6 && reading->changes-- > 0 ? -EINTR : 0;
}

static void both_families_begin_anew_until_they_are_settled(void **state)
{
	struct reading reading = {.changes = 2};

	(void)state;
	assert_int_equal(source_read_settled(begin, read_family, &reading, NULL), 0);
	assert_int_equal(reading.begun, 3);
	assert_int_equal(reading.read[0], 3);
	assert_int_equal(reading.read[1], 3);
}

static void a_kernel_that_never_settles_is_given_up(void **state)
{
	struct reading reading = {.changes = 100};

	(void)state;
	assert_int_equal(source_read_settled(begin, read_family, &reading, NULL), -EINTR);
	assert_int_equal(reading.begun, SOURCE_TRIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families_begin_anew_until_they_are_settled),
		cmocka_unit_test(a_kernel_that_never_settles_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
