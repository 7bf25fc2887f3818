/* state.h - what the agent keeps from one turn to the next. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/agent/once.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/reach/round.h"
#include "croute/app/status/metrics.h"
#include "croute/app/status/status.h"
#include "croute/core/plan/backoff.h"
#include "croute/core/plan/schedule.h"
#include "croute/edge/file/watch.h"
#include "croute/edge/host/lock.h"
#include "croute/edge/host/log.h"
#include "croute/edge/host/notify.h"
#include "croute/edge/http/server.h"
#include "croute/edge/kernel/watch.h"
#include "croute/edge/nft/watch.h"

/* How the agent stands with the file. */
struct agent_file {
	struct watch watch;
	bool watching;
	bool forced;		 /* SIGHUP: read it in any case */
	bool valid;		 /* what was read last */
	bool lacks_node;	 /* it is in force, but has no entry for this node */
	struct fingerprint seen; /* of what was read last, good or bad */
	int64_t between_since;	 /* when a directory was first found between generations; 0: no */
	int64_t settled_at;	 /* not read before that: it was written just now */
	uint32_t again_ms; /* the wait after a failure of the host to read it; 0: none failed */
	struct error err;  /* the first error in it */
	char mounted[STATUS_TEXT_MAX]; /* why updates do not arrive; "" when they do */
	struct once once;
};

/* A file that network plugins read. */
struct agent_cni_file {
	bool wanted;
	bool written;		       /* since it was asked for, it has been as it should be */
	char trouble[STATUS_TEXT_MAX]; /* why it is not now; "" for nothing */
};

struct agent_cni {
	struct agent_cni_file subnet_env;
	struct agent_cni_file conf;
	bool again; /* what failed may succeed by itself */
};

/* The pages that are served. */
struct agent_serving {
	struct http *http;	       /* NULL: not now */
	char trouble[STATUS_TEXT_MAX]; /* why not, when it should be; "" for nothing */
	char listen[160];	       /* where, or where it was tried */
	struct http_page pages[5];     /* the last is the end */
};

/* What the service manager was told. */
struct agent_supervision {
	struct notify notify;
	bool ready;
	bool reloading;
	char status[600];
};

/* Who wrote what the next pass will find: rows of ours, else links and addresses. */
struct agent_writers {
	bool by_rows;
	uint32_t count;
	uint32_t ports[KERNEL_HINT_WRITERS];
	char names[KERNEL_HINT_WRITERS][64]; /* "": to be looked for */
};

/*
 * What the agent keeps from one turn to the next. The truth is the file and the kernel: losing all
 * of this loses nothing.
 */
struct agent {
	const struct options *options;
	struct log log;
	struct names names;
	char known_as[VALUE_NAME_MAX + 1]; /* as which node it was logged, by its address */
	bool renamed;			   /* the host got another name since the last pass */
	int name_fd; /* readable when the host's name changes, edge-triggered; -1: unavailable */
	struct schedule schedule;
	struct agent_file file;
	struct loaded current; /* the last good generation */
	bool has_current;
	struct load_room room; /* of those before it */
	bool has_run;	       /* a pass over it has run to its end */
	bool blind;	       /* the last pass did not: what it would have found is not known */
	struct kernel_watch kernel;
	struct agent_writers writers;
	struct nft_watch nft; /* open while the file asks for masquerading */
	struct lock lock;
	bool locked;
	struct lock_question asker;    /* who waits for croute release; fd -1: nobody */
	char waiting[STATUS_TEXT_MAX]; /* for what, until it has a lock and a pass */
	struct pass *pass;	       /* NULL until there are descriptors for it */
	struct hold hold;
	struct backoff backoff;
	uint64_t hold_told;  /* hold.held as it was told; 0: nothing */
	struct once once;    /* troubles of passes */
	struct once held_up; /* problems of the agent itself */
	struct metrics metrics;
	struct status status;
	uint32_t pass_problems;	 /* of status.problems, those of the last pass */
	int64_t started_ms;	 /* since 1970 */
	struct event_base *base; /* the loop, borrowed */
	struct agent_cni cni;
	struct reach_round reach;
	struct arena lost; /* spare, for pass->lost */
	struct agent_serving serving;
	struct agent_supervision supervision;
};
