/* lock.c - one croute at a time in a network namespace. */
#include "croute/edge/host/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/fd.h"

#define BACKLOG 64  /* a one-shot command never accepts: this many may ask meanwhile */
#define SLICE_MS 40 /* between two tries while waiting */
#define WHY_MS 100  /* for the holder to say what it holds the lock for */
#define WORD_MS 500 /* for one who asks to say what */

/* An abstract name: a zero byte comes first, and its length is part of it. */
static socklen_t name_of(int number, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(out->sun_path + 1, "croute.", 7);
	out->sun_path[8] = (char)('0' + number);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 9);
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* Bind the first free name; its number, or -errno. */
static int bind_first(int fd)
{
	for (int number = 0; number < LOCK_NAMES; number++) {
		struct sockaddr_un name;
		socklen_t len = name_of(number, &name);

		if (bind(fd, (struct sockaddr *)&name, len) == 0)
			return number;
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

/* What the process calls itself, where /proc shows it. */
static void add_command(struct buf *text, pid_t pid)
{
	char space[64];
	struct buf path = BUF_OVER(space);
	char name[32];
	size_t len;

	buf_add(&path, "/proc/%d/comm", (int)pid);
	len = fd_read_start(AT_FDCWD, space, name, sizeof(name));
	if (len <= 1)
		return;
	buf_add(text, " (");
	buf_add_safe(text, (struct text){.at = name, .len = len - 1});
	buf_add(text, ")");
}

/* A process of another container has no number here: the kernel tells 0. */
static void add_holder(struct buf *text, const struct ucred *holder)
{
	if (holder->pid == 0) {
		buf_add(text, "a process in another container");
		return;
	}
	buf_add(text, "process %d", (int)holder->pid);
	add_command(text, holder->pid);
}

static int refuse(const struct ucred *holder, struct error *err)
{
	char space[128];
	struct buf text = BUF_OVER(space);

	if (holder == NULL)
		buf_add(&text, "a process that does not answer");
	else
		add_holder(&text, holder);
	return error_set(err, EBUSY,
			 "the lock of this network namespace is held by %s; one croute writes at "
			 "a time",
			 space);
}

static bool counts(const struct ucred *holder)
{
	return holder->uid == 0 || holder->uid == geteuid();
}

static void pass_over(struct lock *lock, int number, const struct ucred *holder)
{
	struct buf text = {.data = lock->passed_over,
			   .size = sizeof(lock->passed_over),
			   .len = strlen(lock->passed_over)};

	buf_add(&text, "%scroute.%d of user %u by ", text.len > 0 ? ", " : "", number,
		(unsigned)holder->uid);
	add_holder(&text, holder);
}

/*
 * Whether the holder of another name lets us be: 0, or -EBUSY. A name that nobody listens on is
 * free, or its owner has not looked around yet and will then find us.
 */
static int ask_holder(struct lock *lock, int number, struct error *err)
{
	struct sockaddr_un name;
	socklen_t len = name_of(number, &name);
	struct ucred holder;
	socklen_t size = sizeof(holder);
	CLEANUP_FD int fd = new_socket();

	if (fd < 0)
		return error_set(err, -fd, "the lock cannot be asked for: %s", strerror(-fd));
	if (connect(fd, (struct sockaddr *)&name, len) < 0)
		return errno == ECONNREFUSED ? 0 : refuse(NULL, err);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size) < 0)
		return refuse(NULL, err);
	if (counts(&holder))
		return refuse(&holder, err);
	pass_over(lock, number, &holder);
	return 0;
}

static int ask_others(struct lock *lock, int own, struct error *err)
{
	for (int number = 0; number < LOCK_NAMES; number++) {
		int status = number == own ? 0 : ask_holder(lock, number, err);

		if (status < 0)
			return status;
	}
	return 0;
}

/* Listening comes before looking around: of two that start at once, at least one sees the other. */
static int try_once(struct lock *out, struct error *err)
{
	struct lock lock = {.fd = -1};
	CLEANUP_FD int fd = new_socket();
	int number;
	int status;

	if (fd < 0)
		return error_set(err, -fd, "the lock cannot be made: %s", strerror(-fd));
	number = bind_first(fd);
	if (number < 0 && number != -EADDRINUSE)
		return error_set(err, -number, "the lock cannot be made: %s", strerror(-number));
	if (number >= 0 && listen(fd, BACKLOG) < 0)
		return error_set(err, errno, "the lock cannot be made: %s", strerror(errno));
	status = ask_others(&lock, number, err);
	if (status < 0)
		return status;
	if (number < 0)
		return error_set(err, EBUSY, "all names of the lock are taken: %s",
				 lock.passed_over);
	lock.fd = fd;
	fd = -1;
	*out = lock;
	return 0;
}

