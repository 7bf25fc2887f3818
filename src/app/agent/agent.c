/* agent.c - the agent's turn: does whatever is due. */
/* SPDX-License-Identifier: MIT */
#include "app/agent/agent.h"

#include <stdio.h>

#include "app/agent/parts.h"
#include "croute/app/pass/pass.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/fd.h"

#define RESYNC_DEFAULT_MS 60000 /* until a file says otherwise */
#define MEANS_MS 1000		/* until the next try when descriptors or memory are short */

void agent_open(struct agent *agent, const struct options *options, struct event_base *base,
		const char *notify_socket)
{
	struct error err = {0};

	*agent = (struct agent){.options = options, .base = base, .started_ms = host_wall_ms()};
	agent->file.watch.fd = -1;
	agent->lock.fd = -1;
	agent->asker.fd = -1;
	agent->kernel.fd = -1;
	agent->nft.fd = -1;
	agent->log = log_open(options->log_level, options->log_format, 2);
	agent->name_fd = options->node == NULL ? host_name_watch() : -1;
	names_find(options, &agent->names);
	if (notify_open(notify_socket, &agent->supervision.notify, &err) < 0)
		log_warn(&agent->log, "%s; going on without it", err.text);
	metrics_begin(&agent->metrics, CROUTE_VERSION);
	agent->reach = (struct reach_round){.log = &agent->log, .metrics = &agent->metrics};
	hold_init(&agent->hold);
	schedule_begin(&agent->schedule, host_now_ms(), RESYNC_DEFAULT_MS);
}

void agent_close(struct agent *agent)
{
	agent->status.stopped = true;
	agent_status_report(agent, NULL);
	agent_serve_end(agent);
	agent_supervise_end(agent);
	reach_round_end(&agent->reach);
	arena_release(&agent->lost);
	if (agent->file.watching)
		watch_close(&agent->file.watch);
	if (agent->kernel.fd >= 0)
		kernel_watch_close(&agent->kernel);
	nft_watch_close(&agent->nft);
	fd_close(&agent->name_fd);
	if (agent->has_current)
		load_release(&agent->current);
	load_room_release(&agent->room);
	agent_release_refuse(agent);
	if (agent->locked)
		lock_release(&agent->lock);
	hold_release(&agent->hold);
	pass_close(agent->pass);
	log_close(&agent->log);
}

void agent_on_watch(struct agent *agent)
{
	if (watch_read(&agent->file.watch) && !agent_file_is_written(agent))
		schedule_hint(&agent->schedule, SCHEDULE_FILE, host_now_ms());
}

void agent_on_name(struct agent *agent)
{
	if (agent_names_changed(agent))
		schedule_hint(&agent->schedule, SCHEDULE_FILE | SCHEDULE_KERNEL, host_now_ms());
}

void agent_on_hangup(struct agent *agent)
{
	log_info(&agent->log, "SIGHUP: reading %s again", agent->options->config);
	agent_supervise_reload(agent);
	agent->file.forced = true;
	schedule_hint(&agent->schedule, SCHEDULE_FILE | SCHEDULE_RESYNC, host_now_ms());
}

/* Next hops that are lost, or no longer, take another pass. */
static void note_lost(struct agent *agent)
{
	struct arena *lost = &agent->pass->lost;
	struct arena was = *lost;

	*lost = agent->lost;
	agent->lost = was;
	lost->limit = was.limit;
	if (reach_round_lost(&agent->reach, lost) < 0)
		arena_reset(lost);
	if (lost->used != was.used || (was.used > 0 && memcmp(lost->base, was.base, was.used) != 0))
		schedule_hint(&agent->schedule, SCHEDULE_KERNEL, host_now_ms());
}

int64_t agent_on_reach(struct agent *agent)
{
	bool news;
	int64_t wait = reach_round_turn(&agent->reach, &news);

	if (!news)
		return wait;
	note_lost(agent);
	agent_status_report(agent, NULL);
	return wait;
}

void agent_on_watchdog(struct agent *agent)
{
	agent_supervise_alive(agent);
}

static void wait_for(struct agent *agent, const char *what)
{
	agent_log_once(agent, what, "waiting for it, nothing is changed meanwhile");
	(void)snprintf(agent->waiting, sizeof(agent->waiting), "%s", what);
}

/* Opens what a pass needs; descriptors or memory may be short. */
static bool open_pass(struct agent *agent)
{
	struct error err = {0};

	if (agent->pass == NULL)
		agent->pass = pass_open(&err);
	if (agent->pass != NULL)
		return true;
	wait_for(agent, err.text);
	schedule_hint(&agent->schedule, SCHEDULE_FILE | SCHEDULE_RESYNC, host_now_ms() + MEANS_MS);
	return false;
}

static void take_lock(struct agent *agent)
{
	struct error err = {0};

	if (agent->locked)
		return;
	agent->locked = lock_take(0, &agent->lock, &err) == 0;
	if (!agent->locked)
		wait_for(agent, err.text);
	else if (agent->lock.passed_over[0] != '\0')
		log_warn(&agent->log, "skipping lock names that other programs hold: %s",
			 agent->lock.passed_over);
}

/* When something that waits is due: a deletion, a hold, a change that did not last. */
static void wake_for(struct agent *agent, int64_t due)
{
	if (due != 0)
		schedule_hint(&agent->schedule, SCHEDULE_DUE, due);
}

