/* release.c - `croute release`: the agent carries out the deletions that it holds. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "croute/app/agent/cmd.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/print/print.h"
#include "croute/base/buf.h"
#include "croute/edge/host/fd.h"
#include "croute/edge/host/lock.h"

#define ANSWER_MS 120000 /* for a pass, and the one that is being made */
#define PIECE_MAX 4096

/* The next piece of the answer; 0 at its end, -1 when it is late. */
static ssize_t read_piece(int fd, char *out, size_t size)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	return poll(&ready, 1, ANSWER_MS) == 1 ? read(fd, out, size) : -1;
}

static int refuse(const char *text, const struct options *options)
{
	struct buf problem = BUF_LOCAL(PIECE_MAX);

	buf_add(&problem, "nothing was released: %s", text);
	print_problem(problem.data, options);
	return EXIT_FAILED;
}

/* A pass that was being printed went on anyway. */
static int print_rest(int fd, int code, const struct options *options)
{
	char piece[PIECE_MAX];
	ssize_t len;

	while ((len = read_piece(fd, piece, sizeof(piece))) > 0)
		(void)fwrite(piece, 1, (size_t)len, stdout);
	if (len == 0)
		return code;
	print_problem("the agent's answer was cut short; croute status shows what is held",
		      options);
	return EXIT_FAILED;
}

/* The answer begins with the exit code and what follows. */
static int print_answer(int fd, const struct options *options)
{
	char head[LOCK_ANSWER_MAX] = "";
	ssize_t len = read_piece(fd, head, 2);

	if (len == 2 && head[1] == AGENT_SAYS_RESULT)
		return print_rest(fd, head[0] - '0', options);
	for (ssize_t more = len; more > 0 && len<LOCK_ANSWER_MAX - 1; len += more> 0 ? more : 0)
		more = read_piece(fd, head + len, sizeof(head) - 1 - (size_t)len);
	if (len <= 0)
		return refuse("the holder of the lock does not answer; if it is an agent of an "
			      "older version, stop it and run croute reconcile --allow-delete",
			      options);
	if (head[1] != AGENT_SAYS_PROBLEM)
		return refuse(head, options);
	print_problem(head + 2, options);
	return EXIT_FAILED;
}

static int run(const struct options *options)
{
	const char *word = options->output == OUTPUT_JSON ? AGENT_WORD_RELEASE_JSON
							  : AGENT_WORD_RELEASE;
	struct error err = {0};
	CLEANUP_FD int fd = lock_call(word, &err);

	if (fd == -ESRCH)
		return refuse("no agent runs in this network namespace; croute reconcile "
			      "--allow-delete applies the file, deletions and all",
			      options);
	if (fd < 0)
		return refuse(err.text, options);
	return print_answer(fd, options);
}

const struct command command_release = {
	.name = "release",
	.summary = "the agent carries out the deletions that it holds, once",
	.detail = "Prints them. Exit 0 also when nothing is held, 1 when no agent runs or a\n"
		  "deletion fails, 4 when others are held by then.",
	.example = "croute status; croute release",
	.run = run,
};
