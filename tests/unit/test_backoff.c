/* test_backoff.c - what does not last is done less and less often, whatever it is. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/backoff.h"

#include "world.h"

#include "croute/model/device.h"

#define START 1000000
#define ROW "10.244.9.0/24 via 10.0.0.19 metric 68033"
#define FILE_PATH "/run/flannel/subnet.env"

/* A thing that is changed again and again: its next pass, at `now`. Whether the change waits. */
struct thing {
	struct backoff backoff;
	struct world world;
	bool begun; /* the back-off of the last change begins with it */
	const char *row;
};

typedef bool change_fn(struct thing *thing, int64_t now);

static void begin(struct thing *thing)
{
	backoff_begin(&thing->backoff);
	thing->begun = false;
}

/* A pass that removes a row which another program adds. */
static bool change_row(struct thing *thing, int64_t now)
{
	struct world *world = &thing->world;
	struct change *change;
	bool waits;

	begin(thing);
	*world = (struct world){0};
	world_open(world,
		   "version: 1\n"
		   "nodes: [{name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}]\n");
	world_put(world, thing->row != NULL ? thing->row : ROW);
	world_pass(world);
	backoff_weigh(&thing->backoff, &world->picture, now);
	change = world_only_change(world);
	waits = change->result == CHANGE_PUT_OFF;
	if (!waits) {
		change->result = CHANGE_APPLIED;
		backoff_note(&thing->backoff, &world->picture, now);
		thing->begun = change->named;
	}
	world_close(world);
	return waits;
}

static bool change_parts(struct thing *thing, uint32_t parts, int64_t now)
{
	uint32_t waiting = backoff_parts(&thing->backoff, "croute.1", parts, now);

	thing->begun |= backoff_note_parts(&thing->backoff, "croute.1", parts & ~waiting, now) != 0;
	return waiting == parts;
}

static bool change_mode(struct thing *thing, int64_t now)
{
	begin(thing);
	return change_parts(thing, DEVICE_PART_MODE, now);
}

static bool change_address(struct thing *thing, int64_t now)
{
	begin(thing);
	return change_parts(thing, BACKOFF_ADDRESS, now);
}

static bool change_device(struct thing *thing, int64_t now)
{
	begin(thing);
	return change_parts(thing, BACKOFF_MAKE, now);
}

static bool remove_device(struct thing *thing, int64_t now)
{
	begin(thing);
	return change_parts(thing, BACKOFF_REMOVE, now);
}

static bool change_named(struct thing *thing, enum backoff_kind kind, int64_t now)
{
	begin(thing);
	if (backoff_named(&thing->backoff, kind, FILE_PATH, now))
		return true;
	thing->begun = backoff_note_named(&thing->backoff, kind, FILE_PATH, now);
	return false;
}

static bool change_table(struct thing *thing, int64_t now)
{
	return change_named(thing, BACKOFF_TABLE, now);
}

static bool change_file(struct thing *thing, int64_t now)
{
	return change_named(thing, BACKOFF_FILE, now);
}

static const struct {
	change_fn *change;
	int patience;
} kinds[] = {
	{change_row, BACKOFF_PATIENCE},		 {change_mode, BACKOFF_PATIENCE_PART},
	{change_address, BACKOFF_PATIENCE_PART}, {change_device, BACKOFF_PATIENCE},
	{remove_device, BACKOFF_PATIENCE},	 {change_table, BACKOFF_PATIENCE},
	{change_file, BACKOFF_PATIENCE_PART},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Change it until its back-off begins; every time but the last one nothing is said. */
static void exhaust(struct thing *thing, change_fn *change, int patience, int64_t now)
{
	for (int i = 1; i <= patience; i++) {
		assert_false(change(thing, now));
		assert_int_equal(thing->begun, i == patience);
		assert_int_equal(thing->backoff.due, 0);
	}
}

static void after_some_patience_each_wait_is_twice_as_long_up_to_half_a_minute(void **state)
{
	static const int64_t waits[] = {200,  400,   800,   1600,  3200,
					6400, 12800, 25600, 30000, 30000};

	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct thing thing = {.begun = false};
		int64_t now = START;

		exhaust(&thing, kinds[i].change, kinds[i].patience, now);
		for (size_t j = 0; j < sizeof(waits) / sizeof(waits[0]); j++) {
			assert_true(kinds[i].change(&thing, now + waits[j] - 1));
			assert_int_equal(thing.backoff.due, now + waits[j]);
			now += waits[j];
			assert_false(kinds[i].change(&thing, now));
			assert_false(thing.begun);
		}
	}
}

