/* cni.c - the files that network plugins read, kept as the host is. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "app/agent/parts.h"
#include "croute/core/want/cni.h"
#include "croute/edge/file/small.h"
#include "croute/edge/host/clock.h"

/* What stands at the path of a file. */
enum found {
	FOUND_NOTHING,
	FOUND_SAME,
	FOUND_OURS,    /* another text, which may be replaced */
	FOUND_FOREIGN, /* another text, which may not */
};

typedef int cni_make_fn(const struct config *config, uint32_t node, uint32_t mtu, struct buf *out,
			struct error *err);

/* One file, and how its text is made. */
struct cni_job {
	struct agent_cni_file *file;
	const char *path;
	cni_make_fn *make;
	bool guarded;		 /* never over a file that croute did not write */
	struct backoff *backoff; /* NULL when the configuration asked for it just now */
	int64_t now;
};

static void set_trouble(struct agent_cni_file *file, const char *text)
{
	(void)snprintf(file->trouble, sizeof(file->trouble), "%s", text);
}

static bool same_text(struct text a, struct text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* 0 or -errno with `err`. What is replaced in any case need not be readable. */
static int look(const struct cni_job *job, struct text wanted, enum found *out, struct error *err)
{
	char bytes[CNI_CONF_MOST];
	struct text text = {.at = bytes};
	struct file_small got = {.len = 0};
	int status = file_small_read(job->path, bytes, sizeof(bytes), &got, err);

	text.len = got.len;
	if (status == -ENOENT)
		*out = FOUND_NOTHING;
	else if (status == 0 && same_text(text, wanted))
		*out = FOUND_SAME;
	else if (job->guarded && (status == -EFBIG || (status == 0 && !cni_is_ours(text))))
		*out = FOUND_FOREIGN;
	else
		*out = FOUND_OURS;
	return status == -ENOENT || status == -EFBIG || !job->guarded ? 0 : status;
}

static void put(struct agent *agent, const struct cni_job *job, struct text text, enum found found)
{
	char again[PATH_MAX + 80];
	struct error err = {0};

	if (file_write_lasting(job->path, text, job->guarded && found == FOUND_NOTHING, &err) < 0) {
		set_trouble(job->file, err.text);
		agent->cni.again = true;
		return;
	}
	job->file->written = true;
	log_info(&agent->log, "%s: written, since it %s", job->path,
		 found == FOUND_NOTHING ? "was not there" : "differed");
	if (job->backoff == NULL ||
	    !backoff_note_named(job->backoff, BACKOFF_FILE, job->path, job->now))
		return;
	(void)snprintf(again, sizeof(again),
		       "%s: written for the %dth time; another program undoes it", job->path,
		       BACKOFF_PATIENCE_PART);
	agent_log_backing_off(agent, again);
}

/* Back off when another program keeps undoing it, as for routes. */
static void keep_up(struct agent *agent, const struct cni_job *job, struct text text,
		    enum found found)
{
	if (job->backoff != NULL && backoff_named(job->backoff, BACKOFF_FILE, job->path, job->now))
		(void)snprintf(job->file->trouble, sizeof(job->file->trouble),
			       "%.300s: another program keeps undoing it; backing off, up to 30 s "
			       "between repairs",
			       job->path);
	else
		put(agent, job, text, found);
}

/* An equal file is left alone, so that its watchers do not wake up. */
static void settle(struct agent *agent, const struct cni_job *job, struct text text)
{
	enum found found = FOUND_NOTHING;
	struct error err = {0};

	if (look(job, text, &found, &err) < 0) {
		set_trouble(job->file, err.text);
		agent->cni.again = true;
	} else if (found == FOUND_FOREIGN) {
		(void)snprintf(job->file->trouble, sizeof(job->file->trouble),
			       "%.300s: exists and croute did not write it, so it stays; remove "
			       "it, or name another file in agent.cniConf",
			       job->path);
	} else if (found == FOUND_SAME) {
		job->file->written = true;
	} else {
		keep_up(agent, job, text, found);
	}
}

static uint32_t mtu_of_family(const struct pass *pass, const struct family *family)
{
	const struct link *device = links_find_index(&pass->picture.links, family->device);

	if (family->link.index == 0)
		return UINT32_MAX;
	return device != NULL ? device->mtu : family->link.mtu;
}

/* A pod has one MTU for both families: the smaller one goes through either. */
static uint32_t mtu_of_pods(const struct pass *pass)
{
	uint32_t ipv4 = mtu_of_family(pass, &pass->picture.family[0]);
	uint32_t ipv6 = mtu_of_family(pass, &pass->picture.family[1]);

	return ipv4 < ipv6 ? ipv4 : ipv6;
}

/* Whether the pass has found and set up what the files describe. */
static bool is_known(const struct agent *agent, const struct agent_run *run)
{
	const struct pass *pass = agent->pass;

	return run->status == 0 && (pass->picture.notes & NOTE_DENIED) == 0 &&
	       !pass_lacks_interface(pass) && pass->picture.node.index != CONFIG_NOT_FOUND;
}

/* A file once written is kept until the host is known again. */
static void wait_for_host(const struct cni_job *job)
{
	if (!job->file->written)
		(void)snprintf(job->file->trouble, sizeof(job->file->trouble),
			       "%.300s: not written yet, it waits for the interfaces of this node",
			       job->path);
}

static void keep(struct agent *agent, const struct agent_run *run, const struct cni_job *job)
{
	struct agent_cni_file *file = job->file;
	char text[CNI_CONF_MOST] = "";
	struct buf buf = BUF_OVER(text);
	struct error err = {0};

	file->wanted = job->path[0] != '\0';
	file->written = file->written && file->wanted && !run->of_file;
	file->trouble[0] = '\0';
	if (!file->wanted)
		return;
	if (!is_known(agent, run))
		wait_for_host(job);
	else if (job->make(&agent->current.config, agent->pass->picture.node.index,
			   mtu_of_pods(agent->pass), &buf, &err) < 0)
		set_trouble(file, err.text);
	else
		settle(agent, job, text_of(text));
}

static bool is_right(const struct agent_cni_file *file)
{
	return file->written && file->trouble[0] == '\0';
}

void agent_cni_keep(struct agent *agent, const struct agent_run *run)
{
	const struct config *config = &agent->current.config;
	struct agent_cni *cni = &agent->cni;
	struct cni_job subnet_env = {.file = &cni->subnet_env,
				     .path = config_string_at(config, config->agent.subnet_env),
				     .make = cni_make_subnet_env,
				     .backoff = agent->pass->request.backoff,
				     .now = agent->pass->request.now};
	struct cni_job conf = subnet_env;

	conf.file = &cni->conf;
	conf.path = config_string_at(config, config->agent.cni_conf);
	conf.make = cni_make_conf;
	conf.guarded = true;
	cni->again = false;
	keep(agent, run, &subnet_env);
	keep(agent, run, &conf);
	agent->metrics.files[METRICS_FILES_DESIRED] = (uint64_t)cni->subnet_env.wanted +
						      cni->conf.wanted;
	agent->metrics.files[METRICS_FILES_WRITTEN] = (uint64_t)is_right(&cni->subnet_env) +
						      is_right(&cni->conf);
}

static void report(struct agent *agent, const struct agent_cni_file *file)
{
	struct status *status = &agent->status;

	if (!file->wanted || file->trouble[0] == '\0')
		return;
	agent_log_once(agent, file->trouble, "the routes are kept anyway");
	if (status->problem_count < STATUS_PROBLEMS_MOST)
		status_add_problem(status, STATUS_TROUBLE_CNI, host_wall_ms(), file->trouble);
	if (!file->written && status->waiting[0] == '\0')
		(void)snprintf(status->waiting, sizeof(status->waiting), "%s", file->trouble);
}

void agent_cni_report(struct agent *agent)
{
	report(agent, &agent->cni.subnet_env);
	report(agent, &agent->cni.conf);
}