/* What a process calls itself in the innermost of its PID namespaces: the last number of NSpid in
 * /proc/PID/status (proc_pid_status(5)). 0 when that is not to be seen. */
static pid_t inner_pid_of(pid_t pid)
{
	char space[4096];
	struct buf path = BUF_OVER(space);
	const char *line;
	long number = 0;

	buf_add(&path, "/proc/%d/status", (int)pid);
	(void)fd_read_start(AT_FDCWD, space, space, sizeof(space));
	line = strstr(space, "\nNSpid:");
	if (line == NULL)
		return 0;
	for (line += 7; *line == '\t';) {
		char *end;

		number = strtol(line + 1, &end, 10);
		line = end;
	}
	return (pid_t)number;
}

/* Whether one who counts stands behind a name. */
static bool holds(int number, uid_t also, struct lock_holder *out)
{
	struct sockaddr_un name;
	socklen_t len = name_of(number, &name);
	struct ucred holder = {.pid = 0};
	socklen_t size = sizeof(holder);
	CLEANUP_FD int fd = new_socket();

	if (fd < 0)
		return false;
	*out = (struct lock_holder){.pid = 0};
	if (connect(fd, (struct sockaddr *)&name, len) < 0)
		return errno == EAGAIN;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size) < 0)
		return true;
	if (!counts(&holder) && holder.uid != also)
		return false;
	out->pid = holder.pid;
	out->inner_pid = holder.pid > 0 ? inner_pid_of(holder.pid) : 0;
	return true;
}

bool lock_held_by(uid_t also, struct lock_holder *out)
{
	struct lock_holder holder;

	for (int number = 0; number < LOCK_NAMES; number++) {
		if (!holds(number, also, &holder))
			continue;
		*out = holder;
		return true;
	}
	return false;
}

/* What the holder of a name answers; 0 or -errno, -ENODATA when it is silence. */
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
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	out[len] = '\0';
	return len > 0 ? 0 : -ENODATA;
}

/* -ESRCH: nobody who counts is behind the name. */
static int ask_name(int number, const char *word, int wait_ms, char out[LOCK_ANSWER_MAX],
		    struct error *err)
{
	struct sockaddr_un name;
	socklen_t len = name_of(number, &name);
	struct ucred holder = {.pid = 0};
	socklen_t size = sizeof(holder);
	CLEANUP_FD int fd = new_socket();

	if (fd < 0 || connect(fd, (struct sockaddr *)&name, len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size) < 0 || !counts(&holder))
		return -ESRCH;
	if (send(fd, word, strlen(word), MSG_NOSIGNAL) > 0 && read_answer(fd, wait_ms, out) == 0)
		return 0;
	(void)refuse(&holder, err);
	return -ENODATA;
}

int lock_ask(const char *word, int wait_ms, char out[LOCK_ANSWER_MAX], struct error *err)
{
	char answer[LOCK_ANSWER_MAX];
	int status = -ESRCH;

	for (int number = 0; number < LOCK_NAMES; number++) {
		int got = ask_name(number, word, wait_ms, answer, err);

		if (got == 0) {
			memcpy(out, answer, sizeof(answer));
			return 0;
		}
		status = got == -ENODATA ? got : status;
	}
	return status;
}

static int explain(struct error *err)
{
	struct error refused = *err;
	char answer[LOCK_ANSWER_MAX];

	if (lock_ask(LOCK_WHY, WHY_MS, answer, NULL) < 0)
		return -EBUSY;
	return error_set(err, EBUSY, "%.180s; %s", refused.text, answer);
}

/* Two that wait see each other's tries, so they must not go in step. */
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

/* Listening anew notes who listens (net/unix/af_unix.c, unix_listen). */
int lock_take_over(const struct lock *lock, struct error *err)
{
	if (listen(lock->fd, BACKLOG) < 0)
		return error_set(err, errno, "the lock cannot be taken over: %s", strerror(errno));
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
	fd_close(&question->fd);
	question->fd = -1;
}

void lock_serve(const struct lock *lock)
{
	int fd;

	while ((fd = accept4(lock->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		(void)close(fd);
}

void lock_release(struct lock *lock)
{
	fd_close(&lock->fd);
	lock->fd = -1;
}
