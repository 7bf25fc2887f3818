/* main.c - the table of commands, and the set-up they share. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cmd/help.h"
#include "croute/app/cli/ascii.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/cli/progress.h"

/* Freed blocks from this size on go back to the kernel, always: left alone, glibc raises the bound
 * after the first big file, and its memory would stay. */
#define KEEP_BELOW (128 * 1024)

static const struct command *const commands[] = COMMANDS;

/* A descriptor 0 to 2 that is closed would be taken by the next file or socket opened, and
 * messages would be written into that. Read-only, so that writing fails and is noticed. */
static void fill_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
}

/* A reader that has gone must not interrupt a pass: ignore SIGPIPE, so that writes fail with EPIPE.
 */
static void ignore_broken_pipes(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGPIPE, &action, NULL);
}

/* Output that could not be written is a failure, as on a full disk; a closed pipe is not. */
static int close_stdout(int code)
{
	bool failed = ferror(stdout) != 0;
	int cause = 0;

	if (fclose(stdout) != 0) {
		failed = true;
		cause = errno;
	}
	if (!failed || code == EXIT_INVALID || code == EXIT_USAGE)
		return code;
	if (cause != EPIPE)
		(void)fprintf(stderr, "croute: error: standard output: %s\n",
			      cause != 0 ? strerror(cause) : "cannot be written");
	return EXIT_FAILED;
}

static int run(const struct options *options)
{
	if (!options->help)
		return options->command->run(options);
	if (options->command == &command_help)
		help_print_all(commands, stdout);
	else
		help_print(options->command, stdout);
	return EXIT_DONE;
}

/* For terminals that do not take UTF-8. */
static void narrow_output(bool json, struct ascii streams[2])
{
	const char *const locale[] = {getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")};

	if (ascii_is_utf8(locale))
		return;
	stdout = ascii_open(&streams[0], STDOUT_FILENO, json, stdout);
	stderr = ascii_open(&streams[1], STDERR_FILENO, false, stderr);
}

static int refuse(int status, const struct error *err)
{
	(void)fprintf(stderr, "croute: error: %s\n", err->text);
	if (status == -ENOENT)
		help_print_all(commands, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const struct options_input input = {
		.argc = argc,
		.argv = argv,
		.commands = commands,
		.croute_config = getenv("CROUTE_CONFIG"),
		.node_name = getenv("NODE_NAME"),
		.no_color = getenv("NO_COLOR"),
		.term = getenv("TERM"),
		.journal = log_is_journal(getenv("JOURNAL_STREAM"), STDERR_FILENO),
	};
	struct ascii streams[2];
	struct progress progress;
	struct options options;
	struct error err;
	int status;

	fill_standard_streams();
	ignore_broken_pipes();
	(void)mallopt(M_MMAP_THRESHOLD, KEEP_BELOW);
	status = parse_options(&input, &options, &err);
	narrow_output(status == 0 &&
			      (options.output == OUTPUT_JSON || options.command->prints_json),
		      streams);
	if (status < 0)
		return refuse(status, &err);
	progress = progress_for(&options);
	options.progress = &progress;
	return close_stdout(run(&options));
}
