/* lock.h - one croute at a time in a network namespace. */
#ifndef CROUTE_EDGE_LOCK_H
#define CROUTE_EDGE_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "croute/base/error.h"

#define LOCK_NAMES 8

/*
 * An abstract UNIX socket (unix(7)): it belongs to the network namespace whatever container its
 * holder is in, needs no file, and is gone with its holder. Anybody may bind such a name, so there
 * are several, `croute.0` to `croute.7`: a user without privilege can neither keep croute out by
 * taking one, nor seem to be it.
 */
struct lock {
	int fd;		       /* listens; -1: not held */
	char passed_over[160]; /* names held by strangers, told for the log; "" for none */
};

/*
 * Take the lock, waiting for it up to `wait_ms`. 0; -EBUSY with `err`, which names the holder; or
 * another -errno. `out` is filled on success only.
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

/* Answer those who ask whether somebody lives behind the lock, when `fd` is readable. */
void lock_serve(const struct lock *lock);
void lock_release(struct lock *lock);

#endif
