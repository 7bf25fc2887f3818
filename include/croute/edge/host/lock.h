/* lock.h - one croute at a time in a network namespace. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "croute/base/error.h"

#define LOCK_NAMES 8
#define LOCK_WORD_MAX 16    /* with the NUL */
#define LOCK_ANSWER_MAX 320 /* likewise */
#define LOCK_PASSED_OVER_MAX 160

/*
 * An abstract UNIX socket (unix(7)): it belongs to the network namespace whatever container its
 * holder is in, needs no file, and is gone with its holder. Anybody may bind such a name, so there
 * are several, `croute.0` to `croute.7` and then random ones, and the kernel is asked whose each
 * is: a user without privilege can neither keep croute out by taking some, nor seem to be it.
 */
struct lock {
	int fd;					/* listens; -1: not held */
	char passed_over[LOCK_PASSED_OVER_MAX]; /* names held by strangers, told for the log; "" for
						   none */
};

/*
 * Take the lock, waiting for it up to `wait_ms`. 0; -EBUSY with `err`, which names the holder, and
 * holds what it answers to LOCK_WHY; or another -errno. `out` is filled on success only.
 */
int lock_take(int wait_ms, struct lock *out, struct error *err);

/* Who holds the lock. */
struct lock_holder {
	pid_t pid;	 /* 0: in another container, or not told */
	pid_t inner_pid; /* what it calls itself there, as getpid(2) tells it; 0: not known */
};

/*
 * Whether somebody holds the lock, without taking it. Besides root and our own user `also` counts:
 * the agent's, where that is known. False, too, when it cannot be asked.
 */
bool lock_held_by(uid_t also, struct lock_holder *out);

void lock_release(struct lock *lock);

/* Be the one who is named as the holder of a lock that was inherited from another process. 0 or
 * -errno with `err`. */
int lock_take_over(const struct lock *lock, struct error *err);

#define LOCK_WHY "why" /* what the lock is held for */

/* Somebody who has asked the holder something and waits for the answer. */
struct lock_question {
	int fd;
	char word[LOCK_WORD_MAX];
};

/*
 * Take the next question, when the lock's `fd` is readable. False when there is none: whoever asks
 * nothing, or is neither root nor our own user, gets silence.
 */
bool lock_hear(const struct lock *lock, struct lock_question *out);

/* Answer, at most LOCK_ANSWER_MAX - 1 bytes of it; the question is then over. */
void lock_answer(struct lock_question *question, const char *text);

/* Begin a longer answer, or go on with it. 0, or -errno when the reader does not keep up: then the
 * rest is not worth trying. */
int lock_answer_part(const struct lock_question *question, const char *text, size_t len);

/*
 * Ask the holder, who has `wait_ms` for the answer. 0 with it in `out`; -ESRCH when nobody holds
 * the lock; -ENODATA when the holder answers nothing, with `err` naming it.
 */
int lock_ask(const char *word, int wait_ms, char out[LOCK_ANSWER_MAX], struct error *err);

/* The same for a longer answer: a descriptor to read it from. */
int lock_call(const char *word, struct error *err);
