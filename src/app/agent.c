/* agent.c - keeping the kernel equal to the file: what is due is done. */
#include "croute/app/agent.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "croute/app/agent_log.h"
#include "croute/edge/host.h"

#define SETTLE_MS 1000 /* given to a file that was written just now, at start and resync */
#define FRESH_MS 2000  /* what counts as just now */
#define BETWEEN_MS                                                                                 \
	(5 * 60000) /* how long a directory may stand between two generations unmentioned */
#define RESYNC_DEFAULT_MS 60000

int agent_open(struct agent *agent, const struct options *options, struct error *err)
{
	*agent = (struct agent){.options = options};
	agent->watch.fd = -1;
	agent->lock.fd = -1;
	agent->log = log_open(options->log_level, options->log_format, 2);
	names_find(options, &agent->names);
	agent->pass = pass_open(err);
	if (agent->pass == NULL)
		return -err->code;
	patience_init(&agent->patience);
	pace_begin(&agent->pace, host_now_ms(), RESYNC_DEFAULT_MS);
	return 0;
}

void agent_close(struct agent *agent)
{
	if (agent->watching)
		watch_close(&agent->watch);
	if (agent->has_current)
		load_release(&agent->current);
	if (agent->locked)
		lock_release(&agent->lock);
	patience_release(&agent->patience);
	pass_close(agent->pass);
}

void agent_on_watch(struct agent *agent)
{
	if (watch_read(&agent->watch))
		pace_hint(&agent->pace, PACE_FILE, host_now_ms());
}

void agent_on_hangup(struct agent *agent)
{
	log_info(&agent->log, "SIGHUP: reading %s again", agent->options->config);
	memset(&agent->seen, 0, sizeof(agent->seen));
	pace_hint(&agent->pace, PACE_FILE | PACE_RESYNC, host_now_ms());
}

static void take_lock(struct agent *agent)
{
	struct error err = {0};

	if (agent->locked)
		return;
	agent->locked = lock_take(0, &agent->lock, &err) == 0;
	if (agent->locked && agent->lock.passed_over[0] != '\0')
		log_warn(&agent->log, "%s", agent->lock.passed_over);
	if (agent->locked)
		agent->lock_complaint = 0;
	else
		agent_log_once(&agent->log, &agent->lock_complaint, err.text,
			       "waiting for it, nothing is changed meanwhile");
}

static void keep_watching(struct agent *agent)
{
	struct error err = {0};

	if (agent->watching)
		return;
	agent->watching = watch_open(agent->options->config, &agent->watch, &err) == 0;
	if (!agent->watching)
		log_warn(&agent->log, "%s; the file is looked at once every resync", err.text);
}

/* What was mounted over the way tells no event. */
static void follow_anew(struct agent *agent)
{
	struct error err = {0};

	if (!agent->watching || watch_rearm(&agent->watch, &err) == 0)
		return;
	watch_close(&agent->watch);
	agent->watching = false;
	keep_watching(agent);
}

/* Adopt what was read. Whether it asks for anything new. */
static bool adopt(struct agent *agent, struct loaded *fresh)
{
	bool changed = !agent->has_current || !config_same(&agent->current.config, &fresh->config);

	if (agent->has_current)
		load_release(&agent->current);
	agent->current = *fresh;
	agent->has_current = true;
	agent->file_complaint = 0;
	agent->between_since = 0;
	pace_set_resync(&agent->pace, host_now_ms(), fresh->config.agent.resync_ms);
	return changed;
}

/* A directory whose files bear different serials is being written: wait quietly, but not for ever.
 */
static bool is_between(struct agent *agent, const struct loaded *fresh)
{
	int64_t now = host_now_ms();

	if (!fresh->config.between_generations) {
		agent->between_since = 0;
		return false;
	}
	if (agent->between_since == 0)
		agent->between_since = now;
	return now - agent->between_since < BETWEEN_MS;
}

