/* test_lock_ask.c - asking the holder of the lock, and taking the lock over from a parent. */
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
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
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

static bool slow; /* says its word when the holder has hung up */

/* In the place of libc's. */
ssize_t send(int fd, const void *data, size_t len, int flags)
{
	struct pollfd hung_up = {.fd = fd};

	if (slow)
		(void)poll(&hung_up, 1, DEADLINE_MS);
	slow = false;
	return sendto(fd, data, len, flags, NULL, 0);
}

/* Answer what is asked, with the word in it, forever. */
static void answer_all(const struct lock *lock)
{
	struct pollfd ready = {.fd = lock->fd, .events = POLLIN};

	while (poll(&ready, 1, -1) > 0) {
		struct lock_question question;

		while (lock_hear(lock, &question)) {
			char text[64];

			(void)snprintf(text, sizeof(text), "it heard %s", question.word);
			lock_answer(&question, text);
		}
	}
}

/* A child of a child, which answers for a lock that its parent took, and which it took over. */
static pid_t answerer_start(void)
{
	int ready[2];
	pid_t pid = 0;

	assert_int_equal(pipe(ready), 0);
	if (fork() == 0) {
		struct lock lock;

		if (lock_take(0, &lock, NULL) < 0 || fork() > 0)
			_exit(0);
		pid = getpid();
		if (lock_take_over(&lock, NULL) < 0 ||
		    write(ready[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		answer_all(&lock);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)wait(NULL);
	assert_int_equal(read(ready[0], &pid, sizeof(pid)), sizeof(pid));
	(void)close(ready[0]);
	return pid;
}

static void answerer_end(pid_t pid)
{
	struct lock lock;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(lock_take(DEADLINE_MS, &lock, NULL), 0);
	lock_release(&lock);
}

static void nobody_answers_for_a_free_lock(void **state)
{
	char answer[LOCK_ANSWER_MAX] = "as before";

	(void)state;
	assert_int_equal(lock_ask("confirm", DEADLINE_MS, answer, NULL), -ESRCH);
	assert_string_equal(answer, "as before");
}

static void the_holder_answers_what_it_was_asked(void **state)
{
	char answer[LOCK_ANSWER_MAX];
	pid_t pid = answerer_start();

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lock_ask("confirm", DEADLINE_MS, answer, NULL), 0);
		assert_string_equal(answer, "it heard confirm");
	}
	answerer_end(pid);
}

static void one_who_was_too_slow_asks_again(void **state)
{
	char answer[LOCK_ANSWER_MAX];
	pid_t pid = answerer_start();

	(void)state;
	slow = true;
	assert_int_equal(lock_ask("confirm", DEADLINE_MS, answer, NULL), 0);
	assert_string_equal(answer, "it heard confirm");
	assert_false(slow);
	answerer_end(pid);
}

static void a_refusal_names_who_took_it_over_and_why(void **state)
{
	struct lock_holder holder = {0};
	struct error err = {0};
	struct lock lock;
	char number[32];
	pid_t pid = answerer_start();

	(void)state;
	(void)snprintf(number, sizeof(number), "by process %d ", (int)pid);
	assert_int_equal(lock_take(0, &lock, &err), -EBUSY);
	assert_non_null(strstr(err.text, number));
	assert_non_null(strstr(err.text, "; it heard " LOCK_WHY));
	assert_true(lock_held_by(geteuid(), &holder));
	assert_int_equal(holder.pid, pid);
	answerer_end(pid);
}

static void a_holder_that_hangs_up_is_named(void **state)
{
	char answer[LOCK_ANSWER_MAX];
	struct error err = {0};
	struct lock lock;

	(void)state;
	assert_int_equal(lock_take(0, &lock, NULL), 0);
	assert_int_equal(lock_ask("confirm", 20, answer, &err), -ENODATA);
	assert_non_null(strstr(err.text, "is held by process"));
	lock_release(&lock);
}

/* One who asks nothing gets nothing, and keeps nobody. */
static void silence_is_passed_over(void **state)
{
	struct lock_holder holder;
	struct lock_question question;
	struct lock lock;

	(void)state;
	assert_int_equal(lock_take(0, &lock, NULL), 0);
	assert_true(lock_held_by(geteuid(), &holder));
	assert_false(lock_hear(&lock, &question));
	lock_release(&lock);
}

static void a_stranger_gets_no_answer(void **state)
{
	int status = 0;
	pid_t pid;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = answerer_start();
	child = fork();
	if (child == 0) {
		char answer[LOCK_ANSWER_MAX];

		if (setuid(65534) < 0)
			_exit(1);
		_exit(lock_ask("confirm", DEADLINE_MS, answer, NULL) == -ENODATA ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	answerer_end(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_answers_for_a_free_lock),
		cmocka_unit_test(the_holder_answers_what_it_was_asked),
		cmocka_unit_test(one_who_was_too_slow_asks_again),
		cmocka_unit_test(a_refusal_names_who_took_it_over_and_why),
		cmocka_unit_test(a_holder_that_hangs_up_is_named),
		cmocka_unit_test(silence_is_passed_over),
		cmocka_unit_test(a_stranger_gets_no_answer),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
