/* fork.c - fork, a session of its own, and a socket between the two halves. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/fork.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "croute/edge/host/fd.h"

static const int deaf_to[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTTOU};

void fork_close(struct detached *detached)
{
	fd_drop(&detached->fd);
	fd_drop(&detached->signals);
}

static void ignore_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < sizeof(deaf_to) / sizeof(deaf_to[0]); i++)
		(void)sigaction(deaf_to[i], &action, NULL);
}

static int catch_term(void)
{
	sigset_t term;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void leave_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	if (isatty(STDERR_FILENO) != 1)
		(void)dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		(void)close(null);
}

static void begin_child(struct detached *child)
{
	ignore_signals();
	child->signals = catch_term();
	(void)setsid();
	leave_streams();
	(void)!chdir("/");
}

int fork_detached(struct detached *out, struct error *err)
{
	struct detached half = {.signals = -1};
	pid_t self = getpid();
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, errno, "cannot start a second process: %s", strerror(errno));
	child = fork();
	if (child < 0) {
		int code = errno;

		fd_drop(&ends[0]);
		fd_drop(&ends[1]);
		return error_set(err, code, "cannot start a second process: %s", strerror(code));
	}
	half.fd = ends[child == 0];
	half.other = child == 0 ? self : child;
	fd_drop(&ends[child != 0]);
	if (child == 0)
		begin_child(&half);
	*out = half;
	return child == 0;
}

bool fork_signal(const struct detached *detached)
{
	return send(detached->fd, "", 1, MSG_NOSIGNAL) == 1;
}

int fork_hear(const struct detached *detached, int wait_ms)
{
	struct pollfd ready = {.fd = detached->fd, .events = POLLIN};
	int count;
	char byte;

	do
		count = poll(&ready, 1, wait_ms);
	while (count < 0 && errno == EINTR);
	if (count <= 0)
		return 0;
	return recv(detached->fd, &byte, 1, 0) == 1 ? 1 : -EPIPE;
}

int fork_join(struct detached *detached)
{
	int status = 0;
	pid_t got;

	fork_close(detached);
	do
		got = waitpid(detached->other, &status, 0);
	while (got < 0 && errno == EINTR);
	return got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void fork_end_other(const struct detached *detached)
{
	(void)kill(detached->other, SIGKILL);
	(void)fork_hear(detached, -1);
}
