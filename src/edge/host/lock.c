/* lock.c - one croute at a time in a network namespace. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/fd.h"
#include "croute/edge/host/processes.h"
#include "edge/host/listeners.h"

#define PREFIX "croute." /* of all names of the lock */
#define BACKLOG 64	 /* a one-shot command never accepts: this many may ask meanwhile */
#define SLICE_MS 40	 /* between two tries while waiting */
#define WHY_MS 100	 /* for the holder to say what it holds the lock for */
#define WORD_MS 500	 /* for one who asks to say what */
#define ASK_MOST 10	 /* times, of a holder that hung up first */

/* An abstract name: a zero byte comes first, and its length is part of it. */
static struct listener name_of(unsigned number)
{
	struct listener name = {.name = {.sun_family = AF_UNIX}};
	struct buf text = {.data = name.name.sun_path + 1, .size = 32};

	buf_add(&text, PREFIX "%u", number);
	name.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + text.len);
	return name;
}

static bool is_name(const struct listener *a, const struct listener *b)
{
	return a->len == b->len && memcmp(&a->name, &b->name, a->len) == 0;
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int try_bind(int fd, unsigned number, struct listener *out)
{
	*out = name_of(number);
	return bind(fd, (struct sockaddr *)&out->name, out->len) < 0 ? -errno : 0;
}

/* Bind the first free name. Somebody who has taken them all cannot take those that nobody can
 * foresee; the kernel tells who listens on these, too. 0 or -errno. */
static int bind_first(int fd, struct listener *out)
{
	int status = -EADDRINUSE;

	for (unsigned i = 0; i < 2 * LOCK_NAMES && status == -EADDRINUSE; i++) {
		unsigned number = i;

		if (i >= LOCK_NAMES && getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
			return status;
		status = try_bind(fd, number, out);
	}
	return status;
}

/* NULL: one that does not answer. A process of another container has no number here: the kernel
 * reports 0. */
static void add_holder(struct buf *text, const struct ucred *holder)
{
	if (holder == NULL || holder->pid == 0) {
		buf_add(text, holder == NULL ? "a process that does not answer"
					     : "a process in another container");
		return;
	}
	(void)host_process_add(text, (uint32_t)holder->pid);
}

static bool counts(const struct ucred *holder)
{
	return holder->uid == 0 || holder->uid == geteuid();
}

struct look {
	const struct listener *own; /* not one of the others; NULL: none */
	uid_t also;		    /* counts besides root and our own user */
	const char *word;	    /* what a holder is asked; NULL: nothing */
	int wait_ms;		    /* for the answer */
	int *call; /* where the answer is left to be read from; NULL: in `answer` */
	bool held;
	bool answered;
	bool silent;  /* the holder does not answer: its number is not known */
	bool unheard; /* it hung up without reading the word, for which this process took too long
		       */
	struct ucred holder;
	char answer[LOCK_ANSWER_MAX];
	char passed_over[LOCK_PASSED_OVER_MAX];
};

static int refuse(const struct look *look, struct error *err)
{
	struct buf text = BUF_LOCAL(128);

	add_holder(&text, look->silent ? NULL : &look->holder);
	return error_set(err, EBUSY,
			 "the lock of this network namespace is held by %s; one croute writes at "
			 "a time",
			 text.data);
}

static void pass_over(struct look *look, const struct listener *name, const struct ucred *who,
		      bool silent)
{
	struct buf text = {.data = look->passed_over,
			   .size = sizeof(look->passed_over),
			   .len = strlen(look->passed_over)};
	size_t begin = offsetof(struct sockaddr_un, sun_path) + 1;

	buf_add(&text, "%s", text.len > 0 ? ", " : "");
	buf_add_safe(&text, (struct text){.at = name->name.sun_path + 1, .len = name->len - begin});
	buf_add(&text, " of user %u by ", (unsigned)who->uid);
	add_holder(&text, silent ? NULL : who);
}

static int connect_to(const struct listener *name)
{
	int fd = new_socket();
	int status = 0;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&name->name, name->len) < 0)
		status = -errno;
	if (status == 0)
		return fd;
	fd_close(&fd);
	return status;
}

/* What the holder of a name answers; 0 or -errno: -ENODATA when it is silence, -ECONNRESET when the
 * question was not read (net/unix/af_unix.c, unix_release_sock). */
