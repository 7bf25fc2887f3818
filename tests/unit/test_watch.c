/* test_watch.c - what wakes the watch and what does not, with real directories. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/watch.h"

#include "folder.h"

#include <poll.h>
#include <sys/wait.h>

#define DEADLINE_MS 60000

/* inotify events are queued before the call that causes them returns, so nothing is waited for. */
static bool has_told(struct watch *watch)
{
	const char *silent;

	return watch_read(watch) && !watch_is_written(watch, 1, &silent);
}

static void begin(struct watch *watch, const char *path)
{
	struct error err = {.text = ""};

	if (watch_open(path, watch, &err) < 0)
		fail_msg("%s", err.text);
	assert_false(has_told(watch));
}

static void tells_a_file_written_in_place_when_it_is_closed(void **state)
{
	struct watch watch;
	FILE *file;

	(void)state;
	put("a.yaml", "one");
	begin(&watch, "a.yaml");
	file = fopen("a.yaml", "we");
	assert_non_null(file);
	assert_true(fputs("half", file) >= 0);
	assert_int_equal(fflush(file), 0);
	assert_false(has_told(&watch));
	assert_int_equal(fclose(file), 0);
	assert_true(has_told(&watch));
	assert_false(has_told(&watch));
	watch_close(&watch);
}

