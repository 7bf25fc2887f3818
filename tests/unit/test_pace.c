/* test_pace.c - when to look again. */
#include "croute/core/plan/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RESYNC 60000

/* A pace whose first look is over. */
static struct pace running(int64_t now)
{
	struct pace pace;

	pace_begin(&pace, now, RESYNC);
	(void)pace_take(&pace, now);
	pace_succeeded(&pace);
	return pace;
}

static void everything_is_due_at_the_start(void **state)
{
	struct pace pace;

	(void)state;
	pace_begin(&pace, 1000, RESYNC);
	assert_int_equal(pace_wait(&pace, 1000), 0);
	assert_int_equal(pace_take(&pace, 1000), PACE_FILE | PACE_RESYNC);
	assert_int_equal(pace_take(&pace, 1000), 0);
}

static void nothing_wakes_but_the_resync(void **state)
{
	struct pace pace = running(1000);

	(void)state;
	assert_int_equal(pace_wait(&pace, 1000), RESYNC);
	assert_int_equal(pace_wait(&pace, 31000), RESYNC / 2);
	assert_int_equal(pace_take(&pace, 60999), 0);
	assert_int_equal(pace_wait(&pace, 61000), 0);
	assert_int_equal(pace_take(&pace, 61000), PACE_RESYNC);
	assert_int_equal(pace_wait(&pace, 61000), RESYNC);
}

static void a_late_resync_is_not_made_up_for(void **state)
{
	struct pace pace = running(0);

	(void)state;
	assert_int_equal(pace_take(&pace, 10 * RESYNC + 5), PACE_RESYNC);
	assert_int_equal(pace_wait(&pace, 10 * RESYNC + 5), RESYNC);
}

static void each_hint_is_taken_when_it_is_due(void **state)
{
	struct pace pace = running(1000);

	(void)state;
	pace_hint(&pace, PACE_FILE, 2000);
	pace_hint(&pace, PACE_KERNEL, 1500);
	pace_hint(&pace, PACE_KERNEL, 1800);
	assert_int_equal(pace_wait(&pace, 1400), 100);
	assert_int_equal(pace_take(&pace, 1499), 0);
	assert_int_equal(pace_take(&pace, 1500), PACE_KERNEL);
	assert_int_equal(pace_wait(&pace, 1500), 500);
	assert_int_equal(pace_take(&pace, 2000), PACE_FILE);
	assert_int_equal(pace_wait(&pace, 2000), 61000 - 2000);
}

static void an_old_due_time_does_not_stay_with_a_new_hint(void **state)
{
	struct pace pace = running(1000);

	(void)state;
	pace_hint(&pace, PACE_FILE, 1100);
	assert_int_equal(pace_take(&pace, 1100), PACE_FILE);
	pace_hint(&pace, PACE_KERNEL, 5000);
	assert_int_equal(pace_take(&pace, 1200), 0);
	assert_int_equal(pace_wait(&pace, 1200), 3800);
}

static void a_failure_is_tried_again_after_twice_the_time_up_to_thirty_seconds(void **state)
{
	static const int64_t waits[] = {200,  400,   800,   1600,  3200,
					6400, 12800, 25600, 30000, 30000};
	struct pace pace;
	int64_t now = 1000;

	(void)state;
	pace_begin(&pace, now, 10 * RESYNC);
	(void)pace_take(&pace, now);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		pace_failed(&pace, now);
		assert_int_equal(pace_wait(&pace, now), waits[i]);
		now += waits[i];
		assert_int_equal(pace_take(&pace, now - 1), 0);
		assert_int_equal(pace_take(&pace, now), PACE_RETRY);
	}
}

static void a_success_starts_anew(void **state)
{
	struct pace pace = running(1000);

	(void)state;
	pace_failed(&pace, 1000);
	pace_failed(&pace, 1200);
	pace_succeeded(&pace);
	assert_int_equal(pace_take(&pace, 5000), 0);
	pace_failed(&pace, 5000);
	assert_int_equal(pace_wait(&pace, 5000), 200);
}

static void a_hint_comes_before_the_next_try(void **state)
{
	struct pace pace = running(1000);

	(void)state;
	pace_failed(&pace, 1000);
	pace_hint(&pace, PACE_KERNEL, 1050);
	assert_int_equal(pace_wait(&pace, 1000), 50);
	assert_int_equal(pace_take(&pace, 1050), PACE_KERNEL);
	assert_int_equal(pace_take(&pace, 1200), PACE_RETRY);
}

static void another_resync_time_starts_anew(void **state)
{
	struct pace pace = running(1000);

	(void)state;
	pace_set_resync(&pace, 31000, RESYNC);
	assert_int_equal(pace_wait(&pace, 31000), RESYNC / 2);
	pace_set_resync(&pace, 31000, 5000);
	assert_int_equal(pace_wait(&pace, 31000), 5000);
	assert_int_equal(pace_take(&pace, 36000), PACE_RESYNC);
	assert_int_equal(pace_wait(&pace, 36000), 5000);
}

static void a_look_at_everything_that_was_asked_for_resets_the_timer(void **state)
{
	struct pace pace = running(1000);

	(void)state;
	pace_hint(&pace, PACE_RESYNC, 31000);
	assert_int_equal(pace_take(&pace, 31000), PACE_RESYNC);
	assert_int_equal(pace_wait(&pace, 31000), RESYNC);
}

/* A look for an event at `now`, and the next event right behind it. Milliseconds until the look at
 * that. */
static int64_t look_at_event(struct pace *pace, bool in_vain, int64_t now)
{
	pace_hint(pace, PACE_KERNEL, now);
	assert_int_equal(pace_take(pace, now), PACE_KERNEL);
	pace_looked(pace, in_vain, now);
	pace_hint(pace, PACE_KERNEL, now);
	return pace_wait(pace, now);
}

static struct pace after_many_looks_in_vain(int64_t now)
{
	struct pace pace = running(now);

	for (int i = 1; i < PACE_VAIN_MOST; i++)
		assert_int_equal(look_at_event(&pace, true, now), 0);
	return pace;
}

static void after_many_looks_in_vain_the_next_one_waits_a_little(void **state)
{
	struct pace pace = after_many_looks_in_vain(1000);

	(void)state;
	assert_int_equal(look_at_event(&pace, true, 1000), PACE_VAIN_MS);
	assert_int_equal(look_at_event(&pace, true, 1000 + PACE_VAIN_MS), PACE_VAIN_MS);
	/* What else is due is not held up. */
	pace_hint(&pace, PACE_FILE, 1000 + PACE_VAIN_MS);
	assert_int_equal(pace_take(&pace, 1000 + PACE_VAIN_MS), PACE_FILE);
}

static void a_look_that_finds_something_to_do_ends_the_wait(void **state)
{
	struct pace pace = after_many_looks_in_vain(1000);

	(void)state;
	assert_int_equal(look_at_event(&pace, true, 1000), PACE_VAIN_MS);
	assert_int_equal(look_at_event(&pace, false, 1000 + PACE_VAIN_MS), 0);
	assert_int_equal(look_at_event(&pace, true, 1000 + PACE_VAIN_MS), 0);
}

static void so_does_a_quiet_second(void **state)
{
	struct pace pace = after_many_looks_in_vain(1000);

	(void)state;
	assert_int_equal(look_at_event(&pace, true, 1000), PACE_VAIN_MS);
	assert_int_equal(look_at_event(&pace, true, 1001 + PACE_VAIN_FORGET), 0);
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