/* An older file than the one at hand, from a producer that lags behind. */
static bool goes_back(struct agent *agent, const struct config *fresh)
{
	const struct config_source *now = &agent->current.config.source;
	char text[200];

	if (!agent->has_current || !now->has_serial || !fresh->source.has_serial ||
	    fresh->source.serial >= now->serial)
		return false;
	(void)snprintf(text, sizeof(text),
		       "source.serial %" PRIu64 " is lower than %" PRIu64
		       ", which is in force: the file is refused; raise the serial",
		       fresh->source.serial, now->serial);
	agent_log_once(&agent->log, &agent->file_complaint, text, agent_log_consequence(agent));
	return true;
}

/* Read the file. Whether there is something new to bring about. */
static bool read_file(struct agent *agent)
{
	const char *path = agent->options->config;
	struct loaded fresh;
	struct error err = {0};
	bool valid;

	if (load_config(path, NULL, &fresh, &err) < 0) {
		agent->seen = load_stamp(path);
		agent_log_once(&agent->log, &agent->file_complaint, err.text,
			       agent_log_consequence(agent));
		return false;
	}
	agent->seen = fresh.stamp;
	valid = fresh.diags.errors == 0 && !goes_back(agent, &fresh.config);
	if (valid || !is_between(agent, &fresh))
		agent_log_diags(agent, &fresh);
	load_let_go(&fresh);
	if (valid)
		return adopt(agent, &fresh);
	load_release(&fresh);
	return false;
}

/* At start and resync nobody has told that a writer is done: what was written just now may not be
 * whole. */
static bool is_settling(const struct agent *agent, const struct stamp *stamp)
{
	int64_t age = host_wall_ms() - stamp->newest_ms;

	return stamp->code == 0 && age >= 0 && age < FRESH_MS &&
	       !(agent->watching && agent->has_current && stamp_same(stamp, &agent->seen));
}

/* The file as far as it is due. Whether it asks for something new. */
static bool look_at_file(struct agent *agent, unsigned due)
{
	struct stamp stamp;

	keep_watching(agent);
	if ((due & (PACE_FILE | PACE_RESYNC)) == 0)
		return false;
	if ((due & PACE_RESYNC) != 0)
		follow_anew(agent);
	if (agent->watching && watch_is_written(&agent->watch))
		return false; /* its writer's close will tell */
	stamp = load_stamp(agent->options->config);
	if (stamp_same(&stamp, &agent->seen))
		return false;
	if ((due & PACE_RESYNC) != 0 && is_settling(agent, &stamp)) {
		pace_hint(&agent->pace, PACE_FILE, host_now_ms() + SETTLE_MS);
		return false;
	}
	return read_file(agent);
}

static void run_pass(struct agent *agent, bool look_around, const char *why)
{
	struct pass_request request = {.config = &agent->current.config,
				       .names = &agent->names.list,
				       .patience = &agent->patience,
				       .now = host_now_ms(),
				       .look_around = look_around};
	struct error err = {0};
	int status = pass_run(agent->pass, &request, &err);
	bool good = agent_log_pass(agent, &request, status < 0 ? &err : NULL, why);

	if (agent->patience.due != 0)
		pace_hint(&agent->pace, PACE_KERNEL, agent->patience.due);
	if (good)
		pace_succeeded(&agent->pace);
	else
		pace_failed(&agent->pace, host_now_ms());
}

static const char *reason_of(unsigned due, bool changed)
{
	if (changed)
		return "the file changed";
	if ((due & PACE_RESYNC) != 0)
		return "resync";
	return (due & PACE_RETRY) != 0 ? "another try" : "the kernel changed";
}

int64_t agent_turn(struct agent *agent)
{
	unsigned due = pace_take(&agent->pace, host_now_ms());
	bool first = !agent->has_current;
	bool changed = look_at_file(agent, due);
	bool wanted = changed || (due & (PACE_RESYNC | PACE_KERNEL | PACE_RETRY)) != 0;

	take_lock(agent);
	if (agent->has_current && agent->locked && wanted)
		run_pass(agent, changed || (due & PACE_RESYNC) != 0,
			 first ? "start" : reason_of(due, changed));
	else if (!agent->locked)
		pace_failed(&agent->pace, host_now_ms());
	return pace_wait(&agent->pace, host_now_ms());
}