static int read_answer(int fd, int wait_ms, char out[LOCK_ANSWER_MAX])
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int64_t end = host_now_ms() + wait_ms;
	size_t len = 0;

	while (len < LOCK_ANSWER_MAX - 1) {
		int64_t left = end - host_now_ms();
		ssize_t got;

		if (poll(&ready, 1, left > 0 ? (int)left : 0) <= 0)
			return -ENODATA;
		got = read(fd, out + len, LOCK_ANSWER_MAX - 1 - len);
		if (got < 0 && errno == ECONNRESET)
			return -ECONNRESET;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	out[len] = '\0';
	return len > 0 ? 0 : -ENODATA;
}

/* Ends the search. */
static int find(struct look *look, const struct ucred *who, int *fd)
{
	int status;

	look->held = true;
	look->holder = *who;
	look->silent = *fd < 0;
	if (look->word == NULL)
		return -ECANCELED;
	if (*fd < 0)
		return 0;
	look->unheard = send(*fd, look->word, strlen(look->word), MSG_NOSIGNAL) < 0;
	if (look->unheard)
		return 0;
	if (look->call != NULL) {
		*look->call = *fd;
		*fd = -1;
		return -ECANCELED;
	}
	status = read_answer(*fd, look->wait_ms, look->answer);
	look->answered = status == 0;
	look->unheard = status == -ECONNRESET;
	return look->answered ? -ECANCELED : 0;
}

/*
 * A name that nobody listens on is free, or its owner has not looked around yet and will then find
 * us. Whose a listener is the kernel reports without asking it: its backlog may be full.
 */
static int take_listener(void *context, const struct listener *listener)
{
	struct look *look = context;
	struct ucred who = {.pid = 0};
	socklen_t size = sizeof(who);
	CLEANUP_FD int fd = -1;

	if (look->own != NULL && is_name(look->own, listener))
		return 0;
	fd = connect_to(listener);
	if (fd == -ECONNREFUSED)
		return 0;
	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return -errno;
	if (listener->has_owner)
		who.uid = listener->uid;
	if ((fd < 0 && !listener->has_owner) || counts(&who) || who.uid == look->also)
		return find(look, &who, &fd);
	pass_over(look, listener, &who, fd < 0);
	return 0;
}

/* A kernel without diagnostics of UNIX sockets is asked name by name. 0 or -errno. */
static int look_around(struct look *look)
{
	int status = listeners_find(PREFIX, take_listener, look);
	struct listener name = name_of(0);

	if (status == -ECANCELED)
		return 0;
	if (status < 0 && look->own != NULL && look->own->len > name.len)
		return status; /* nobody would find us */
	if (status < 0)
		look->passed_over[0] = '\0';
	for (unsigned number = 0; status < 0 && number < LOCK_NAMES; number++) {
		name = name_of(number);
		if (take_listener(look, &name) < 0)
			break;
	}
	return 0;
}

static int take_look(const struct listener *own, struct lock *out, struct error *err)
{
	struct look look = {.own = own, .also = geteuid()};
	int status = look_around(&look);

	if (status < 0)
		return error_set(err, -status, "cannot query the lock: %s", strerror(-status));
	if (look.held)
		return refuse(&look, err);
	memcpy(out->passed_over, look.passed_over, sizeof(out->passed_over));
	return 0;
}

/* Listening comes before looking around: of two that start at once, at least one sees the other. */
static int try_once(struct lock *out, struct error *err)
{
	struct lock lock = {.fd = -1};
	CLEANUP_FD int fd = new_socket();
	struct listener own;
	int status = fd < 0 ? fd : bind_first(fd, &own);

	if (status == 0 && listen(fd, BACKLOG) < 0)
		status = -errno;
	if (status < 0)
		return error_set(err, -status, "cannot create the lock: %s", strerror(-status));
	status = take_look(&own, &lock, err);
	if (status < 0)
		return status;
	lock.fd = fd;
	fd = -1;
	*out = lock;
	return 0;
}

/* What a process calls itself in the innermost of its PID namespaces: the last number of NSpid in
 * /proc/PID/status (proc_pid_status(5)). 0 when that is not to be seen. */
static pid_t inner_pid_of(pid_t pid)
{
	struct buf path = BUF_LOCAL(4096);
	const char *line;
	long number = 0;

	buf_add(&path, "/proc/%d/status", (int)pid);
	(void)fd_read_start(AT_FDCWD, path.data, path.data, path.size);
	line = strstr(path.data, "\nNSpid:");
	if (line == NULL)
		return 0;
	for (line += 7; *line == '\t';) {
		char *end;

		number = strtol(line + 1, &end, 10);
		line = end;
	}
	return (pid_t)number;
}

