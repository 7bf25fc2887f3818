/* file.c - the file: watched, read when it changes, kept at its last good state. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/agent/parts.h"
#include "croute/app/pass/steps.h"
#include "croute/core/config/compare.h"
#include "croute/core/config/self.h"
#include "croute/edge/host/clock.h"

#define SETTLE_MS 1000	       /* given to a file that was written just now, at start and resync */
#define AGAIN_MS 1000	       /* until the next try to read when that lacks the means */
#define FRESH_MS 2000	       /* what counts as just now */
#define BETWEEN_MS (5 * 60000) /* a directory may stand between two generations for so long */

static void keep_watching(struct agent *agent)
{
	struct agent_file *file = &agent->file;
	struct error err = {0};

	if (file->watching)
		return;
	file->watching = watch_open(agent->options->config, &file->watch, &err) == 0;
	if (!file->watching)
		agent_log_once(agent, err.text, "the file is looked at once every resync");
}

/* What was mounted over the way tells no event. */
static void follow_anew(struct agent *agent)
{
	struct agent_file *file = &agent->file;
	struct error err = {0};

	if (!file->watching || watch_rearm(&file->watch, &err) == 0)
		return;
	watch_close(&file->watch);
	file->watching = false;
	keep_watching(agent);
}

/* Adopt what was read. Whether it asks for anything new. */
static bool adopt(struct agent *agent, struct loaded *fresh)
{
	bool changed = !agent->has_current || !config_equal(&agent->current.config, &fresh->config);

	if (agent->has_current)
		load_release(&agent->current);
	agent->current = *fresh;
	agent->has_current = true;
	agent->has_run &= !changed;
	agent->file.between_since = 0;
	agent->file.err = (struct error){0};
	agent->file.lacks_node = false;
	agent->metrics.config_serial = fresh->config.source.serial;
	pace_set_resync(&agent->pace, host_now_ms(), fresh->config.agent.resync_ms);
	return changed;
}

/* Whether a directory's files are of two generations: that is waited out quietly, but not for ever.
 */
static bool is_between(struct agent *agent, const struct loaded *fresh)
{
	struct agent_file *file = &agent->file;
	int64_t now = host_now_ms();

	if (!fresh->config.between_generations) {
		file->between_since = 0;
		return false;
	}
	if (file->between_since == 0)
		file->between_since = now;
	pace_hint(&agent->pace, PACE_FILE, file->between_since + BETWEEN_MS);
	return now - file->between_since < BETWEEN_MS;
}

static void refuse(struct agent *agent, const struct error *why)
{
	agent->file.valid = false;
	agent->file.err = *why;
	if (said_is_new(&agent->file.said, why->text))
		log_warn(&agent->log, "%s; %s", why->text, agent_log_consequence(agent));
}

/* An older file than the one at hand, from a producer that lags behind. */
static bool goes_back(const struct agent *agent, const struct config *fresh, struct error *err)
{
	const struct config_source *now = &agent->current.config.source;

	if (!agent->has_current || !now->has_serial || !fresh->source.has_serial ||
	    fresh->source.serial >= now->serial)
		return false;
	error_set(err, EINVAL,
		  "%s: source.serial %" PRIu64 " is lower than %" PRIu64
		  ", which is in force: the file is refused; raise the serial",
		  agent->options->config, fresh->source.serial, now->serial);
	return true;
}

/*
 * A file without this node is no better than a bad one. Its entry may be found by an address that
 * the host has yet to get, so without another file it is taken all the same, and the pass waits.
 */
static bool lacks_node(struct agent *agent, const struct config *fresh, struct error *err)
{
	struct pass *pass = agent->pass;
	struct node_found found;
	struct error why = {0};

	if (!agent->has_current || fresh->backend == BACKEND_NONE ||
	    self_identify(fresh, &agent->names.list, NULL, &found, &why) == 0)
		return false;
	if (pass_read_links(pass, &why) < 0 ||
	    pass_identify(pass, fresh, &agent->names.list, &found, &why) == 0)
		return false;
	return error_set(err, why.code, "%s: %s", agent->options->config, why.text) < 0;
}

/* A host that no name identifies is only known by an address, which may move. */
static void note_identity(struct agent *agent)
{
	const char *now = agent->pass->known_as;

	if (!agent->pass->node.by_address || strcmp(now, agent->known_as) == 0)
		return;
	if (agent->known_as[0] == '\0')
		log_info(&agent->log, "this host is %s, by its address: no node has its name", now);
	else
		log_warn(&agent->log, "this host is now %s, by its address; it was %s", now,
			 agent->known_as);
	(void)snprintf(agent->known_as, sizeof(agent->known_as), "%s", now);
}

