/* test_lock.c - one croute at a time, in a network namespace of the test's own. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 60000

static int enter_namespace(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return 0;
	(void)fprintf(stderr, "no network namespace can be made here: skipped\n");
	_exit(0);
}

/* A socket of a stranger's on a name of the lock's, with a backlog of `backlog`. */
static int bind_name(char number, int backlog)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "_croute.0"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	name.sun_path[0] = '\0';
	name.sun_path[8] = number;
	assert_int_equal(bind(fd, (struct sockaddr *)&name,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 9)),
			 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* A process that holds the lock until its pipe is closed; `*until` is that pipe. */
static pid_t holder_start(int *until)
{
	int ready[2];
	int end[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	child = fork();
	if (child == 0) {
		struct lock lock;

		(void)close(end[1]);
		if (lock_take(0, &lock, NULL) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)close(end[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	*until = end[1];
	return child;
}

static void holder_end(pid_t child, int until)
{
	(void)close(until);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_free_lock_is_taken_and_given_back(void **state)
{
	struct lock lock = {.fd = -1};

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lock_take(0, &lock, NULL), 0);
		assert_true(lock.fd >= 0);
		assert_string_equal(lock.passed_over, "");
		lock_release(&lock);
		assert_int_equal(lock.fd, -1);
	}
}

static void a_second_croute_is_told_who_holds_it(void **state)
{
	struct lock lock = {.fd = -7};
	struct error err;
	int until;
	pid_t child = holder_start(&until);
	char words[64];

	(void)state;
	assert_int_equal(lock_take(0, &lock, &err), -EBUSY);
	assert_int_equal(lock.fd, -7);
	(void)snprintf(words, sizeof(words), "process %d (test_lock)", (int)child);
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, err.text);
	holder_end(child, until);
	assert_int_equal(lock_take(0, &lock, &err), 0);
	lock_release(&lock);
}

static void a_killed_holder_holds_nothing(void **state)
{
	struct lock lock;
	int until;
	pid_t child = holder_start(&until);

	(void)state;
	assert_int_equal(kill(child, SIGKILL), 0);
	holder_end(child, until);
	assert_int_equal(lock_take(0, &lock, NULL), 0);
	lock_release(&lock);
}

static void a_command_waits_for_the_one_before_it(void **state)
{
	struct lock lock;
	int until;
	pid_t child = holder_start(&until);
	pid_t waiter = fork();
	int status = 0;

	(void)state;
	if (waiter == 0) {
		(void)close(until);
		_exit(lock_take(DEADLINE_MS, &lock, NULL) == 0 ? 0 : 1);
	}
	holder_end(child, until);
	assert_int_equal(waitpid(waiter, &status, 0), waiter);
	assert_int_equal(status, 0);
}

static void a_holder_answers_all_who_ask(void **state)
{
	struct lock lock;
	struct lock other;
	struct lock_question question;
	struct pollfd poll_fd;

	(void)state;
	assert_int_equal(lock_take(0, &lock, NULL), 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(lock_take(0, &other, NULL), -EBUSY);
		poll_fd = (struct pollfd){.fd = lock.fd, .events = POLLIN};
		assert_int_equal(poll(&poll_fd, 1, DEADLINE_MS), 1);
		assert_false(lock_hear(&lock, &question));
		assert_int_equal(poll(&poll_fd, 1, 0), 0);
	}
	lock_release(&lock);
}

static void a_holder_that_answers_nobody_still_holds_it(void **state)
{
	struct lock lock;
	struct error err;
	int fd = bind_name('3', 0);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(lock_take(0, &lock, &err), -EBUSY);
	assert_non_null(strstr(err.text, "does not answer"));
	(void)close(fd);
}

/* A stranger with all but one name listening neither keeps croute out nor goes unmentioned. */
static void a_stranger_on_a_name_is_named_and_passed_over(void **state)
{
	struct lock_holder holder;
	struct lock lock;
	int ready[2];
	int end[2];
	char byte;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	child = fork();
	if (child == 0) {
		(void)close(end[1]);
		if (setuid(65534) < 0)
			_exit(1);
		(void)bind_name('0', 8);
		(void)bind_name('5', 8);
		(void)!write(ready[1], "r", 1);
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(lock_take(0, &lock, NULL), 0);
	assert_non_null(strstr(lock.passed_over, "croute.0 of user 65534 by process"));
	assert_non_null(strstr(lock.passed_over, "croute.5"));
	lock_release(&lock);
	assert_false(lock_held_by(geteuid(), &holder));
	assert_true(lock_held_by(65534, &holder));
	assert_int_equal(holder.pid, child);
	(void)close(ready[0]);
	(void)close(end[0]);
	holder_end(child, end[1]);
}

/* Whoever else connects to it gets EAGAIN: nobody takes the two that wait already. */
static void bind_deaf(char number)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(name);

	assert_int_equal(getsockname(bind_name(number, 0), (struct sockaddr *)&name, &len), 0);
	for (int i = 0; i < 2; i++)
		(void)connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
			      (struct sockaddr *)&name, len);
}

/* A stranger on every name that can be foreseen, each with a backlog that is full. */
static void a_stranger_who_answers_nobody_keeps_no_lock(void **state)
{
	struct lock_holder holder;
	struct lock lock;
	struct lock other;
	struct error err;
	int ready[2];
	int end[2];
	char byte;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	child = fork();
	if (child == 0) {
		(void)close(end[1]);
		if (setuid(65534) < 0)
			_exit(1);
		for (char number = '0'; number < '8'; number++)
			bind_deaf(number);
		(void)!write(ready[1], "r", 1);
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_false(lock_held_by(geteuid(), &holder));
	assert_int_equal(lock_take(0, &lock, NULL), 0);
	assert_non_null(
		strstr(lock.passed_over, "of user 65534 by a process that does not answer"));
	assert_true(lock_held_by(geteuid(), &holder));
	assert_int_equal(holder.pid, getpid());
	assert_int_equal(lock_take(0, &other, &err), -EBUSY);
	lock_release(&lock);
	(void)close(ready[0]);
	(void)close(end[0]);
	holder_end(child, end[1]);
}

static void a_question_finds_the_holder_and_takes_nothing(void **state)
{
	struct lock_holder holder = {.pid = -1};
	struct lock lock;
	int until;
	pid_t child;

	(void)state;
	assert_false(lock_held_by(geteuid(), &holder));
	assert_int_equal(holder.pid, -1);
	child = holder_start(&until);
	assert_true(lock_held_by(geteuid(), &holder));
	assert_int_equal(holder.pid, child);
	assert_int_equal(holder.inner_pid, child);
	holder_end(child, until);
	assert_false(lock_held_by(geteuid(), &holder));
	assert_int_equal(lock_take(0, &lock, NULL), 0);
	lock_release(&lock);
}

static void a_silent_holder_holds_it_too(void **state)
{
	struct lock_holder holder;
	int fd = bind_name('3', 0);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(lock_held_by(geteuid(), &holder));
	(void)close(fd);
}

/* The holder is process 1 of a PID namespace of its own, as in a container. */
static void a_holder_in_a_container_is_known_by_both_its_numbers(void **state)
{
	struct lock_holder holder;
	int ready[2];
	char byte = 'r';
	int until;
	pid_t inner;
	pid_t outer;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	outer = fork();
	if (outer == 0) {
		if (unshare(CLONE_NEWPID) < 0)
			_exit(77);
		inner = holder_start(&until);
		(void)!write(ready[1], &byte, 1);
		(void)waitpid(inner, NULL, 0);
		_exit(0);
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		(void)waitpid(outer, NULL, 0);
		skip();
	}
	assert_true(lock_held_by(geteuid(), &holder));
	assert_int_not_equal(holder.pid, outer);
	assert_int_equal(holder.inner_pid, 1);
	assert_int_equal(kill(holder.pid, SIGKILL), 0);
	assert_int_equal(waitpid(outer, NULL, 0), outer);
	(void)close(ready[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_lock_is_taken_and_given_back),
		cmocka_unit_test(a_second_croute_is_told_who_holds_it),
		cmocka_unit_test(a_killed_holder_holds_nothing),
		cmocka_unit_test(a_command_waits_for_the_one_before_it),
		cmocka_unit_test(a_holder_answers_all_who_ask),
		cmocka_unit_test(a_holder_that_answers_nobody_still_holds_it),
		cmocka_unit_test(a_stranger_on_a_name_is_named_and_passed_over),
		cmocka_unit_test(a_stranger_who_answers_nobody_keeps_no_lock),
		cmocka_unit_test(a_question_finds_the_holder_and_takes_nothing),
		cmocka_unit_test(a_silent_holder_holds_it_too),
		cmocka_unit_test(a_holder_in_a_container_is_known_by_both_its_numbers),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