bool lock_held_by(uid_t also, struct lock_holder *out)
{
	struct look look = {.also = also};

	if (look_around(&look) < 0 || !look.held)
		return false;
	out->pid = look.silent ? 0 : look.holder.pid;
	out->inner_pid = out->pid > 0 ? inner_pid_of(out->pid) : 0;
	return true;
}

/* Ask who holds the lock; false: nobody does. */
static bool ask_around(struct look *look)
{
	const struct look question = *look;

	for (int i = 0; i < ASK_MOST && (i == 0 || look->unheard); i++) {
		*look = question;
		if (look_around(look) < 0 || !look->held)
			return false;
	}
	return true;
}

int lock_ask(const char *word, int wait_ms, char out[LOCK_ANSWER_MAX], struct error *err)
{
	struct look look = {.also = geteuid(), .word = word, .wait_ms = wait_ms};

	if (!ask_around(&look))
		return -ESRCH;
	if (look.answered) {
		memcpy(out, look.answer, sizeof(look.answer));
		return 0;
	}
	(void)refuse(&look, err);
	return -ENODATA;
}

int lock_call(const char *word, struct error *err)
{
	int fd = -1;
	struct look look = {.also = geteuid(), .word = word, .call = &fd};

	if (!ask_around(&look))
		return -ESRCH;
	if (fd < 0)
		(void)refuse(&look, err);
	return fd < 0 ? -ENODATA : fd;
}

static int explain(struct error *err)
{
	struct error refused = *err;
	char answer[LOCK_ANSWER_MAX];

	if (lock_ask(LOCK_WHY, WHY_MS, answer, NULL) < 0)
		return -EBUSY;
	return error_set(err, EBUSY, "%.180s; %s", refused.text, answer);
}

/* Two waiting processes see each other's tries, so they must not keep in step. */
int lock_take(int wait_ms, struct lock *out, struct error *err)
{
	int64_t end = host_now_ms() + wait_ms;
	int slice = SLICE_MS + (int)(getpid() % SLICE_MS);
	int status = try_once(out, err);

	while (status == -EBUSY && host_now_ms() < end) {
		(void)poll(NULL, 0, slice);
		status = try_once(out, err);
	}
	return status == -EBUSY && err != NULL ? explain(err) : status;
}

/* Listening again notes who listens (net/unix/af_unix.c, unix_listen). */
int lock_take_over(const struct lock *lock, struct error *err)
{
	if (listen(lock->fd, BACKLOG) < 0)
		return error_set(err, errno, "cannot take over the lock: %s", strerror(errno));
	return 0;
}

/* What was said, by one who may ask; false for silence. */
static bool hear(int fd, char word[LOCK_WORD_MAX])
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct ucred other = {.pid = 0};
	socklen_t size = sizeof(other);
	ssize_t got;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &size) < 0 || !counts(&other) ||
	    poll(&ready, 1, WORD_MS) <= 0)
		return false;
	got = recv(fd, word, LOCK_WORD_MAX - 1, MSG_DONTWAIT);
	word[got > 0 ? got : 0] = '\0';
	return got > 0;
}

bool lock_hear(const struct lock *lock, struct lock_question *out)
{
	struct lock_question question;

	while ((question.fd = accept4(lock->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (hear(question.fd, question.word)) {
			*out = question;
			return true;
		}
		(void)close(question.fd);
	}
	return false;
}

void lock_answer(struct lock_question *question, const char *text)
{
	(void)send(question->fd, text, strnlen(text, LOCK_ANSWER_MAX - 1), MSG_NOSIGNAL);
	fd_drop(&question->fd);
}

int lock_answer_part(const struct lock_question *question, const char *text, size_t len)
{
	struct pollfd ready = {.fd = question->fd, .events = POLLOUT};

	while (len > 0) {
		ssize_t sent = poll(&ready, 1, WORD_MS) == 1
				       ? send(question->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT)
				       : -1;

		if (sent < 0)
			return -EPIPE;
		text += sent;
		len -= (size_t)sent;
	}
	return 0;
}

void lock_release(struct lock *lock)
{
	fd_drop(&lock->fd);
}
