/* status.h - how the agent stands: what it writes at each pass, and what may be made of it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/error.h"
#include "croute/base/json.h"
#include "croute/core/want/rows.h"
#include "croute/model/ip.h"
#include "croute/model/link.h"

#define STATUS_FILE_DEFAULT "/run/croute/status.json" /* agent.statusFile of SPEC 2 */
#define STATUS_NODE_MAX 254
#define STATUS_PATH_MAX 4096
#define STATUS_TEXT_MAX 512 /* whatever stands in a struct error */
#define STATUS_WORD_MAX 64
#define STATUS_WRITER_MAX 200
#define STATUS_PROBLEMS_MOST 20
#define STATUS_RESYNCS_MOST 3 /* what was written earlier than that many of them ago is old */

/* How the last pass ended. */
enum status_result {
	STATUS_NO_PASS, /* there was none yet */
	STATUS_DONE,	/* all is as the file asks */
	STATUS_PARTLY,	/* it ran to its end; something is refused, in conflict, shadowed or held */
	STATUS_FAILED,	/* it could not run to its end */
	STATUS_RESULTS,
};

/* What kind of trouble a problem is; each has its word and its advice. */
enum status_trouble {
	STATUS_TROUBLE_FILE,	  /* the file is missing or invalid */
	STATUS_TROUBLE_STALE,	  /* it is older than agent.staleAfter */
	STATUS_TROUBLE_LOCK,	  /* another croute writes in this network namespace */
	STATUS_TROUBLE_PRIVILEGE, /* CAP_NET_ADMIN is missing */
	STATUS_TROUBLE_INTERFACE, /* none is left to choose */
	STATUS_TROUBLE_KERNEL,	  /* the kernel could not be asked */
	STATUS_TROUBLE_REFUSED,	  /* the kernel, or a check, refused one change */
	STATUS_TROUBLE_CONFLICT,
	STATUS_TROUBLE_SHADOWED,
	STATUS_TROUBLE_HELD,
	STATUS_TROUBLE_PENDING,
	STATUS_TROUBLE_FIGHT, /* another program undoes what is done, again and again */
	STATUS_TROUBLE_CNI,   /* a file for network plugins is not as it should be */
	STATUS_TROUBLE_LISTEN,
	STATUS_TROUBLE_WATCH, /* no inotify */
	STATUS_TROUBLE_MOUNT, /* updates of the file do not arrive */
	STATUS_TROUBLE_REACH, /* a peer does not answer, or peers cannot be probed */
	STATUS_TROUBLES,
};

/* One line of what is wrong. */
struct status_problem {
	enum status_trouble trouble;
	int64_t since_ms;
	char text[STATUS_TEXT_MAX];
};

/* The chosen interface of one family, or of both. Unused addresses are empty. */
struct status_interface {
	char name[LINK_NAME_MAX]; /* "": none */
	uint32_t index;
	uint32_t mtu;
	char address[2][IP_TEXT_MAX];
};

/* What is known of the file. */
struct status_config {
	char path[STATUS_PATH_MAX];
	bool valid;		     /* what was read last; if not, the last good state stays */
	bool stale;		     /* older than agent.staleAfter */
	char error[STATUS_TEXT_MAX]; /* the first one, with its place; "" when valid */
	int64_t since_ms;	     /* since when it is that: valid, or not */
	bool has_serial;
	uint64_t serial;      /* source.serial of the good generation */
	int64_t generated_ms; /* source.generatedAt, 0: not given */
};

/* Routes by their state, as in croute_routes of SPEC 8. */
struct status_routes {
	uint32_t desired, installed, held, conflict, shadowed, pending, failed;
	uint32_t own; /* of `installed`, those that lead to no peer; not in the file */
};

/* Probed peers, by the worst of their paths (reach.every). */
struct status_reach {
	uint32_t answers, unknown, lost;
};

struct status_pass {
	enum status_result result;
	bool of_present_file; /* false while a newer good generation waits for its first pass */
	int64_t at_ms;	      /* when it ended; 0: there was none */
	uint64_t duration_us;
	char reason[STATUS_WORD_MAX]; /* "resync", "the file changed" */
	uint32_t add, change, remove; /* done in it */
};

/* Deletions that the guard holds. */
struct status_guard {
	uint32_t held; /* 0: none */
	int64_t since_ms;
	int64_t release_ms;	    /* when guard.holdFor lets them go; 0: never by itself */
	char text[STATUS_TEXT_MAX]; /* "12 of 20 destinations would go, over guard.maxDelete 30%" */
};

