/* confirm.c - two processes over one pass: one makes it, one waits and, unconfirmed, undoes it. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/confirm/confirm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/confirm/steps.h"
#include "croute/app/cli/command.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/edge/file/small.h"
#include "croute/edge/host/clock.h"

#define PASS_MORE_MS 10000 /* that a pass may take beyond the time to confirm it */

struct waiter {
	struct confirm *confirm;
	struct pass *pass;
	struct lock_question asker;	  /* who wants it undone; fd -1: nobody */
	char record[CONFIRM_RECORD_MOST]; /* what became of it */
	int64_t ends_ms;
};

void confirm_record_path(const char *status_file, struct buf *out)
{
	const char *slash = strrchr(status_file, '/');
	size_t folder = slash != NULL ? (size_t)(slash - status_file) + 1 : 0;

	if (status_file[0] != '\0')
		buf_add(out, "%.*sconfirm.txt", (int)folder, status_file);
}

void confirm_release(struct confirm *confirm)
{
	if (confirm->options == NULL)
		return;
	fork_close(&confirm->half);
	undo_release(&confirm->undo);
	nft_record_release(&confirm->table);
}

/* --- the process that makes the pass -------------------------------------------------------------
 */

static void find_record(struct confirm *confirm, const struct config *config)
{
	const char *given = confirm->options->status_file;
	struct buf path = BUF_OVER(confirm->record);

	confirm->record[0] = '\0';
	confirm_record_path(
		given != NULL ? given : config_string_at(config, config->agent.status_file), &path);
}

/* Its own sockets to the kernel: two processes at one would get each other's answers. */
static int settle_in(struct confirm *confirm, struct pass *pass, struct error *err)
{
	int status;

	pass_forget(pass);
	pass->progress = NULL;
	netlink_close(&pass->netlink);
	nft_close(&pass->nft);
	status = netlink_open(&pass->netlink, err);
	if (status == 0 && confirm->half.signals < 0)
		status = error_set(err, EMFILE, "no descriptor for signals");
	return status == 0 && fork_signal(&confirm->half) ? 0 : -EPIPE;
}

static int split(struct confirm *confirm, struct pass *pass, struct error *err)
{
	int status = fork_detached(&confirm->half, err);

	if (status < 0)
		return status;
	if (status == 1)
		return settle_in(confirm, pass, err) == 0 ? CONFIRM_WAIT : -EPIPE;
	if (fork_hear(&confirm->half, -1) != 1)
		return error_set(err, EPIPE,
				 "the process that would undo the pass could not start; nothing "
				 "was changed");
	return CONFIRM_PASS;
}

int confirm_begin(struct confirm *confirm, struct pass *pass, const struct pass_request *request,
		  struct error *err)
{
	struct pass_request dry = *request;
	int status;

	undo_init(&confirm->undo, request->config->kernel.protocol);
	confirm->half = (struct detached){.fd = -1, .signals = -1};
	find_record(confirm, request->config);
	dry.dry_run = true;
	status = pass_run(pass, &dry, err);
	if (status < 0)
		return status;
	pass->request.dry_run = false; /* which it was only to see what may be touched */
	if (!outcome_is_pending(pass))
		return CONFIRM_NOTHING;
	status = confirm_look(pass, request->config, &confirm->undo, err);
	if (status == 0)
		status = confirm_look_at_table(pass, &confirm->table, err);
	return status < 0 ? status : split(confirm, pass, err);
}

bool confirm_start(struct confirm *confirm)
{
	(void)time_format(host_wall_ms() + (int64_t)confirm->options->confirm_ms, confirm->until);
	/* The answer comes when the other one has the lock and its record stands. */
	return fork_signal(&confirm->half) && fork_hear(&confirm->half, -1) == 1;
}

bool confirm_give_up(struct confirm *confirm)
{
	return fork_join(&confirm->half) == EXIT_DONE;
}

/* --- the process that waits ----------------------------------------------------------------------
 */

/* Nobody would read an error here, and the kernel is what counts. */
static void write_record(const struct waiter *waiter)
{
	const char *path = waiter->confirm->record;

	if (path[0] != '\0')
		(void)file_write(path, waiter->record, strlen(waiter->record), NULL);
}

static void begin_record(struct waiter *waiter, struct buf *out)
{
	char now[TIME_TEXT_MAX];

	*out = BUF_OVER(waiter->record);
	waiter->record[0] = '\0';
	buf_add(out, "%s ", time_format(host_wall_ms(), now));
}

static void answer_with_record(const struct waiter *waiter, struct lock_question *asker, int code)
{
	struct buf answer = BUF_LOCAL(LOCK_ANSWER_MAX);

	buf_add(&answer, "%d %s", code, waiter->record);
	lock_answer(asker, answer.data);
}