static void after_a_quiet_minute_it_is_changed_at_once_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct thing thing = {.begun = false};

		exhaust(&thing, kinds[i].change, kinds[i].patience, START);
		exhaust(&thing, kinds[i].change, kinds[i].patience, START + BACKOFF_FORGET_MS + 1);
	}
}

static void one_of_another_kind_or_name_does_not_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct thing thing = {.row = "10.244.8.0/24 via 10.0.0.18 metric 68032"};

		exhaust(&thing, kinds[i].change, kinds[i].patience, START);
		thing.row = NULL;
		for (size_t j = 0; j < KINDS; j++) {
			if (j != i || kinds[j].change == change_row)
				assert_false(kinds[j].change(&thing, START));
		}
	}
}

/* A part that never takes does not keep another one from being set. */
static void only_the_part_that_does_not_last_waits(void **state)
{
	struct thing thing = {.begun = false};

	(void)state;
	exhaust(&thing, change_mode, BACKOFF_PATIENCE_PART, START);
	assert_int_equal(backoff_parts(&thing.backoff, "croute.1",
				       DEVICE_PART_MODE | DEVICE_PART_MTU, START),
			 DEVICE_PART_MODE);
	assert_int_equal(backoff_parts(&thing.backoff, "croute-v6.1", DEVICE_PART_MODE, START), 0);
}

static void only_the_part_whose_back_off_begins_is_named(void **state)
{
	struct backoff backoff = {.due = 0};
	uint32_t both = DEVICE_PART_MODE | DEVICE_PART_MTU;

	(void)state;
	for (int i = 1; i < BACKOFF_PATIENCE_PART; i++) {
		backoff_begin(&backoff);
		assert_int_equal(backoff_note_parts(&backoff, "croute.1", both, START), 0);
		both = DEVICE_PART_MODE | DEVICE_PART_UP;
	}
	backoff_begin(&backoff);
	assert_int_equal(
		backoff_note_parts(&backoff, "croute.1", DEVICE_PART_MODE | DEVICE_PART_MTU, START),
		DEVICE_PART_MODE);
}

/* Several rows of one key, or one key that is cleared and written, are one change of one pass. */
static void a_pass_counts_once_for_each_object(void **state)
{
	struct backoff backoff = {.due = 0};

	(void)state;
	backoff_begin(&backoff);
	for (int i = 0; i < 2 * BACKOFF_PATIENCE; i++)
		assert_false(backoff_note_named(&backoff, BACKOFF_TABLE, "croute", START));
	assert_false(backoff_named(&backoff, BACKOFF_TABLE, "croute", START));
}

static void what_is_due_first_is_waited_for(void **state)
{
	struct thing thing = {.begun = false};

	(void)state;
	exhaust(&thing, change_file, BACKOFF_PATIENCE_PART, START);
	exhaust(&thing, change_mode, BACKOFF_PATIENCE_PART, START + 50);
	begin(&thing);
	assert_true(backoff_parts(&thing.backoff, "croute.1", DEVICE_PART_MODE, START + 60) != 0);
	assert_int_equal(thing.backoff.due, START + 250);
	assert_true(backoff_named(&thing.backoff, BACKOFF_FILE, FILE_PATH, START + 60));
	assert_int_equal(thing.backoff.due, START + 200);
	assert_true(backoff_parts(&thing.backoff, "croute.1", DEVICE_PART_MODE, START + 60) != 0);
	assert_int_equal(thing.backoff.due, START + 200);
	begin(&thing);
	assert_int_equal(thing.backoff.due, 0);
}

static const char *name_of(int i, char out[32])
{
	(void)snprintf(out, 32, "/run/file-%d", i);
	return out;
}

/* Its memory is bounded: the object that was changed the longest ago makes room, not another. */
static void the_oldest_object_is_forgotten_for_a_new_one(void **state)
{
	struct backoff backoff = {.due = 0};
	char name[32];

	(void)state;
	/* The one of 40 is the oldest. */
	for (int i = 0; i < BACKOFF_OBJECTS; i++) {
		for (int j = 0; j < BACKOFF_PATIENCE_PART; j++) {
			backoff_begin(&backoff);
			(void)backoff_note_named(&backoff, BACKOFF_FILE, name_of(i, name),
						 i == 40 ? START - 1 : START + i);
		}
	}
	backoff_begin(&backoff);
	(void)backoff_note_named(&backoff, BACKOFF_FILE, "/run/new", START + 100);
	for (int i = 0; i < BACKOFF_OBJECTS; i++)
		assert_int_equal(backoff_named(&backoff, BACKOFF_FILE, name_of(i, name), START),
				 i != 40);
}

