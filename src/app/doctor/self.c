/* self.c - checks of croute itself: its file, its agent, and what it may and can. */
#include "app/doctor/facts.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "croute/model/entry.h"

#define MOUNT_MAX 512
#define INSTANCES_LEAST 128 /* the kernel's default; a node's kubelet alone wants several */
#define WATCHES_LEAST 8192

/* One mount; a longer path is cut. */
struct mount {
	char path[MOUNT_MAX];
	bool by_sub_path; /* a kubelet made it for a subPath */
};

void doctor_check_file(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_file *file = &facts->file;

	doctor_say(check, DOCTOR_OK, "%s is valid, %u nodes", file->path,
		   facts->config == NULL ? 0 : config_node_count(facts->config));
	if (file->errors > 0) {
		doctor_say(check, DOCTOR_FAILURE, "%.700s", file->trouble);
		if (file->errors > 1)
			doctor_say(check, DOCTOR_FAILURE, "%u more", file->errors - 1);
		doctor_fix(check, "croute validate %s", file->path);
		return;
	}
	if (file->warnings > 0)
		doctor_say(check, DOCTOR_WARNING, "%.700s", file->trouble);
	if (file->warnings > 1)
		doctor_fix(check, "croute validate %s", file->path);
	if (facts->node_trouble[0] != '\0') {
		doctor_say(check, DOCTOR_FAILURE, "%s", facts->node_trouble);
		doctor_fix(check,
			   "add an entry for this host, or name the one that it is: --node NAME");
	}
}

/* Parts of paths that only a kubelet makes: its folders, and the generations of a volume. What is
 * bound shows the path of the file behind it. */
static const char *const kubelets[] = {"/volume-subpaths/", "/kubernetes.io~", "/..2"};

static struct text cut(struct text *rest, char at)
{
	const char *end = memchr(rest->at, at, rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->at);
	struct text piece = {.at = rest->at, .len = len};
	size_t skip = end == NULL ? len : len + 1;

	*rest = (struct text){.at = rest->at + skip, .len = rest->len - skip};
	return piece;
}

static bool is_octal(struct text text, size_t i)
{
	return text.at[i] == '\\' && i + 3 < text.len && strchr("01", text.at[i + 1]) != NULL &&
	       strchr("01234567", text.at[i + 2]) != NULL &&
	       strchr("01234567", text.at[i + 3]) != NULL;
}

/* Blanks and the like stand as \040. */
static void unescape(struct text text, char out[MOUNT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < MOUNT_MAX; i++) {
		if (is_octal(text, i)) {
			out[len++] = (char)((text.at[i + 1] - '0') * 64 +
					    (text.at[i + 2] - '0') * 8 + (text.at[i + 3] - '0'));
			i += 3;
		} else {
			out[len++] = text.at[i];
		}
	}
	out[len] = '\0';
}

static bool is_about(const char *mount, const char *path, bool is_directory)
{
	size_t len = strlen(path);

	if (!is_directory)
		return strcmp(mount, path) == 0;
	return strncmp(mount, path, len) == 0 && mount[len] == '/' &&
	       strchr(mount + len + 1, '/') == NULL && entry_is_read(text_of(mount + len + 1));
}

static bool is_kubelets(struct text root)
{
	for (size_t i = 0; i < sizeof(kubelets) / sizeof(kubelets[0]); i++) {
		if (memmem(root.at, root.len, kubelets[i], strlen(kubelets[i])) != NULL)
			return true;
	}
	return false;
}

/* Fields: number, parent, device, root, mount point. */
static bool take_line(struct text line, const char *path, bool is_directory, struct mount *out)
{
	struct mount mount = {.by_sub_path = false};
	struct text root;

	for (int i = 0; i < 3; i++)
		(void)cut(&line, ' ');
	root = cut(&line, ' ');
	unescape(cut(&line, ' '), mount.path);
	if (!is_about(mount.path, path, is_directory))
		return false;
	mount.by_sub_path = is_kubelets(root);
	*out = mount;
	return true;
}

