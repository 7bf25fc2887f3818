/* file.c - watches the file, reads it when it changes, keeps the last good state. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/agent/parts.h"
#include "croute/app/pass/pass.h"
#include "croute/core/config/config.h"
#include "croute/core/config/self.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/facts.h"
#include "croute/model/mount.h"

#define SETTLE_MS 1000	       /* given to a file that was written just now, at start and resync */
#define AGAIN_MS 1000	       /* until the next look at a file that is being written */
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
		agent_log_once(agent, err.text, "polling the file at each resync");
}

/* A mount over the path causes no event. A failed watch is reopened in the next turn: the loop must
 * see its descriptor closed first. */
static void follow_again(struct agent *agent)
{
	struct agent_file *file = &agent->file;
	struct error err = {0};

	if (!file->watching || watch_rearm(&file->watch, &err) == 0)
		return;
	watch_close(&file->watch);
	file->watching = false;
	schedule_hint(&agent->schedule, SCHEDULE_FILE, host_now_ms());
}

/* Whether the file, or one of those in the directory, is a mount by itself. */
static bool find_mount(const char *path, struct mount *out)
{
	struct host_text mounts = {.status = 0};
	char resolved[PATH_MAX];
	struct stat stat_buf;
	bool found = realpath(path, resolved) != NULL && stat(resolved, &stat_buf) == 0 &&
		     host_text_read("", "/proc/self/mountinfo", &mounts) == 0 &&
		     mount_find(host_text_of(&mounts), resolved, S_ISDIR(stat_buf.st_mode), out);

	host_text_release(&mounts);
	return found;
}

/* Renaming another file over it outside does not change what is seen here. */
static void note_mount(struct agent *agent)
{
	struct agent_file *file = &agent->file;
	struct buf text = BUF_OVER(file->mounted);
	struct mount mount;

	file->mounted[0] = '\0';
	if (!find_mount(agent->options->config, &mount))
		return;
	mount_describe(&mount, &text);
	agent_log_once(agent, file->mounted, "mount the directory, without subPath");
}

bool agent_file_is_written(struct agent *agent)
{
	int64_t now = host_now_ms();
	const char *silent = NULL;
	bool written = agent->file.watching && watch_is_written(&agent->file.watch, now, &silent);

	if (silent != NULL)
		log_warn(&agent->log,
			 "%s: a program has it open for writing and has been silent for %d s; "
			 "reading it as it is",
			 silent, WATCH_SILENT_MS / 1000);
	if (written)
		schedule_hint(&agent->schedule, SCHEDULE_FILE, now + AGAIN_MS);
	return written;
}

/* Adopt what was read. Whether it asks for anything new. */
static bool adopt(struct agent *agent, struct loaded *fresh)
{
	bool changed = !agent->has_current || !config_equal(&agent->current.config, &fresh->config);

	if (agent->has_current)
		load_recycle(&agent->current, &agent->room);
	desired_reset(&agent->pass->picture.desired);
	agent->current = *fresh;
	agent->has_current = true;
	agent->has_run &= !changed;
	if (changed)
		reach_round_forget(&agent->reach);
	agent->file.between_since = 0;
	agent->file.err = (struct error){0};
	agent->file.lacks_node = false;
	agent->metrics.config_serial = fresh->config.source.serial;
	schedule_set_resync(&agent->schedule, host_now_ms(), fresh->config.agent.resync_ms);
	return changed;
}

/* Whether a directory's files are of two generations: that is waited out quietly, but not forever.
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
	if (now - file->between_since >= BETWEEN_MS)
		return false;
	schedule_hint(&agent->schedule, SCHEDULE_FILE, file->between_since + BETWEEN_MS);
	return true;
}

static void refuse(struct agent *agent, const struct error *why)
{
	agent->file.valid = false;
	agent->file.err = *why;
	if (once_is_new(&agent->file.once, why->text))
		log_warn(&agent->log, "%s; %s", why->text, agent_log_consequence(agent));
}

/* A file older than the one in force, from a producer that lags behind. */
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
 * A file without this node counts as a bad one. Its entry may be found by an address that
 * the host has yet to get, so without another file it is taken anyway, and the pass waits.
 */