/* --- passes of many rows */

static void open_crowd(struct world *world, int count)
{
	char words[80];

	*world = (struct world){0};
	world_open(world,
		   "version: 1\n"
		   "nodes: [{name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}]\n");
	for (int i = 0; i < count; i++) {
		(void)snprintf(words, sizeof(words), "10.245.%d.0/24 via 10.0.0.19 metric 7", i);
		world_put(world, words);
	}
	world_desire(world);
	world_plan(world);
}

/* A pass that changes so many rows. How many of its changes are named; UINT32_MAX: all wait. */
static uint32_t change_crowd(struct backoff *backoff, int count, int64_t now)
{
	struct world world;
	uint32_t named = 0;
	uint32_t waiting = 0;

	backoff_begin(backoff);
	open_crowd(&world, count);
	backoff_weigh(backoff, &world.picture, now);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		struct change *change = plan_change_at(&world.picture.plan, i);

		waiting += change->result == CHANGE_PUT_OFF;
		change->result = change->result == CHANGE_PLANNED ? CHANGE_APPLIED : change->result;
	}
	backoff_note(backoff, &world.picture, now);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++)
		named += plan_change_at(&world.picture.plan, i)->named;
	assert_true(waiting == 0 || waiting == (uint32_t)count);
	world_close(&world);
	return waiting > 0 ? UINT32_MAX : named;
}

static void more_rows_than_are_told_apart_wait_together_and_one_is_named(void **state)
{
	struct backoff backoff = {.due = 0};

	(void)state;
	for (int i = 1; i < BACKOFF_PATIENCE; i++)
		assert_int_equal(change_crowd(&backoff, BACKOFF_OBJECTS + 1, START), 0);
	assert_int_equal(change_crowd(&backoff, BACKOFF_OBJECTS + 1, START), 1);
	assert_int_equal(change_crowd(&backoff, BACKOFF_OBJECTS + 1, START), UINT32_MAX);
	assert_int_equal(change_crowd(&backoff, 3, START), 0);
}

static void as_many_rows_as_are_told_apart_are_each_named(void **state)
{
	struct backoff backoff = {.due = 0};

	(void)state;
	for (int i = 1; i < BACKOFF_PATIENCE; i++)
		assert_int_equal(change_crowd(&backoff, BACKOFF_OBJECTS, START), 0);
	assert_int_equal(change_crowd(&backoff, BACKOFF_OBJECTS, START), BACKOFF_OBJECTS);
	assert_int_equal(change_crowd(&backoff, BACKOFF_OBJECTS, START), UINT32_MAX);
}

/* What failed, or was held, was not changed. */
static void only_what_was_done_counts(void **state)
{
	struct backoff backoff = {.due = 0};

	(void)state;
	for (int i = 0; i < 2 * BACKOFF_PATIENCE; i++) {
		struct world world;

		backoff_begin(&backoff);
		open_crowd(&world, 1);
		backoff_weigh(&backoff, &world.picture, START);
		assert_int_equal(world_only_change(&world)->result, CHANGE_PLANNED);
		world_only_change(&world)->result = i % 2 ? CHANGE_HELD : CHANGE_FAILED;
		backoff_note(&backoff, &world.picture, START);
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			after_some_patience_each_wait_is_twice_as_long_up_to_half_a_minute),
		cmocka_unit_test(after_a_quiet_minute_it_is_changed_at_once_again),
		cmocka_unit_test(one_of_another_kind_or_name_does_not_wait),
		cmocka_unit_test(only_the_part_that_does_not_last_waits),
		cmocka_unit_test(only_the_part_whose_back_off_begins_is_named),
		cmocka_unit_test(a_pass_counts_once_for_each_object),
		cmocka_unit_test(what_is_due_first_is_waited_for),
		cmocka_unit_test(the_oldest_object_is_forgotten_for_a_new_one),
		cmocka_unit_test(more_rows_than_are_told_apart_wait_together_and_one_is_named),
		cmocka_unit_test(as_many_rows_as_are_told_apart_are_each_named),
		cmocka_unit_test(only_what_was_done_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
