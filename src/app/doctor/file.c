/* file.c - checks of the file, and of what croute itself may and can. */
#include "app/doctor/doctor.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "app/doctor/mounts.h"

#define INSTANCES_LEAST 128 /* the kernel's default; a node's kubelet alone wants several */
#define WATCHES_LEAST 8192

void doctor_check_file(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_file *file = &facts->file;

	doctor_say(check, DOCTOR_OK, "%s is valid, %u nodes", file->path,
		   facts->config == NULL ? 0 : config_node_count(facts->config));
	if (file->errors > 0) {
		doctor_say(check, DOCTOR_FAILURE, "%.700s", file->trouble);
		if (file->errors > 1)
			doctor_say(check, DOCTOR_FAILURE, "%u more", file->errors - 1);
		doctor_mend(check, "croute validate %s", file->path);
		return;
	}
	if (file->warnings > 0)
		doctor_say(check, DOCTOR_WARNING, "%.700s", file->trouble);
	if (file->warnings > 1)
		doctor_mend(check, "croute validate %s", file->path);
	if (facts->node_trouble[0] != '\0') {
		doctor_say(check, DOCTOR_FAILURE, "%s", facts->node_trouble);
		doctor_mend(check, "add an entry for this host, or say which it is: --node NAME");
	}
}

void doctor_check_mount(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_file *file = &facts->file;
	const struct host_text *mounts = &facts->texts[DOCTOR_MOUNTS];
	struct doctor_mount mount;

	if (!file->is_there) {
		doctor_say(check, DOCTOR_UNKNOWN, "there is no file");
		return;
	}
	if (mounts->status < 0) {
		doctor_say(check, DOCTOR_UNKNOWN, "could not see the mounts: %s",
			   strerrordesc_np(-mounts->status));
		return;
	}
	if (!doctor_find_mount(host_text_of(mounts), file->real_path, file->is_directory, &mount)) {
		doctor_say(check, DOCTOR_OK, "no file of %s is a mount by itself: updates arrive",
			   file->path);
		return;
	}
	if (mount.by_sub_path)
		doctor_say(check, DOCTOR_FAILURE,
			   "%s is mounted by subPath: its updates never arrive", mount.path);
	else
		doctor_say(check, DOCTOR_WARNING,
			   "%s is a mount of that one file: what is renamed over it outside never "
			   "arrives, only what is written in place does",
			   mount.path);
	doctor_mend(check, "mount the directory, without subPath, and give croute the directory");
}

void doctor_check_agent(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (!facts->agent) {
		doctor_say(check, DOCTOR_WARNING,
			   "no agent runs in this network namespace: routes stay, and nothing "
			   "follows the file");
		doctor_mend(check, "systemctl start croute, or croute reconcile at each change");
		return;
	}
	if (facts->agent_pid == 0)
		doctor_say(check, DOCTOR_OK, "an agent runs, in another container");
	else
		doctor_say(check, DOCTOR_OK, "an agent runs: process %u", facts->agent_pid);
}

void doctor_check_capabilities(const struct doctor_facts *facts, struct doctor_check *check)
{
	int64_t set = facts->host->capabilities;

	if (set == HOST_UNKNOWN) {
		doctor_say(check, DOCTOR_UNKNOWN, "could not see the capabilities");
		return;
	}
	if ((set & (INT64_C(1) << CAP_NET_ADMIN)) != 0) {
		doctor_say(check, DOCTOR_OK, "CAP_NET_ADMIN is there");
		return;
	}
	/* A person may look without it; a container that is root without it was set up wrong. */
	doctor_say(check, facts->host->is_root && !facts->agent ? DOCTOR_FAILURE : DOCTOR_WARNING,
		   "this process lacks CAP_NET_ADMIN: it could change nothing, and sees less");
	if (facts->host->is_root)
		doctor_mend(check, "securityContext: {capabilities: {add: [NET_ADMIN]}}");
	else
		doctor_mend(check, "run it as root");
}

void doctor_check_inotify(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_facts *host = facts->host;

	if (host->inotify_errno != 0) {
		doctor_say(check, DOCTOR_FAILURE,
			   "inotify cannot be had (%s): the file is looked at only at each resync",
			   strerrordesc_np(host->inotify_errno));
		if (host->inotify_errno == EMFILE)
			doctor_mend(check, "sysctl -w fs.inotify.max_user_instances=1024");
		return;
	}
	if (host->inotify_instances == HOST_UNKNOWN || host->inotify_watches == HOST_UNKNOWN) {
		doctor_say(check, DOCTOR_UNKNOWN, "could not see the limits of inotify");
		return;
	}
	doctor_say(check, DOCTOR_OK, "max_user_instances is %d, max_user_watches is %d",
		   host->inotify_instances, host->inotify_watches);
	if (host->inotify_instances < INSTANCES_LEAST) {
		doctor_say(check, DOCTOR_WARNING, "fs.inotify.max_user_instances is %d",
			   host->inotify_instances);
		doctor_mend(check, "sysctl -w fs.inotify.max_user_instances=1024");
	}
	if (host->inotify_watches < WATCHES_LEAST) {
		doctor_say(check, DOCTOR_WARNING, "fs.inotify.max_user_watches is %d",
			   host->inotify_watches);
		doctor_mend(check, "sysctl -w fs.inotify.max_user_watches=65536");
	}
}

static void say_interface(const struct doctor_family *family, struct doctor_check *check)
{
	char address[IP_TEXT_MAX];

	(void)ip_format(&family->address, address);
	if (family->link.index != 0) {
		doctor_say(check, DOCTOR_OK, "%s carries %s", family->link.name, address);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE, "no interface for this node's address %s", address);
	if (check->mend[0] == '\0')
		doctor_mend(check, "croute interface tells why of each");
}

void doctor_check_interface(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->config == NULL || facts->links == NULL) {
		doctor_say(check, DOCTOR_UNKNOWN, "%s",
			   facts->config == NULL ? "takes a valid file"
						 : "could not see the links");
		return;
	}
	if (facts->config->backend == BACKEND_NONE)
		doctor_say(check, DOCTOR_OK, "backend none needs none");
	else if (!facts->ipv4.wanted && !facts->ipv6.wanted)
		doctor_say(check, DOCTOR_UNKNOWN, "this node is not known");
	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->wanted)
			say_interface(doctor_family_at(facts, i), check);
	}
}
