/* test_progress.c - the line that tells how far a long piece of work is. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* What a terminal got. */
struct screen {
	char *text;
	size_t len;
	struct progress progress;
};

/* A command that began long ago, so that the next question for the time shows the line. */
static void screen_open(struct screen *screen)
{
	*screen = (struct screen){.text = NULL};
	screen->progress.stream = open_memstream(&screen->text, &screen->len);
	assert_non_null(screen->progress.stream);
}

static const char *screen_text(struct screen *screen)
{
	assert_int_equal(fflush(screen->progress.stream), 0);
	return screen->text;
}

static void screen_close(struct screen *screen)
{
	assert_int_equal(fclose(screen->progress.stream), 0);
	free(screen->text);
}

static void a_line_tells_how_many_of_how_many(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	progress_begin(&screen.progress, "applying", 99999);
	progress_add(&screen.progress, 43000);
	assert_string_equal(screen_text(&screen), "\r\rapplying 43,000 of 99,999");
	screen_close(&screen);
}

static void without_a_total_it_only_counts(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	progress_begin(&screen.progress, "reading routes:", 0);
	progress_add(&screen.progress, 1234567);
	assert_string_equal(screen_text(&screen), "\r\rreading routes: 1,234,567");
	screen_close(&screen);
}

static void bytes_are_told_in_mebibytes(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	progress_begin_bytes(&screen.progress, "reading", 60 * 1024 * 1024);
	progress_add(&screen.progress, 23 * 1024 * 1024 + 5);
	assert_string_equal(screen_text(&screen), "\r\rreading 23 of 60 MiB");
	screen_close(&screen);
}

static void a_narrow_terminal_gets_as_much_as_it_holds(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	screen.progress.most = 10;
	progress_begin(&screen.progress, "applying", 99999);
	progress_add(&screen.progress, 43000);
	progress_end(&screen.progress);
	assert_string_equal(screen_text(&screen), "\r\rapplying 4\r          \r");
	screen_close(&screen);
}

static void its_end_leaves_a_blank_line(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	progress_begin(&screen.progress, "x", 0);
	progress_add(&screen.progress, 300);
	progress_end(&screen.progress);
	assert_string_equal(screen_text(&screen), "\r\rx 300\r     \r");
	progress_end(&screen.progress);
	assert_string_equal(screen_text(&screen), "\r\rx 300\r     \r");
	screen_close(&screen);
}

static void the_next_stage_wipes_the_last(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	progress_begin(&screen.progress, "x", 0);
	progress_add(&screen.progress, 300);
	progress_begin(&screen.progress, "y", 0);
	progress_add(&screen.progress, 1);
	assert_string_equal(screen_text(&screen), "\r\rx 300\r     \r");
	screen_close(&screen);
}

static void ten_lines_a_second_are_enough(void **state)
{
	struct screen screen;
	size_t first;

	(void)state;
	screen_open(&screen);
	progress_begin(&screen.progress, "x", 0);
	progress_add(&screen.progress, 300);
	first = strlen(screen_text(&screen));
	assert_true(screen.progress.due_ms > 0);
	screen.progress.due_ms += 1000000;
	progress_add(&screen.progress, 300);
	assert_int_equal(strlen(screen_text(&screen)), first);
	screen_close(&screen);
}

static void the_time_is_asked_every_256_items(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	progress_begin(&screen.progress, "x", 0);
	for (int i = 0; i < 255; i++)
		progress_add(&screen.progress, 1);
	assert_string_equal(screen_text(&screen), "");
	progress_add(&screen.progress, 1);
	assert_string_equal(screen_text(&screen), "\r\rx 256");
	screen_close(&screen);
}

static void the_first_second_is_silent(void **state)
{
	struct options options = {.output = OUTPUT_TEXT};
	struct progress progress = progress_for(&options);
	struct screen screen;

	(void)state;
	screen_open(&screen);
	progress.stream = screen.progress.stream;
	progress_begin(&progress, "x", 0);
	progress_add(&progress, 300);
	assert_string_equal(screen_text(&screen), "");
	screen_close(&screen);
}

static void what_cannot_be_counted_is_named_after_the_first_second(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	screen.progress.due_ms = INT64_MAX;
	progress_stage(&screen.progress, "asking x");
	assert_string_equal(screen_text(&screen), "");
	screen.progress.due_ms = 0;
	progress_stage(&screen.progress, "asking");
	progress_end(&screen.progress);
	assert_string_equal(screen_text(&screen), "\r\rasking\r      \r");
	screen_close(&screen);
}

static void what_is_waited_for_is_said_at_once(void **state)
{
	struct screen screen;

	(void)state;
	screen_open(&screen);
	screen.progress.due_ms = INT64_MAX;
	progress_say(&screen.progress, "waiting");
	progress_end(&screen.progress);
	assert_string_equal(screen_text(&screen), "\r\rwaiting\r       \r");
	screen_close(&screen);
}

/* As under an agent, and where standard error is no terminal. */
static void nobody_watches_and_nothing_is_shown(void **state)
{
	struct options options = {.output = OUTPUT_JSON};
	struct progress progress = progress_for(&options);

	(void)state;
	assert_null(progress.stream);
	progress_begin(NULL, "x", 0);
	progress_begin_bytes(NULL, "x", 0);
	progress_add(NULL, 300);
	progress_say(NULL, "x");
	progress_stage(NULL, "x");
	progress_end(NULL);
	progress_say(&progress, "x");
	progress_begin(&progress, "x", 0);
	progress_add(&progress, 300);
	assert_int_equal(progress.width, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_tells_how_many_of_how_many),
		cmocka_unit_test(without_a_total_it_only_counts),
		cmocka_unit_test(bytes_are_told_in_mebibytes),
		cmocka_unit_test(a_narrow_terminal_gets_as_much_as_it_holds),
		cmocka_unit_test(its_end_leaves_a_blank_line),
		cmocka_unit_test(the_next_stage_wipes_the_last),
		cmocka_unit_test(ten_lines_a_second_are_enough),
		cmocka_unit_test(the_time_is_asked_every_256_items),
		cmocka_unit_test(the_first_second_is_silent),
		cmocka_unit_test(what_cannot_be_counted_is_named_after_the_first_second),
		cmocka_unit_test(what_is_waited_for_is_said_at_once),
		cmocka_unit_test(nobody_watches_and_nothing_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
