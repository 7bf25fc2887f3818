/* self.c - checks of croute itself: its file, its agent, its privileges and limits. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "croute/app/agent/cmd.h"
#include "croute/core/plan/guard.h"
#include "croute/model/mount.h"

#define INSTANCES_LEAST 128 /* the kernel's default; a node's kubelet alone wants several */
#define WATCHES_LEAST 8192

void doctor_check_file(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_file *file = &facts->file;

	if (file->errors > 0)
		doctor_find(check, DOCTOR_FAILURE, "%.700s", file->problem);
	else if (file->warnings > 0)
		doctor_find(check, DOCTOR_WARNING, "%.700s", file->problem);
	else
		doctor_find(check, DOCTOR_OK, "%s is valid, %u nodes", file->path,
			    config_node_count(facts->config));
	if (file->errors > 1)
		doctor_find(check, DOCTOR_FAILURE, "%u more", file->errors - 1);
	if (file->errors > 0 || file->warnings > 1)
		doctor_fix(check, "croute validate %s", file->path);
	if (facts->node_problem[0] != '\0') {
		doctor_find(check, DOCTOR_FAILURE, "%s", facts->node_problem);
		doctor_fix(check, "add an entry for this host, or name the one that it is: --node");
	}
}

void doctor_check_mount(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_file *file = &facts->file;
	struct mount mount;
	struct buf text = BUF_LOCAL(2 * MOUNT_MAX);

	if (!file->exists) {
		doctor_find(check, DOCTOR_UNKNOWN, "the file does not exist");
	} else if (facts->mounts->status < 0) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read the mounts: %s",
			    strerrordesc_np(-facts->mounts->status));
	} else if (!mount_find(host_text_of(facts->mounts), file->real_path, file->is_directory,
			       &mount)) {
		doctor_find(check, DOCTOR_OK, "no file of %s is a mount by itself: updates arrive",
			    file->path);
	} else {
		mount_describe(&mount, &text);
		doctor_find(check, mount.by_sub_path ? DOCTOR_FAILURE : DOCTOR_WARNING, "%s",
			    text.data);
		doctor_fix(check, "mount the directory, without subPath, and give croute the "
				  "directory");
	}
}

void doctor_check_agent(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->agent && facts->agent_pid == 0) {
		doctor_find(check, DOCTOR_OK, "an agent runs, in another container");
	} else if (facts->agent) {
		doctor_find(check, DOCTOR_OK, "an agent runs: process %u", facts->agent_pid);
	} else {
		doctor_find(check, DOCTOR_WARNING,
			    "no agent runs in this network namespace: routes stay, but nothing "
			    "follows the file");
		doctor_fix(check, "systemctl enable --now croute");
		doctor_fix(check, "or croute reconcile at each change of the file");
	}
	if (facts->agent_why[0] == '\0')
		return;
	doctor_find(check, DOCTOR_WARNING, "%s", facts->agent_why);
	if (strncmp(facts->agent_why, AGENT_HOLDS, strlen(AGENT_HOLDS)) == 0)
		doctor_fix(check, "%s", GUARD_RELEASE);
}

void doctor_check_capabilities(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_facts *host = facts->host;

	if (host->capabilities == HOST_UNKNOWN) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read the capabilities");
		return;
	}
	if ((host->capabilities & (INT64_C(1) << CAP_NET_ADMIN)) != 0) {
		doctor_find(check, DOCTOR_OK, "this process has CAP_NET_ADMIN");
		return;
	}
	/* People may look without it; a container that runs as root without it is misconfigured. */
	doctor_find(check, host->is_root && !facts->agent ? DOCTOR_FAILURE : DOCTOR_WARNING,
		    "this process has no CAP_NET_ADMIN: it cannot change anything, and sees less");
	doctor_fix(check, host->is_root ? "securityContext: {capabilities: {add: [NET_ADMIN]}}"
					: "run it as root");
}

/* The limit that is in force: the user namespace's, where it is the lower one. */
static void check_limit(const int limits[2], const char *name, int least,
			struct doctor_check *check)
{
	bool by_user = limits[1] != HOST_UNKNOWN && limits[1] < limits[0];
	const char *space = by_user ? "user.max_inotify" : "fs.inotify.max_user";
	int value = limits[by_user];

	if (value == HOST_UNKNOWN) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read fs.inotify.max_user_%s", name);
		return;
	}
	doctor_find(check, value < least ? DOCTOR_WARNING : DOCTOR_OK, "%s_%s is %d", space, name,
		    value);
	if (value < least)
		doctor_fix_setting(check, 8 * least, "%s_%s", space, name);
}

/* EMFILE: no instance is left; ENOSPC: no watch. */
void doctor_check_inotify(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_facts *host = facts->host;

	check_limit(host->inotify_instances, "instances", INSTANCES_LEAST, check);
	check_limit(host->inotify_watches, "watches", WATCHES_LEAST, check);
	if (host->inotify_errno == 0)
		return;
	doctor_find(check, DOCTOR_FAILURE,
		    "inotify unavailable (%s): an agent polls the file at each resync",
		    strerrordesc_np(host->inotify_errno));
	if (check->fix[0] == '\0' && host->inotify_errno == EMFILE)
		doctor_fix_setting(check, 8 * INSTANCES_LEAST, "fs.inotify.max_user_instances");
	if (check->fix[0] == '\0' && host->inotify_errno == ENOSPC)
		doctor_fix_setting(check, 64 * WATCHES_LEAST, "fs.inotify.max_user_watches");
}
