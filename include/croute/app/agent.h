/* agent.h - the agent's state and its one turn; the event loop is cmd_run's. */
#ifndef CROUTE_APP_AGENT_H
#define CROUTE_APP_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/load.h"
#include "croute/app/names.h"
#include "croute/app/options.h"
#include "croute/app/pass.h"
#include "croute/core/pace.h"
#include "croute/edge/lock.h"
#include "croute/edge/log.h"
#include "croute/edge/watch.h"

/*
 * What the agent keeps from one turn to the next. The truth is the file and the kernel: losing all
 * of this loses nothing.
 */
struct agent {
	const struct options *options;
	struct log log;
	struct names names;
	struct pace pace;
	struct watch watch;
	bool watching;
	struct lock lock;
	bool locked;
	struct pass *pass;
	struct patience patience;
	struct loaded current; /* the last good generation */
	bool has_current;
	struct stamp seen;     /* of what was read last, good or bad */
	int64_t between_since; /* when a directory was first found between two generations; 0: it is
				  not */
	uint64_t complaint;    /* sum over what was last complained of, so that it is said once */
	uint64_t file_complaint; /* likewise, of the file */
	uint64_t lock_complaint;
};

/* 0 or -errno with `err`. `options` is borrowed. */
int agent_open(struct agent *agent, const struct options *options, struct error *err);

/* Everything stays in the kernel as it is. */
void agent_close(struct agent *agent);

/* The watch's descriptor is readable. */
void agent_on_watch(struct agent *agent);

/* SIGHUP: read the file again, look at everything. */
void agent_on_hangup(struct agent *agent);

/* Do what is due: read the file, run a pass, log what came of it. Returns milliseconds until it
 * wants to be called again. */
int64_t agent_turn(struct agent *agent);

#endif