/* Search mountinfo (proc_pid_mountinfo(5)) for a mount at `path`, or, of a directory, at a file in
 * it that is read. A mount of the directory itself is fine. */
static bool find_mount(struct text mountinfo, const char *path, bool is_directory,
		       struct mount *out)
{
	bool found = false;

	while (mountinfo.len > 0) {
		if (take_line(cut(&mountinfo, '\n'), path, is_directory, out))
			found = true;
	}
	return found;
}

void doctor_check_mount(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_file *file = &facts->file;
	const struct host_text *mounts = facts->mounts;
	struct mount mount;

	if (!file->is_there) {
		doctor_say(check, DOCTOR_UNKNOWN, "the file does not exist");
		return;
	}
	if (mounts->status < 0) {
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read the mounts: %s",
			   strerrordesc_np(-mounts->status));
		return;
	}
	if (!find_mount(host_text_of(mounts), file->real_path, file->is_directory, &mount)) {
		doctor_say(check, DOCTOR_OK, "no file of %s is a mount by itself: updates arrive",
			   file->path);
		return;
	}
	if (mount.by_sub_path)
		doctor_say(check, DOCTOR_FAILURE,
			   "%s is mounted by subPath: its updates never arrive", mount.path);
	else
		doctor_say(check, DOCTOR_WARNING,
			   "%s is a mount of that one file: a file renamed over it outside never "
			   "arrives, only one written in place does",
			   mount.path);
	doctor_fix(check, "mount the directory, without subPath, and give croute the directory");
}

void doctor_check_agent(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (!facts->agent) {
		doctor_say(check, DOCTOR_WARNING,
			   "no agent runs in this network namespace: routes stay, but nothing "
			   "follows the file");
		doctor_fix(check, "systemctl enable --now croute");
		doctor_fix(check, "or croute reconcile at each change of the file");
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
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read the capabilities");
		return;
	}
	if ((set & (INT64_C(1) << CAP_NET_ADMIN)) != 0) {
		doctor_say(check, DOCTOR_OK, "this process has CAP_NET_ADMIN");
		return;
	}
	/* A person may look without it; a container that is root without it was set up wrong. */
	doctor_say(check, facts->host->is_root && !facts->agent ? DOCTOR_FAILURE : DOCTOR_WARNING,
		   "this process lacks CAP_NET_ADMIN: it can change nothing, and sees less");
	if (facts->host->is_root)
		doctor_fix(check, "securityContext: {capabilities: {add: [NET_ADMIN]}}");
	else
		doctor_fix(check, "run it as root");
}

/* The limit that is in force: the user namespace's, where it is the lower one. */
static void check_limit(const int limits[2], const char *name, int least,
			struct doctor_check *check)
{
	bool by_user = limits[1] != HOST_UNKNOWN && limits[1] < limits[0];
	const char *space = by_user ? "user.max_inotify" : "fs.inotify.max_user";
	int value = limits[by_user];

	if (value == HOST_UNKNOWN) {
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read fs.inotify.max_user_%s", name);
		return;
	}
	doctor_say(check, value < least ? DOCTOR_WARNING : DOCTOR_OK, "%s_%s is %d", space, name,
		   value);
	if (value < least)
		doctor_fix_setting(check, 8 * least, "%s_%s", space, name);
}

void doctor_check_inotify(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct host_facts *host = facts->host;

	check_limit(host->inotify_instances, "instances", INSTANCES_LEAST, check);
	check_limit(host->inotify_watches, "watches", WATCHES_LEAST, check);
	if (host->inotify_errno == 0)
		return;
	doctor_say(check, DOCTOR_FAILURE,
		   "inotify unavailable (%s): an agent polls the file at each resync",
		   strerrordesc_np(host->inotify_errno));
	if (check->fix[0] != '\0')
		return;
	if (host->inotify_errno == EMFILE)
		doctor_fix_setting(check, 8 * INSTANCES_LEAST, "fs.inotify.max_user_instances");
	if (host->inotify_errno == ENOSPC)
		doctor_fix_setting(check, 64 * WATCHES_LEAST, "fs.inotify.max_user_watches");
}
