/* confirm.h - a pass that is undone unless somebody confirms it in time. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "croute/app/cli/options.h"
#include "croute/app/confirm/undo.h"
#include "croute/app/pass/pass.h"
#include "croute/base/buf.h"
#include "croute/base/error.h"
#include "croute/base/time.h"
#include "croute/edge/host/fork.h"
#include "croute/edge/host/lock.h"
#include "croute/edge/nft/table.h"

#define CONFIRM_RECORD_MOST 4096 /* bytes of the record */

/* How a record of what is not decided yet goes on after its time. */
#define CONFIRM_APPLIED "applied: "
#define CONFIRM_UNDOING "undoing: "

/* What `croute confirm` asks the waiting process, beside LOCK_WHY. */
#define CONFIRM_WORD_KEEP "confirm"
#define CONFIRM_WORD_UNDO "undo"

/* Who goes on after confirm_begin. */
enum confirm_way {
	CONFIRM_PASS,	 /* the process that was called: make the pass */
	CONFIRM_WAIT,	 /* the process that waits: confirm_wait */
	CONFIRM_NOTHING, /* nothing is to be done; the pass holds the empty plan */
};

/* What is shared between the two processes. Zero-initialise; confirm_release. */
struct confirm {
	const struct options *options;
	const struct lock *lock;
	struct detached half;
	struct undo undo;
	struct nft_record table;   /* of masquerading, as it was */
	char until[TIME_TEXT_MAX]; /* when the time is over, once the pass has ended */
	char record[PATH_MAX];	   /* where what became of it is written; "": nowhere */
};

/*
 * Make a dry pass; when it finds anything to do, write down what is there, and split off the
 * process that waits and undoes. It holds the lock, too, and nothing has been changed when this
 * returns. Returns which way to go on; or as pass_run does.
 */
int confirm_begin(struct confirm *confirm, struct pass *pass, const struct pass_request *request,
		  struct error *err);

/* The pass has ended: the time begins, and confirm->until says when it ends. Returns when the other
 * process holds the lock and its record stands. False when that process is gone, so that nothing
 * will be undone. */
bool confirm_start(struct confirm *confirm);

/* The pass could not be made: have it undone now, and wait for that. Whether it was. */
bool confirm_give_up(struct confirm *confirm);

/* The life of the waiting process, from confirm_begin to its exit code. */
int confirm_wait(struct confirm *confirm, struct pass *pass);
void confirm_release(struct confirm *confirm);

/* The record stands beside the agent's status file; `status_file` "" gives "". */
void confirm_record_path(const char *status_file, struct buf *out);