void agent_file_note_node(struct agent *agent, const struct agent_run *run)
{
	struct agent_file *file = &agent->file;
	bool lacks = run->status == -ESRCH;

	note_identity(agent);
	if (lacks == file->lacks_node || (lacks && !file->valid))
		return;
	file->lacks_node = lacks;
	file->valid = !lacks;
	file->err = lacks ? run->err : (struct error){0};
	agent->metrics.config_valid = file->valid;
}

/* The first error, for status and readiness. */
static void note_error(struct agent *agent, const struct loaded *fresh)
{
	for (uint32_t i = 0; i < fresh->diags.count; i++) {
		const struct diag *diag = &fresh->diags.list[i];
		char text[sizeof(agent->file.err.text)];
		struct buf buf = BUF_OVER(text);

		if (diag->level != DIAG_ERROR)
			continue;
		load_cause(fresh, diag->at, &buf);
		buf_add(&buf, ": %s", diag->text);
		error_set(&agent->file.err, EINVAL, "%s", text);
		return;
	}
}

/* What was read is not usable: say so, keep what is at hand. */
static void reject(struct agent *agent, struct loaded *fresh)
{
	if (!is_between(agent, fresh)) {
		agent->file.valid = false;
		note_error(agent, fresh);
		agent_log_diags(agent, fresh);
	}
	load_release(fresh);
}

static bool take_over(struct agent *agent, struct loaded *fresh)
{
	struct error err;

	if (goes_back(agent, &fresh->config, &err) || lacks_node(agent, &fresh->config, &err)) {
		refuse(agent, &err);
		/* Whether it is of use also depends on what is in force and on the host. */
		memset(&agent->file.seen, 0, sizeof(agent->file.seen));
		load_release(fresh);
		return false;
	}
	agent->file.valid = true;
	agent_log_diags(agent, fresh);
	load_let_go(fresh);
	return adopt(agent, fresh);
}

/* No event tells that there are descriptors or memory again. */
static void wait_for_means(struct agent *agent, int code)
{
	if (code != EMFILE && code != ENFILE && code != ENOMEM)
		return;
	memset(&agent->file.seen, 0, sizeof(agent->file.seen));
	pace_hint(&agent->pace, PACE_FILE, host_now_ms() + AGAIN_MS);
}

/* Read the file. Whether there is something new to bring about. */
static bool read_file(struct agent *agent)
{
	const char *path = agent->options->config;
	struct loaded fresh;
	struct error err = {0};
	bool changed = false;

	said_next_round(&agent->file.said);
	if (load_config(path, &fresh, &err) < 0) {
		agent->file.seen = load_stamp(path);
		refuse(agent, &err);
		wait_for_means(agent, err.code);
	} else {
		agent->file.seen = fresh.stamp;
		if (fresh.diags.errors == 0)
			changed = take_over(agent, &fresh);
		else
			reject(agent, &fresh);
	}
	metrics_count_load(&agent->metrics,
			   agent->file.valid ? METRICS_LOAD_SUCCESS : METRICS_LOAD_FAILED,
			   host_wall_ms());
	return changed;
}

/* At start and resync nobody has told that a writer is done: what was written just now may not be
 * whole. */
static bool is_settling(const struct stamp *stamp)
{
	int64_t age = host_wall_ms() - stamp->newest_ms;

	return stamp->code == 0 && age >= 0 && age < FRESH_MS;
}

bool agent_file_look(struct agent *agent, unsigned due)
{
	struct stamp stamp;

	keep_watching(agent);
	if ((due & (PACE_FILE | PACE_RESYNC)) == 0)
		return false;
	if ((due & PACE_RESYNC) != 0)
		follow_anew(agent);
	if (agent->file.watching && watch_is_written(&agent->file.watch))
		return false; /* its writer's close will tell */
	stamp = load_stamp(agent->options->config);
	if (stamp_same(&stamp, &agent->file.seen) && agent->file.between_since == 0)
		return false;
	if ((due & PACE_RESYNC) != 0 && is_settling(&stamp))
		agent->file.settled_at = host_now_ms() + SETTLE_MS;
	if (host_now_ms() < agent->file.settled_at) {
		pace_hint(&agent->pace, PACE_FILE, agent->file.settled_at);
		return false; /* also when something else has brought this turn forward */
	}
	return read_file(agent);
}