static void tells_nothing_of_a_new_file_until_its_writer_is_done(void **state)
{
	struct watch watch;
	FILE *file;

	(void)state;
	put_folder("d");
	begin(&watch, "d");
	file = fopen("d/a.yaml", "we");
	assert_non_null(file);
	assert_true(fputs("half", file) >= 0);
	assert_int_equal(fflush(file), 0);
	assert_false(has_told(&watch));
	assert_int_equal(fclose(file), 0);
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void holds_back_what_happens_beside_a_writer(void **state)
{
	struct watch watch;
	FILE *file;

	(void)state;
	put_folder("d");
	put("d/a.yaml", "one");
	begin(&watch, "d");
	file = fopen("d/a.yaml", "we");
	assert_non_null(file);
	put("b", "two");
	put_renamed("b", "d/b.yaml");
	assert_false(has_told(&watch));
	assert_int_equal(fclose(file), 0);
	assert_true(has_told(&watch));
	watch_close(&watch);
}

/* truncate(2) changes a file that nobody has open, so no close follows. */
static void a_file_truncated_by_path_is_not_being_written(void **state)
{
	struct watch watch;

	(void)state;
	put("a.yaml", "one\ntwo\n");
	begin(&watch, "a.yaml");
	assert_int_equal(truncate("a.yaml", 4), 0);
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void a_writer_who_is_silent_for_long_is_not_waited_for(void **state)
{
	const char *silent = NULL;
	struct watch watch;
	FILE *file;

	(void)state;
	put("a.yaml", "one");
	begin(&watch, "a.yaml");
	file = fopen("a.yaml", "we");
	assert_non_null(file);
	assert_false(has_told(&watch));
	assert_true(watch_is_written(&watch, WATCH_SILENT_MS, &silent));
	assert_true(fputs("half", file) >= 0);
	assert_int_equal(fflush(file), 0);
	assert_true(watch_read(&watch));
	assert_true(watch_is_written(&watch, WATCH_SILENT_MS + 1, &silent));
	assert_null(silent);
	assert_true(watch_is_written(&watch, 2 * WATCH_SILENT_MS, &silent));
	assert_false(watch_is_written(&watch, 2 * WATCH_SILENT_MS + 1, &silent));
	assert_string_equal(strrchr(silent, '/'), "/a.yaml");
	assert_false(watch_is_written(&watch, 2 * WATCH_SILENT_MS + 2, &silent));
	assert_null(silent);
	assert_int_equal(fclose(file), 0);
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void tells_a_file_renamed_into_place(void **state)
{
	struct watch watch;

	(void)state;
	put("a.yaml", "one");
	begin(&watch, "a.yaml");
	put("tmp", "two");
	assert_false(has_told(&watch));
	put_renamed("tmp", "a.yaml");
	assert_true(has_told(&watch));
	put("a.yaml", "three");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void tells_links_that_are_made(void **state)
{
	struct watch watch;

	(void)state;
	put_folder("d");
	put("one", "1");
	begin(&watch, "d");
	put_link("../one", "d/a.yaml");
	assert_true(has_told(&watch));
	assert_int_equal(link("one", "d/b.yaml"), 0);
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void tells_entries_that_go_or_change_mode(void **state)
{
	struct watch watch;

	(void)state;
	put_folder("d");
	put("d/a.yaml", "1");
	put("d/b.yaml", "2");
	begin(&watch, "d");
	assert_int_equal(chmod("d/a.yaml", 0600), 0);
	assert_true(has_told(&watch));
	assert_int_equal(unlink("d/b.yaml"), 0);
	assert_true(has_told(&watch));
	put_renamed("d/a.yaml", "d/a.bak");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void is_not_woken_by_other_names(void **state)
{
	struct watch watch;

	(void)state;
	put_folder("d");
	put("d/a.yaml", "1");
	begin(&watch, "d");
	put("d/notes.txt", "x");
	put("d/.a.yaml.swp", "x");
	put("beside.yaml", "x");
	put_folder("d/folder");
	assert_int_equal(unlink("d/notes.txt"), 0);
	assert_false(has_told(&watch));
	watch_close(&watch);
}

static void tells_every_swap_of_a_kubelet_volume(void **state)
{
	struct watch watch;

	(void)state;
	put_volume("v", "2026_1", "one");
	begin(&watch, "v");
	for (int i = 2; i < 6; i++) {
		char generation[16];
		char old[16];

		(void)snprintf(generation, sizeof(generation), "2026_%d", i);
		(void)snprintf(old, sizeof(old), "2026_%d", i - 1);
		put_generation("v", generation, "next");
		assert_true(has_told(&watch));
		drop_generation("v", old);
		(void)has_told(&watch);
	}
	watch_close(&watch);
}

static void tells_a_file_in_a_volume_that_is_mounted_alone(void **state)
{
	struct watch watch;

	(void)state;
	put_volume("v", "2026_1", "one");
	put_link("v/nodes.yaml", "lone.yaml");
	begin(&watch, "lone.yaml");
	put_generation("v", "2026_2", "two");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void tells_a_directory_gone_and_back(void **state)
{
	struct watch watch;

	(void)state;
	put_folder("d");
	put("d/a.yaml", "1");
	begin(&watch, "d");
	assert_int_equal(unlink("d/a.yaml"), 0);
	assert_int_equal(rmdir("d"), 0);
	assert_true(has_told(&watch));
	put_folder("d");
	assert_true(has_told(&watch));
	put("d/a.yaml", "2");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void tells_a_parent_moved_away_and_back(void **state)
{
	struct watch watch;

	(void)state;
	put_folder("p");
	put_folder("p/d");
	put("p/d/a.yaml", "1");
	begin(&watch, "p/d");
	put_renamed("p", "q");
	assert_true(has_told(&watch));
	put("q/d/a.yaml", "unseen");
	assert_false(has_told(&watch));
	put_renamed("q", "p");
	assert_true(has_told(&watch));
	put("p/d/a.yaml", "2");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void tells_a_link_on_the_way_that_is_swapped(void **state)
{
	struct watch watch;
	char path[PATH_MAX];

	(void)state;
	put_folder("one");
	put_folder("two");
	put("one/a.yaml", "1");
	put("two/a.yaml", "2");
	put_link("one", "current");
	assert_non_null(realpath("current/..", path));
	(void)strncat(path, "/current", sizeof(path) - strlen(path) - 1);
	put_link(path, "way");
	begin(&watch, "./one/../way/");
	put_link("two", "next");
	put_renamed("next", "current");
	assert_true(has_told(&watch));
	put("one/a.yaml", "no longer watched");
	assert_false(has_told(&watch));
	put("two/a.yaml", "3");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void tells_an_entry_that_is_a_link_whose_target_is_written(void **state)
{
	struct watch watch;

	(void)state;
	put_folder("d");
	put_folder("far");
	put("far/target", "1");
	put_link("../far/target", "d/a.yaml");
	begin(&watch, "d");
	put("far/target", "2");
	assert_true(has_told(&watch));
	put("far/next", "3");
	assert_false(has_told(&watch));
	put_renamed("far/next", "far/target");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void waits_for_what_is_not_there_yet(void **state)
{
	struct watch watch;

	(void)state;
	begin(&watch, "a/b/c.yaml");
	put_folder("a");
	assert_true(has_told(&watch));
	put_folder("a/b");
	assert_true(has_told(&watch));
	put("a/b/c.yaml", "1");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

static void wakes_a_loop_through_its_descriptor(void **state)
{
	struct watch watch;
	struct pollfd poll_fd;
	pid_t child;

	(void)state;
	put("a.yaml", "1");
	begin(&watch, "a.yaml");
	poll_fd = (struct pollfd){.fd = watch.fd, .events = POLLIN};
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	child = fork();
	if (child == 0) {
		put("a.yaml", "2");
		_exit(0);
	}
	assert_int_equal(poll(&poll_fd, 1, DEADLINE_MS), 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(has_told(&watch));
	watch_close(&watch);
}

/* More events than the kernel keeps, so that it drops the rest and says so. */
static void tells_when_events_were_lost(void **state)
{
	struct watch watch;
	long most = 16384;
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");

	(void)state;
	if (file != NULL && fscanf(file, "%ld", &most) != 1)
		most = 16384;
	if (file != NULL)
		(void)fclose(file);
	put_folder("d");
	put("d/one", "");
	begin(&watch, "d");
	for (long i = 0; i < most / 2 + 8; i++) {
		put_renamed("d/one", "d/two");
		put_renamed("d/two", "d/one");
	}
	assert_true(has_told(&watch));
	assert_false(has_told(&watch));
	watch_close(&watch);
}

static void two_watches_do_not_disturb_each_other(void **state)
{
	struct watch one;
	struct watch two;

	(void)state;
	put("a.yaml", "1");
	put("b.yaml", "1");
	begin(&one, "a.yaml");
	begin(&two, "b.yaml");
	put("a.yaml", "2");
	assert_true(has_told(&one));
	assert_false(has_told(&two));
	watch_close(&one);
	put("b.yaml", "2");
	assert_true(has_told(&two));
	watch_close(&two);
}

static void links_in_a_circle_are_not_followed_for_ever(void **state)
{
	struct watch watch;

	(void)state;
	put_link("two", "one");
	put_link("one", "two");
	begin(&watch, "one");
	put("three", "x");
	put_renamed("three", "two");
	assert_true(has_told(&watch));
	watch_close(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(tells_a_file_written_in_place_when_it_is_closed),
		test_in_folder(tells_nothing_of_a_new_file_until_its_writer_is_done),
		test_in_folder(holds_back_what_happens_beside_a_writer),
		test_in_folder(a_file_truncated_by_path_is_not_being_written),
		test_in_folder(a_writer_who_is_silent_for_long_is_not_waited_for),
		test_in_folder(tells_a_file_renamed_into_place),
		test_in_folder(tells_links_that_are_made),
		test_in_folder(tells_entries_that_go_or_change_mode),
		test_in_folder(is_not_woken_by_other_names),
		test_in_folder(tells_every_swap_of_a_kubelet_volume),
		test_in_folder(tells_a_file_in_a_volume_that_is_mounted_alone),
		test_in_folder(tells_a_directory_gone_and_back),
		test_in_folder(tells_a_parent_moved_away_and_back),
		test_in_folder(tells_a_link_on_the_way_that_is_swapped),
		test_in_folder(tells_an_entry_that_is_a_link_whose_target_is_written),
		test_in_folder(waits_for_what_is_not_there_yet),
		test_in_folder(wakes_a_loop_through_its_descriptor),
		test_in_folder(tells_when_events_were_lost),
		test_in_folder(two_watches_do_not_disturb_each_other),
		test_in_folder(links_in_a_circle_are_not_followed_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
