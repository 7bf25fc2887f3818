/* test_schedule.c - when to look again. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RESYNC 60000

/* A schedule whose first look is over. */
static struct schedule running(int64_t now)
{
	struct schedule schedule;

	schedule_begin(&schedule, now, RESYNC);
	(void)schedule_take(&schedule, now);
	schedule_succeeded(&schedule);
	return schedule;
}

static void everything_is_due_at_the_start(void **state)
{
	struct schedule schedule;

	(void)state;
	schedule_begin(&schedule, 1000, RESYNC);
	assert_int_equal(schedule_wait(&schedule, 1000), 0);
	assert_int_equal(schedule_take(&schedule, 1000), SCHEDULE_FILE | SCHEDULE_RESYNC);
	assert_int_equal(schedule_take(&schedule, 1000), 0);
}

static void nothing_wakes_but_the_resync(void **state)
{
	struct schedule schedule = running(1000);

	(void)state;
	assert_int_equal(schedule_wait(&schedule, 1000), RESYNC);
	assert_int_equal(schedule_wait(&schedule, 31000), RESYNC / 2);
	assert_int_equal(schedule_take(&schedule, 60999), 0);
	assert_int_equal(schedule_wait(&schedule, 61000), 0);
	assert_int_equal(schedule_take(&schedule, 61000), SCHEDULE_RESYNC);
	assert_int_equal(schedule_wait(&schedule, 61000), RESYNC);
}

static void a_late_resync_is_not_made_up_for(void **state)
{
	struct schedule schedule = running(0);

	(void)state;
	assert_int_equal(schedule_take(&schedule, 10 * RESYNC + 5), SCHEDULE_RESYNC);
	assert_int_equal(schedule_wait(&schedule, 10 * RESYNC + 5), RESYNC);
}

static void each_hint_is_taken_when_it_is_due(void **state)
{
	struct schedule schedule = running(1000);

	(void)state;
	schedule_hint(&schedule, SCHEDULE_FILE, 2000);
	schedule_hint(&schedule, SCHEDULE_KERNEL, 1500);
	schedule_hint(&schedule, SCHEDULE_KERNEL, 1800);
	assert_int_equal(schedule_wait(&schedule, 1400), 100);
	assert_int_equal(schedule_take(&schedule, 1499), 0);
	assert_int_equal(schedule_take(&schedule, 1500), SCHEDULE_KERNEL);
	assert_int_equal(schedule_wait(&schedule, 1500), 500);
	assert_int_equal(schedule_take(&schedule, 2000), SCHEDULE_FILE);
	assert_int_equal(schedule_wait(&schedule, 2000), 61000 - 2000);
}

static void an_old_due_time_does_not_stay_with_a_new_hint(void **state)
{
	struct schedule schedule = running(1000);

	(void)state;
	schedule_hint(&schedule, SCHEDULE_FILE, 1100);
	assert_int_equal(schedule_take(&schedule, 1100), SCHEDULE_FILE);
	schedule_hint(&schedule, SCHEDULE_KERNEL, 5000);
	assert_int_equal(schedule_take(&schedule, 1200), 0);
	assert_int_equal(schedule_wait(&schedule, 1200), 3800);
}

static void a_failure_is_tried_again_after_twice_the_time_up_to_thirty_seconds(void **state)
{
	static const int64_t waits[] = {200,  400,   800,   1600,  3200,
					6400, 12800, 25600, 30000, 30000};
	struct schedule schedule;
	int64_t now = 1000;

	(void)state;
	schedule_begin(&schedule, now, 10 * RESYNC);
	(void)schedule_take(&schedule, now);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		schedule_failed(&schedule, now);
		assert_int_equal(schedule_wait(&schedule, now), waits[i]);
		now += waits[i];
		assert_int_equal(schedule_take(&schedule, now - 1), 0);
		assert_int_equal(schedule_take(&schedule, now), SCHEDULE_RETRY);
	}
}

static void a_success_starts_anew(void **state)
{
	struct schedule schedule = running(1000);

	(void)state;
	schedule_failed(&schedule, 1000);
	schedule_failed(&schedule, 1200);
	schedule_succeeded(&schedule);
	assert_int_equal(schedule_take(&schedule, 5000), 0);
	schedule_failed(&schedule, 5000);
	assert_int_equal(schedule_wait(&schedule, 5000), 200);
}

static void a_hint_comes_before_the_next_try(void **state)
{
	struct schedule schedule = running(1000);

	(void)state;
	schedule_failed(&schedule, 1000);
	schedule_hint(&schedule, SCHEDULE_KERNEL, 1050);
	assert_int_equal(schedule_wait(&schedule, 1000), 50);
	assert_int_equal(schedule_take(&schedule, 1050), SCHEDULE_KERNEL);
	assert_int_equal(schedule_take(&schedule, 1200), SCHEDULE_RETRY);
}

