/* cmd.c - `croute status`: what the agent last did, and whether it is alive. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "app/status/text.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/print/print.h"
#include "croute/app/status/status.h"
#include "croute/edge/file/small.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/lock.h"

#define WATCH_MS 1000

struct finding {
	char path[PATH_MAX];
	struct status status;
	struct status_view view;
	struct lock_holder holder;
	bool held; /* somebody holds the lock */
};

/* Where the agent writes, by the file. One with errors says it as well as another, and it is then
 * that somebody asks; what is wrong with it is not told here. */
static void find_path(const struct options *options, struct finding *found)
{
	struct buf path = BUF_OVER(found->path);
	struct loaded loaded;
	const char *said;

	if (options->status_file != NULL) {
		buf_add(&path, "%s", options->status_file);
		return;
	}
	if (load_once(options->config, NULL, NULL, &loaded, NULL) < 0) {
		buf_add(&path, "%s", STATUS_FILE_DEFAULT);
		return;
	}
	said = config_string_at(&loaded.config, loaded.config.agent.status_file);
	if (said[0] == '\0' && loaded.diags.errors > 0)
		said = STATUS_FILE_DEFAULT;
	buf_add(&path, "%s", said);
	load_release(&loaded);
}

/* A holder of another container tells no number to compare; that the lock is held must do. */
static bool is_writer(const struct lock_holder *holder, uint32_t pid)
{
	return holder->pid == 0 || holder->inner_pid == 0 || (uint32_t)holder->pid == pid ||
	       (uint32_t)holder->inner_pid == pid;
}

static int read_status(struct finding *found, uid_t *owner, struct error *err)
{
	char bytes[STATUS_FILE_MOST];
	struct file_small small;
	struct error cause = {0};
	int status = file_small_read(found->path, bytes, sizeof(bytes), &small, err);

	if (status < 0)
		return status;
	*owner = small.owner;
	status = status_json_read(bytes, small.len, &found->status, &cause);
	if (status < 0)
		return error_set(err, EINVAL, "%s: invalid status file: %s", found->path,
				 cause.text);
	return 0;
}

static void judge(const struct options *options, struct finding *found)
{
	const struct status *status = &found->status;
	bool alive = found->held && is_writer(&found->holder, status->pid);
	int64_t now = status_now(status, host_wall_ms(), host_now_ms());

	found->view = (struct status_view){
		.state = status_judge(status, alive, now),
		.now_ms = now,
		.other = found->held && !alive ? (uint32_t)found->holder.pid : 0,
		.colour = options_colours(options, STDOUT_FILENO),
	};
}

/* Why there is no status, and what to do. */
static void explain_none(const struct finding *found, int status, struct error *err)
{
	if (found->path[0] == '\0')
		(void)error_set(err, ENOENT,
				"agent.statusFile is empty: the agent writes no status");
	else if (status == -ENOENT && found->held)
		(void)error_set(err, ENOENT,
				"%.300s does not exist, though a croute holds the lock of this "
				"network namespace: --status-file gives the path that it writes",
				found->path);
	else if (status == -ENOENT)
		(void)error_set(err, ENOENT,
				"no agent has run here: %.300s does not exist; start one: "
				"systemctl start croute, or croute run",
				found->path);
}

static void tell_none(const struct finding *found, const struct error *err,
		      const struct options *options)
{
	struct json json;

	if (options->output == OUTPUT_TEXT) {
		print_problem(err->text, options);
		return;
	}
	json = print_json();
	json_put_flag(&json, "ready", false);
	json_put_flag(&json, "alive", found->held);
	json_put_text(&json, "error", err->text);
	print_json_end(&json);
}

/* What the agent wrote, except for what it cannot know: that it is dead. */
static void tell_json(const struct finding *found)
{
	enum status_state state = found->view.state;
	bool is_alive = state == STATUS_READY || state == STATUS_NOT_READY;
	struct status status = found->status;
	struct json json = print_json();

	status.ready = state == STATUS_READY;
	if (!is_alive)
		(void)snprintf(status.reason, sizeof(status.reason), "%s",
			       status_state_word(state));
	status_json_put(&json, &status);
	json_put_text(&json, "state", status_state_word(state));
	json_put_flag(&json, "alive", state != STATUS_DEAD && state != STATUS_STOPPED);
	print_json_end(&json);
}

static void tell_text(const struct finding *found)
{
	struct buf page = BUF_LOCAL(STATUS_TEXT_PAGE);

	status_text(&found->status, &found->view, &page);
	(void)fputs(page.data, stdout);
}

static void tell(const struct finding *found, const struct options *options)
{
	if (options->output == OUTPUT_JSON)
		tell_json(found);
	else
		tell_text(found);
}

/* Look again; what is then to be printed is in `found` and `err`. */
static int look(const struct options *options, struct finding *found, struct error *err)
{
	uid_t owner = geteuid();
	int status = read_status(found, &owner, err);

	found->held = lock_held_by(owner, &found->holder);
	if (status < 0)
		explain_none(found, status, err);
	else
		judge(options, found);
	return status;
}

/* On a terminal each second, since times go on; else whenever the agent has written, or died. */
static int watch(const struct options *options, struct finding *found)
{
	bool page = options->output == OUTPUT_TEXT && isatty(STDOUT_FILENO) == 1;
	int64_t written_ms = -1;
	int state = -1;

	while (ferror(stdout) == 0) {
		struct error err = {0};
		int status = look(options, found, &err);
		int now = status < 0 ? status : (int)found->view.state;

		if (page)
			(void)fputs("\033[H\033[2J", stdout);
		if (status < 0 && (page || now != state))
			tell_none(found, &err, options);
		else if (status == 0 &&
			 (page || now != state || found->status.written_ms != written_ms))
			tell(found, options);
		(void)fflush(stdout);
		written_ms = status < 0 ? -1 : found->status.written_ms;
		state = now;
		(void)poll(NULL, 0, WATCH_MS);
	}
	return EXIT_FAILED;
}

static int run(const struct options *options)
{
	bool quiet = options->check && !options->verbose;
	struct finding found = {.held = false};
	struct error err = {0};
	int status;

	if (options->check && options->watch) {
		print_problem("--check and --watch exclude each other", options);
		return EXIT_USAGE;
	}
	find_path(options, &found);
	if (options->watch)
		return watch(options, &found);
	status = look(options, &found, &err);
	if (status < 0 && !quiet)
		tell_none(&found, &err, options);
	else if (status == 0 && !quiet)
		tell(&found, options);
	return status == 0 && found.view.state == STATUS_READY ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_status = {
	.name = "status",
	.summary = "what the agent last did, and whether it lives and is ready",
	.detail = "Exits with 0 when it is ready, else with 1. With --status-file the\n"
		  "file of nodes is not read.",
	.example = "croute status --check",
	.accepts = OPTION_BIT(OPTION_CHECK) | OPTION_BIT(OPTION_WATCH),
	.run = run,
};