/* Who last removed or replaced what was repaired then. */
struct status_undone {
	char by[STATUS_WRITER_MAX]; /* "process 812 (zebra)"; "" when nobody was seen */
	int64_t at_ms;
};

/*
 * Plain data, 19 KiB, without pointers; zero-initialise. Times are milliseconds since 1970, 0 for
 * none, except for `written_uptime_ms`.
 */
struct status {
	char version[STATUS_WORD_MAX]; /* of croute */
	uint32_t pid;		       /* as the agent sees itself */
	char node[STATUS_NODE_MAX];
	bool by_address; /* known by its address, not by its name */
	char backend[STATUS_WORD_MAX];
	char waiting[STATUS_TEXT_MAX]; /* what no pass can do without and is missing (the lock, an
					  interface): "" for nothing */
	struct status_config config;
	struct status_interface interfaces[2];	      /* the second where IPv6 has another one */
	struct status_interface cards[CARRYING_MOST]; /* all, where this node has several addresses
							 of one family */
	uint32_t peers;
	struct status_routes routes;
	struct status_reach reach;
	struct status_pass pass;
	char error[STATUS_TEXT_MAX]; /* of the last pass that failed, until one runs to its end */
	struct status_guard guard;
	struct status_undone undone;
	bool ready;
	char reason[STATUS_TEXT_MAX]; /* why not ready; "" when ready */
	bool stopped;		      /* the last word of an agent that was told to end */
	uint64_t resync_ms;
	int64_t started_ms;
	int64_t written_ms;
	int64_t written_uptime_ms; /* when it was written, by the clock that only moves forward */
	uint32_t problem_count;
	uint32_t problems_more; /* that found no room */
	struct status_problem problems[STATUS_PROBLEMS_MOST];
};

/* The writing side. */

/* Add a line; those of one kind one after another. What is beyond the limit is counted. */
void status_add_problem(struct status *status, enum status_trouble trouble, int64_t since_ms,
			const char *text);

void status_set_interfaces(struct status *status, const struct family family[FAMILIES]);

/* What was so in the status before and still is so keeps the time since when it is so. The file is
 * valid, or invalid for the same reason, since `written_ms` otherwise. */
void status_keep_times(struct status *status, const struct status *before);

/*
 * Set `ready` and `reason` by the rule of SPEC 8: the file is valid, nothing is waited for, a pass
 * over the present file has run to its end, and of the wanted routes not every one is refused or in
 * conflict.
 */
void status_set_ready(struct status *status);

/* The body of /readyz: `ready` or `not ready: WHY`, then what is shown anyway, line by line. */
void status_ready_text(const struct status *status, struct buf *out);

/* What a problem is about, and in a fight with whom. */
void status_add_problem_text(struct buf *out, const struct status *status,
			     const struct status_problem *problem);

/* The reading side. */

enum status_state {
	STATUS_READY,
	STATUS_NOT_READY,
	STATUS_SILENT,	/* its process lives and writes nothing */
	STATUS_DEAD,	/* its process does not live */
	STATUS_STOPPED, /* likewise, and it was told to end */
};

/*
 * The present time, to compare with the times of the status: by the clock that only moves forward,
 * so that setting the host's clock makes no status old; by the host's clock for a status of before
 * the host was started.
 */
int64_t status_now(const struct status *status, int64_t wall_ms, int64_t uptime_ms);

/* `alive`: the process that wrote it lives, and holds the lock. */
enum status_state status_judge(const struct status *status, bool alive, int64_t now_ms);

/* `ready`, `not-ready`, `silent`, `dead`, `stopped`. */
const char *status_state_word(enum status_state state);

/* `conflict`, `shadowed`, …; and what somebody might do about it. */
extern const char *const status_trouble_words[STATUS_TROUBLES];
extern const char *const status_advice[STATUS_TROUBLES];

#define STATUS_FILE_MOST ((size_t)64 * 1024) /* bytes; the fullest status has 40 KiB */

/* What stands in the object; its braces and version are the caller's. What is not there is null. */
void status_json_put(struct json *json, const struct status *status);

/* The text of the status file, with a line end. Its length; -ENOSPC. Takes no memory: a pass of the
 * agent that finds nothing to do calls malloc not once. */
int status_json_write(const struct status *status, char *out, size_t size);

/*
 * From the bytes of a file that anybody may have written. Unknown keys are skipped, so that
 * another version's file can be read; known ones must have their type and fit. 0, or -EINVAL with
 * `err`; `out` is untouched on failure.
 */
int status_json_read(const char *bytes, size_t len, struct status *out, struct error *err);