static int keep(struct waiter *waiter, struct lock_question *asker)
{
	struct buf record;

	begin_record(waiter, &record);
	buf_add(&record, "confirmed: what was applied stays\n");
	write_record(waiter);
	answer_with_record(waiter, asker, EXIT_DONE);
	return EXIT_DONE;
}

/* Clients that connect now are too late, and are told so. */
static void answer_late(struct waiter *waiter, int code)
{
	struct lock_question asker;

	if (waiter->asker.fd >= 0)
		answer_with_record(waiter, &waiter->asker, code);
	while (lock_hear(waiter->confirm->lock, &asker))
		answer_with_record(waiter, &asker, EXIT_FAILED);
}

/* Should this process be killed in the middle of it, the record says that it had begun. */
static void record_undo(struct waiter *waiter, const char *why)
{
	struct buf record;

	begin_record(waiter, &record);
	buf_add(&record, CONFIRM_UNDOING "process %d, %s\n", (int)getpid(), why);
	write_record(waiter);
}

static int undo(struct waiter *waiter, const char *why)
{
	struct confirm *confirm = waiter->confirm;
	struct buf said = BUF_LOCAL(CONFIRM_RECORD_MOST / 2);
	struct confirm_undoing undoing = {
		.pass = waiter->pass,
		.undo = &confirm->undo,
		.table = &confirm->table,
		.told = &said,
	};
	struct error err = {0};
	struct buf record;
	int status;
	int code;

	record_undo(waiter, why);
	status = confirm_undo(&undoing, &err);
	code = status == 0 && undoing.result.failed == 0 ? EXIT_DONE : EXIT_FAILED;
	begin_record(waiter, &record);
	buf_add(&record, "undone, %s: ", why);
	undo_describe(&record, &undoing.result);
	buf_add(&record, "%s%s\n%s", status < 0 ? "; the rest failed: " : "",
		status < 0 ? err.text : "", said.data);
	write_record(waiter);
	answer_late(waiter, code);
	(void)fprintf(stderr, "croute: %s", waiter->record);
	return code;
}

static void tell_why(const struct waiter *waiter, struct lock_question *asker)
{
	struct buf answer = BUF_LOCAL(LOCK_ANSWER_MAX);

	buf_add(&answer, "it waits for croute confirm until %s", waiter->confirm->until);
	lock_answer(asker, answer.data);
}

/* Hear who asks: true when that decides the matter. */
static bool hear(struct waiter *waiter, int *code)
{
	struct lock_question asker;

	while (lock_hear(waiter->confirm->lock, &asker)) {
		if (strcmp(asker.word, CONFIRM_WORD_KEEP) == 0) {
			*code = keep(waiter, &asker);
			return true;
		}
		if (strcmp(asker.word, CONFIRM_WORD_UNDO) == 0) {
			waiter->asker = asker;
			*code = undo(waiter, "as asked for");
			return true;
		}
		tell_why(waiter, &asker);
	}
	return false;
}

/* One wait for everything; nothing wakes it but what it waits for. */
static int wait_for_word(struct waiter *waiter)
{
	struct pollfd ready[] = {
		{.fd = waiter->confirm->lock->fd, .events = POLLIN},
		{.fd = waiter->confirm->half.signals, .events = POLLIN},
	};
	int64_t left;
	int code;

	while ((left = waiter->ends_ms - host_now_ms()) > 0) {
		if (poll(ready, 2, (int)left) < 0 && errno != EINTR)
			return undo(waiter, "the wait failed");
		if (ready[1].revents != 0)
			return undo(waiter, "by SIGTERM");
		if (ready[0].revents != 0 && hear(waiter, &code))
			return code;
	}
	return undo(waiter, "not confirmed in time");
}

static void record_wait(struct waiter *waiter)
{
	struct confirm *confirm = waiter->confirm;
	struct buf record;

	(void)time_format(host_wall_ms() + (int64_t)confirm->options->confirm_ms, confirm->until);
	begin_record(waiter, &record);
	buf_add(&record, CONFIRM_APPLIED "process %d waits for croute confirm until %s\n",
		(int)getpid(), confirm->until);
	write_record(waiter);
}

int confirm_wait(struct confirm *confirm, struct pass *pass)
{
	struct waiter waiter = {.confirm = confirm, .pass = pass, .asker = {.fd = -1}};
	int64_t wait_ms = (int64_t)confirm->options->confirm_ms;
	int heard = fork_hear(&confirm->half, (int)wait_ms + PASS_MORE_MS);

	/* A stopped pass must not go on while it is being undone. */
	if (heard == 0)
		fork_end_other(&confirm->half);
	(void)lock_take_over(confirm->lock, NULL);
	if (heard != 1)
		return undo(&waiter, heard == 0 ? "the pass did not end" : "the pass was cut off");
	waiter.ends_ms = host_now_ms() + wait_ms;
	record_wait(&waiter);
	(void)fork_signal(&confirm->half);
	return wait_for_word(&waiter);
}