static bool lacks_node(struct agent *agent, const struct config *fresh, struct error *err)
{
	struct pass *pass = agent->pass;
	struct node_found found;
	struct error why = {0};

	if (!agent->has_current || fresh->backend == BACKEND_NONE ||
	    self_identify(fresh, &agent->names.list, NULL, &found, &why) == 0)
		return false;
	if (source_read_links(&pass->source, &pass->picture.links, &why) < 0 ||
	    pass_identify(pass, fresh, &agent->names.list, &found, &why) == 0)
		return false;
	return error_set(err, why.code, "%s: %s", agent->options->config, why.text) < 0;
}

/* A host that no name identifies is only known by an address, which may move. */
static void note_identity(struct agent *agent)
{
	const char *now = agent->pass->known_as;

	if (!agent->pass->picture.node.by_address || strcmp(now, agent->known_as) == 0)
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

/* What was read is unusable: say so and keep the last good state. */
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

static void refuse_reading(struct agent *agent, const struct error *why)
{
	struct agent_file *file = &agent->file;

	refuse(agent, why);
	if (load_blames_file(why->code))
		return;
	file->again_ms = schedule_back_off(file->again_ms);
	memset(&file->seen, 0, sizeof(file->seen));
	schedule_hint(&agent->schedule, SCHEDULE_FILE, host_now_ms() + file->again_ms);
}

/* Take in what was read, or why it was not. Whether there is something new to do. */
static bool take_in(struct agent *agent, int status, struct loaded *fresh, const struct error *err)
{
	bool changed = false;

	once_next_round(&agent->file.once);
	if (status < 0)
		refuse_reading(agent, err);
	else if (fresh->diags.errors == 0)
		changed = take_over(agent, fresh);
	else
		reject(agent, fresh);
	if (status == 0)
		agent->file.again_ms = 0;
	metrics_count_load(&agent->metrics,
			   agent->file.valid ? METRICS_LOAD_SUCCESS : METRICS_LOAD_FAILED,
			   host_wall_ms());
	return changed;
}

/* At start and resync no event says that a writer is done: what was written just now may not be
 * whole. */
static bool is_settling(const struct fingerprint *now)
{
	int64_t age = host_wall_ms() - now->newest_ms;

	return now->code == 0 && age >= 0 && age < FRESH_MS;
}

/* Whether what the path leads to now is to be read. */
static bool is_to_be_read(struct agent *agent, const struct fingerprint *now, unsigned due)
{
	struct agent_file *file = &agent->file;

	if (file->forced)
		return true;
	if (file_fingerprint_equal(now, &file->seen) && file->between_since == 0)
		return false;
	if ((due & SCHEDULE_RESYNC) != 0 && is_settling(now))
		file->settled_at = host_now_ms() + SETTLE_MS;
	if (host_now_ms() >= file->settled_at)
		return true;
	schedule_hint(&agent->schedule, SCHEDULE_FILE, file->settled_at);
	return false; /* also when something else has brought this turn forward */
}

/* Opened once, so that the files compared are the files read. */
static bool open_and_read(struct agent *agent, unsigned due)
{
	struct agent_file *file = &agent->file;
	struct file_set files;
	struct loaded fresh = {.took_us = 0};
	struct error err = {0};
	int status = file_open(agent->options->config, NULL, &files, &err);
	struct fingerprint now = {.code = -status};

	if (status == 0)
		now = file_fingerprint(&files);
	if (!is_to_be_read(agent, &now, due)) {
		if (status == 0)
			file_close(&files);
		return false;
	}
	file->forced = false;
	file->seen = now;
	if (status == 0)
		status = load_files(&files, &agent->room, &fresh, &err);
	return take_in(agent, status, &fresh, &err);
}

bool agent_file_look(struct agent *agent, unsigned due)
{
	keep_watching(agent);
	if ((due & (SCHEDULE_FILE | SCHEDULE_RESYNC)) == 0)
		return false;
	if ((due & SCHEDULE_RESYNC) != 0) {
		follow_again(agent);
		note_mount(agent);
	}
	if (!agent->file.forced && agent_file_is_written(agent))
		return false;
	return open_and_read(agent, due);
}

bool agent_names_changed(struct agent *agent)
{
	struct host_name before = agent->names.host;

	names_find(agent->options, &agent->names);
	if (strcmp(agent->names.host.full, before.full) == 0)
		return false;
	log_info(&agent->log, "the host's name is now \"%s\"", agent->names.host.full);
	agent->renamed = true;
	return true;
}
