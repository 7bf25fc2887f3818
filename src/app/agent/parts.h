/* parts.h - the parts of a turn, one file each: file, kernel, log, status. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "app/agent/state.h"

/* Why one pass was run, and how it went. */
struct agent_run {
	const char *why;  /* "the file changed", "resync" */
	bool of_file;	  /* caused by a change of the file: what it does is not a repair */
	bool another_try; /* something had failed before */
	bool of_kernel;	  /* an event of the kernel caused it */
	int status;	  /* of pass_run */
	struct error err; /* of pass_run */
	int64_t took_us;
	char by[STATUS_WRITER_MAX]; /* who undid what it has repaired, as far as that is known */
};

/* Read the file as far as it is due (SCHEDULE_*). Whether it asks for something new. */
bool agent_file_look(struct agent *agent, unsigned due);

/* Whether another process is writing it in place; then look later. */
bool agent_file_is_written(struct agent *agent);

/* Read the host's names again: whether others count from now on. */
bool agent_names_changed(struct agent *agent);

/* Note whether the file in force has an entry for this node, as the pass has found. */
void agent_file_note_node(struct agent *agent, const struct agent_run *run);

/* Warn `text; consequence` of the agent's own matters, once while it is so. */
void agent_log_once(struct agent *agent, const char *text, const char *consequence);

/* What happens while the file is invalid. */
const char *agent_log_consequence(const struct agent *agent);

/* Log what is wrong with a file that was read, once. */
void agent_log_diags(struct agent *agent, const struct loaded *fresh);

/* Log what was done again and again, as its back-off begins. */
void agent_log_backing_off(struct agent *agent, const char *what);

/* Log what a pass did and what stands in its way. */
void agent_log_pass(struct agent *agent, const struct agent_run *run);

/* Listen to just those changes of the kernel that concern what the pass has found, and to the table
 * of masquerading while the file asks for it. */
void agent_kernel_listen(struct agent *agent);

/* Name those who wrote what a pass has found, once: `process 812 (zebra)`. */
void agent_kernel_take_writers(struct agent *agent, struct buf *out);

/* Drop the events that the pass itself has caused, and have one more look in their place. */
void agent_kernel_forget_own(struct agent *agent);

/* Count what a pass did, and what state it found. */
void agent_metrics_pass(struct agent *agent, const struct agent_run *run);

/* Of the file in force, by source.generatedAt, else by its mtime; 0 without one. */
int64_t agent_file_age_ms(const struct agent *agent);

/* Whether the file is older than agent.staleAfter. */
bool agent_is_stale(const struct agent *agent);

/* Say how the agent stands, to the status file and to whoever asks; `run` NULL: there was no pass.
 */
void agent_status_report(struct agent *agent, const struct agent_run *run);

/* Answer the croute release that waits, if any: with the pass that was run for it, or that there
 * was none. */
void agent_release_end(struct agent *agent, const struct agent_run *run);
void agent_release_refuse(struct agent *agent);

/* Keep the files for network plugins (agent.subnetEnv, agent.cniConf) as the pass has found the
 * host. */
void agent_cni_keep(struct agent *agent, const struct agent_run *run);

/* Say what is wrong with them, to the status and, once, to the log. Until each has been written
 * there is something to wait for: no pod could be started without. */
void agent_cni_report(struct agent *agent);

/* Serve the pages where the file says, or try again later. */
void agent_serve(struct agent *agent);
void agent_serve_end(struct agent *agent);

/* Tell the service manager what is new; silent without one. */
void agent_supervise(struct agent *agent);
void agent_supervise_reload(struct agent *agent);
void agent_supervise_alive(struct agent *agent);
void agent_supervise_end(struct agent *agent);