static void another_resync_time_starts_anew(void **state)
{
	struct schedule schedule = running(1000);

	(void)state;
	schedule_set_resync(&schedule, 31000, RESYNC);
	assert_int_equal(schedule_wait(&schedule, 31000), RESYNC / 2);
	schedule_set_resync(&schedule, 31000, 5000);
	assert_int_equal(schedule_wait(&schedule, 31000), 5000);
	assert_int_equal(schedule_take(&schedule, 36000), SCHEDULE_RESYNC);
	assert_int_equal(schedule_wait(&schedule, 36000), 5000);
}

static void a_look_at_everything_that_was_asked_for_resets_the_timer(void **state)
{
	struct schedule schedule = running(1000);

	(void)state;
	schedule_hint(&schedule, SCHEDULE_RESYNC, 31000);
	assert_int_equal(schedule_take(&schedule, 31000), SCHEDULE_RESYNC);
	assert_int_equal(schedule_wait(&schedule, 31000), RESYNC);
}

/* A look for an event at `now`, and the next event right behind it. Milliseconds until the look at
 * that. */
static int64_t look_at_event(struct schedule *schedule, bool in_vain, int64_t now)
{
	schedule_hint(schedule, SCHEDULE_KERNEL, now);
	assert_int_equal(schedule_take(schedule, now), SCHEDULE_KERNEL);
	schedule_looked(schedule, in_vain, now);
	schedule_hint(schedule, SCHEDULE_KERNEL, now);
	return schedule_wait(schedule, now);
}

static struct schedule after_many_looks_in_vain(int64_t now)
{
	struct schedule schedule = running(now);

	for (int i = 1; i < SCHEDULE_VAIN_MOST; i++)
		assert_int_equal(look_at_event(&schedule, true, now), 0);
	return schedule;
}

static void after_many_looks_in_vain_the_next_one_waits_a_little(void **state)
{
	struct schedule schedule = after_many_looks_in_vain(1000);

	(void)state;
	assert_int_equal(look_at_event(&schedule, true, 1000), SCHEDULE_VAIN_MS);
	assert_int_equal(look_at_event(&schedule, true, 1000 + SCHEDULE_VAIN_MS), SCHEDULE_VAIN_MS);
	/* What else is due is not held up. */
	schedule_hint(&schedule, SCHEDULE_FILE, 1000 + SCHEDULE_VAIN_MS);
	assert_int_equal(schedule_take(&schedule, 1000 + SCHEDULE_VAIN_MS), SCHEDULE_FILE);
}

static void a_look_that_finds_something_to_do_ends_the_wait(void **state)
{
	struct schedule schedule = after_many_looks_in_vain(1000);

	(void)state;
	assert_int_equal(look_at_event(&schedule, true, 1000), SCHEDULE_VAIN_MS);
	assert_int_equal(look_at_event(&schedule, false, 1000 + SCHEDULE_VAIN_MS), 0);
	assert_int_equal(look_at_event(&schedule, true, 1000 + SCHEDULE_VAIN_MS), 0);
}

static void so_does_a_quiet_second(void **state)
{
	struct schedule schedule = after_many_looks_in_vain(1000);

	(void)state;
	assert_int_equal(look_at_event(&schedule, true, 1000), SCHEDULE_VAIN_MS);
	assert_int_equal(look_at_event(&schedule, true, 1001 + SCHEDULE_VAIN_FORGET), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_due_at_the_start),
		cmocka_unit_test(nothing_wakes_but_the_resync),
		cmocka_unit_test(a_late_resync_is_not_made_up_for),
		cmocka_unit_test(each_hint_is_taken_when_it_is_due),
		cmocka_unit_test(an_old_due_time_does_not_stay_with_a_new_hint),
		cmocka_unit_test(
			a_failure_is_tried_again_after_twice_the_time_up_to_thirty_seconds),
		cmocka_unit_test(a_success_starts_anew),
		cmocka_unit_test(a_hint_comes_before_the_next_try),
		cmocka_unit_test(another_resync_time_starts_anew),
		cmocka_unit_test(a_look_at_everything_that_was_asked_for_resets_the_timer),
		cmocka_unit_test(after_many_looks_in_vain_the_next_one_waits_a_little),
		cmocka_unit_test(a_look_that_finds_something_to_do_ends_the_wait),
		cmocka_unit_test(so_does_a_quiet_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
