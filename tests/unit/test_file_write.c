/* test_file_write.c - a file is the old one or the new one, and nothing is left beside it. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/small.h"

#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

static void assert_holds(const char *path, const char *wanted)
{
	char text[4096] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	(void)!fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	assert_string_equal(text, wanted);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = -2; /* . and .. */

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

static mode_t mode_of(const char *path)
{
	struct stat stat;

	assert_int_equal(lstat(path, &stat), 0);
	return stat.st_mode;
}

static void a_file_is_made_and_replaced(void **state)
{
	(void)state;
	assert_int_equal(file_write("a", "one", 3, NULL), 0);
	assert_holds("a", "one");
	assert_int_equal(file_write("a", "second", 6, NULL), 0);
	assert_holds("a", "second");
	assert_int_equal(file_write("a", "", 0, NULL), 0);
	assert_holds("a", "");
	assert_int_equal(count_entries("."), 1);
}

static void who_has_the_old_file_open_keeps_it(void **state)
{
	char text[8] = "";
	int fd;

	(void)state;
	put("a", "old");
	fd = open("a", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write("a", "new", 3, NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "old");
	(void)close(fd);
}

static void all_may_read_it_whatever_the_umask(void **state)
{
	mode_t before = umask(0077);

	(void)state;
	assert_int_equal(file_write("sub/a", "x", 1, NULL), 0);
	(void)umask(0);
	assert_int_equal(file_write("open/a", "x", 1, NULL), 0);
	(void)umask(before);
	assert_int_equal(mode_of("sub/a") & 07777, 0644);
	assert_int_equal(mode_of("sub") & 07777, 0755);
	assert_int_equal(mode_of("open/a") & 07777, 0644);
	assert_int_equal(mode_of("open") & 07777, 0755);
}

static void one_missing_directory_is_made_and_no_more(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(file_write("b/c/a", "x", 1, &err), -ENOENT);
	assert_string_equal(err.text, "b/c/a: cannot be written: No such file or directory");
	assert_int_equal(count_entries("."), 0);
}

static void what_lasts_gets_all_its_directories(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(file_write_lasting("b/c/d/a", text_of("x"), true, NULL), 0);
	assert_holds("b/c/d/a", "x");
	assert_int_equal(mode_of("b/c") & 07777, 0755);
	assert_int_equal(file_write_lasting("b/c/d/a", text_of("new"), false, NULL), 0);
	assert_holds("b/c/d/a", "new");
	assert_int_equal(count_entries("b/c/d"), 1);
	put("file", "x");
	assert_int_equal(file_write_lasting("file/c/a", text_of("x"), false, &err), -ENOTDIR);
}

static void what_must_be_new_takes_nobodys_place(void **state)
{
	struct error err;

	(void)state;
	put("a", "precious");
	put_link("nowhere", "b");
	assert_int_equal(file_write_lasting("a", text_of("x"), true, &err), -EEXIST);
	assert_string_equal(err.text, "a: cannot be written: File exists");
	assert_int_equal(file_write_lasting("b", text_of("x"), true, &err), -EEXIST);
	assert_holds("a", "precious");
	assert_true(S_ISLNK(mode_of("b")));
	assert_int_equal(count_entries("."), 2);
}

static void a_link_is_replaced_and_not_followed(void **state)
{
	(void)state;
	put("precious", "keep");
	put_link("precious", "a");
	put_link("precious", "a.new");
	assert_int_equal(file_write("a", "x", 1, NULL), 0);
	assert_holds("precious", "keep");
	assert_holds("a", "x");
	assert_true(S_ISREG(mode_of("a")));
	assert_int_equal(count_entries("."), 2);
}

static void what_a_killed_writer_left_is_no_hindrance(void **state)
{
	(void)state;
	put("a.new", "half a fi");
	assert_int_equal(mkfifo("b.new", 0600), 0);
	assert_int_equal(file_write("a", "x", 1, NULL), 0);
	assert_int_equal(file_write("b", "x", 1, NULL), 0);
	assert_holds("a", "x");
	assert_int_equal(count_entries("."), 2);
}

static void a_failure_leaves_nothing_behind(void **state)
{
	struct error err;

	(void)state;
	put_folder("a");
	assert_int_equal(file_write("a", "x", 1, &err), -EISDIR);
	assert_int_equal(count_entries("."), 1);
}

static void a_path_too_long_is_told(void **state)
{
	char path[PATH_MAX + 1];
	struct error err;

	(void)state;
	memset(path, 'a', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_int_equal(file_write(path, "x", 1, &err), -ENAMETOOLONG);
	path[PATH_MAX - 4] = '\0';
	assert_int_equal(file_write(path, "x", 1, &err), -ENAMETOOLONG);
}

/* In a mount namespace of its own: 0 when all is well, 77 when none can be had, else the number of
 * what failed. */
static int try_full_disk(void)
{
	static char large[256 * 1024];
	struct error err = {0};
	char text[8] = "";
	int fd;

	if ((unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mkdir("small", 0755) < 0 ||
	    mount("tmpfs", "small", "tmpfs", 0, "size=65536") < 0)
		return 77;
	if (file_write("small/a", "old", 3, &err) < 0)
		return 1;
	if (file_write("small/a", large, sizeof(large), &err) != -ENOSPC)
		return 2;
	if (strcmp(err.text, "small/a: cannot be written: No space left on device") != 0)
		return 3;
	fd = open("small/a", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text)) != 3 || strcmp(text, "old") != 0)
		return 4;
	if (access("small/a.new", F_OK) == 0)
		return 5;
	return file_write("small/a", "new", 3, &err) < 0 ? 6 : 0;
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	if (child == 0)
		_exit(try_full_disk());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no mount namespace can be made here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(a_file_is_made_and_replaced),
		test_in_folder(who_has_the_old_file_open_keeps_it),
		test_in_folder(all_may_read_it_whatever_the_umask),
		test_in_folder(one_missing_directory_is_made_and_no_more),
		test_in_folder(what_lasts_gets_all_its_directories),
		test_in_folder(what_must_be_new_takes_nobodys_place),
		test_in_folder(a_link_is_replaced_and_not_followed),
		test_in_folder(what_a_killed_writer_left_is_no_hindrance),
		test_in_folder(a_failure_leaves_nothing_behind),
		test_in_folder(a_path_too_long_is_told),
		test_in_folder(a_full_disk_leaves_the_old_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