static bool has_changed_anything(const struct pass *pass)
{
	for_each_change (change, &pass->picture.plan) {
		if (change->result == CHANGE_APPLIED)
			return true;
	}
	for (uint32_t i = 0; i < pass->step_count; i++) {
		if (pass->steps[i].result == CHANGE_APPLIED)
			return true;
	}
	return false;
}

static void settle_schedule(struct agent *agent, const struct agent_run *run)
{
	if (run->of_kernel)
		schedule_looked(&agent->schedule, !has_changed_anything(agent->pass),
				agent->pass->request.now);
	wake_for(agent, agent->hold.due);
	wake_for(agent, agent->backoff.due);
	if ((agent->pass->picture.notes & NOTE_LOOK_AGAIN) != 0)
		schedule_hint(&agent->schedule, SCHEDULE_RESYNC, host_now_ms());
	if (run->status < 0 || pass_fell_short(agent->pass) || agent->cni.again)
		schedule_failed(&agent->schedule, host_now_ms());
	else
		schedule_succeeded(&agent->schedule);
}

/* Applying a changed file is not a repair. */
static void find_writers(struct agent *agent, struct agent_run *run)
{
	struct buf by = BUF_OVER(run->by);
	const struct plan_summary *s = &agent->pass->picture.summary;

	if (run->status == 0 && !run->of_file &&
	    (has_changed_anything(agent->pass) || s->conflict + s->shadowed > 0))
		agent_kernel_take_writers(agent, &by);
	agent->writers.count = 0;
}

static void run_pass(struct agent *agent, struct agent_run *run, bool look_around)
{
	const struct plan_summary *last = &agent->pass->picture.summary;
	struct pass_request request = {.config = &agent->current.config,
				       .names = &agent->names.list,
				       .hold = &agent->hold,
				       .backoff = run->of_file ? NULL : &agent->backoff,
				       .now = host_now_ms(),
				       .look_around = look_around,
				       .keep_want = !run->of_file,
				       .look_behind = run->of_file &&
						      last->conflict + last->shadowed == 0,
				       .recall = agent->status.pass.at_ms == 0 &&
						 agent->current.config.reach.every_ms > 0};
	int64_t began = host_now_us();

	backoff_begin(&agent->backoff);
	run->status = pass_run(agent->pass, &request, &run->err);
	run->took_us = host_now_us() - began;
	agent->has_run |= run->status == 0;
	agent->blind = run->status < 0;
	agent_file_note_node(agent, run);
	find_writers(agent, run);
	agent_kernel_listen(agent);
	agent_kernel_forget_own(agent);
	agent_cni_keep(agent, run);
	settle_schedule(agent, run);
	if (run->status == 0)
		reach_round_follow(&agent->reach, agent->pass);
	note_lost(agent);
	agent_log_pass(agent, run);
	agent_metrics_pass(agent, run);
	agent_status_report(agent, run);
	agent_release_end(agent, run);
	pass_forget(agent->pass);
}

/* Why a turn may run a pass. */
struct cause {
	unsigned due; /* SCHEDULE_* */
	bool first;   /* no pass has run over the file in force before this turn */
	bool changed; /* the file asks for something new */
};

static const char *reason_of(const struct agent *agent, const struct cause *cause)
{
	if (cause->first)
		return "start";
	if (cause->changed)
		return "the file changed";
	if (agent->renamed)
		return "the host's name changed";
	if (agent->asker.fd >= 0)
		return "croute release";
	if ((cause->due & SCHEDULE_RESYNC) != 0)
		return "resync";
	if ((cause->due & SCHEDULE_RETRY) != 0)
		return "another try";
	return (cause->due & SCHEDULE_KERNEL) != 0 ? "the kernel changed" : "a wait is over";
}

/* Whether a pass was due, and has run. */
static bool run_due(struct agent *agent, const struct cause *cause)
{
	struct agent_run run = {.why = reason_of(agent, cause),
				.of_file = cause->changed || cause->first || agent->renamed,
				.another_try = (cause->due & SCHEDULE_RETRY) != 0,
				.of_kernel = (cause->due & SCHEDULE_KERNEL) != 0};
	unsigned looks = SCHEDULE_RESYNC | SCHEDULE_KERNEL | SCHEDULE_RETRY | SCHEDULE_DUE;

	if (!agent->has_current || !agent->locked || (!cause->changed && (cause->due & looks) == 0))
		return false;
	run_pass(agent, &run, run.of_file || (cause->due & SCHEDULE_RESYNC) != 0);
	agent->renamed = false;
	return true;
}

/* With what a pass needs: read the file, and do what is due. */
static void look(struct agent *agent, unsigned due)
{
	struct cause cause = {.due = due, .first = !agent->has_run};

	if ((due & SCHEDULE_RESYNC) != 0)
		(void)agent_names_changed(agent);
	cause.changed = agent_file_look(agent, due);
	take_lock(agent);
	if (!agent->locked)
		schedule_failed(&agent->schedule, host_now_ms());
	if (!run_due(agent, &cause))
		agent_status_report(agent, NULL);
	agent_serve(agent);
}

int64_t agent_turn(struct agent *agent)
{
	unsigned due = schedule_take(&agent->schedule, host_now_ms());

	once_next_round(&agent->held_up);
	if (open_pass(agent))
		look(agent, due);
	else
		agent_status_report(agent, NULL);
	agent_release_refuse(agent);
	agent_supervise(agent);
	return schedule_wait(&agent->schedule, host_now_ms());
}
