/* lock.h - one croute at a time in a network namespace. */
#ifndef CROUTE_EDGE_LOCK_H
#define CROUTE_EDGE_LOCK_H

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

/* Answer those who ask whether somebody lives behind the lock, when `fd` is readable. */
void lock_serve(const struct lock *lock);
void lock_release(struct lock *lock);

#endif
