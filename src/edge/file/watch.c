/* watch.c - notices that the file or directory may have changed. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/host/fd.h"
#include "croute/model/entry.h"

#define LINKS_MOST 40 /* as path_resolution(7) */

/* In a directory: entries that come, go, are renamed or change mode, and what happens to itself.
 * IN_MODIFY is not among them: a file is read when its writer closes it. */
#define WAY_MASK                                                                                   \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |        \
	 IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_MASK_ADD)
#define END_MASK (WAY_MASK | IN_CLOSE_WRITE)
#define FILE_MASK (IN_MODIFY | IN_CLOSE_WRITE | IN_DONT_FOLLOW)

struct way {
	char at[PATH_MAX];   /* free of links; "" is the root */
	char rest[PATH_MAX]; /* what is left to follow */
	int links;
};

enum way_end { WAY_ENDS_NOWHERE, WAY_ENDS_IN_DIRECTORY, WAY_ENDS_IN_FILE };

static uint32_t mask_of(enum watch_kind kind)
{
	return kind == WATCH_FILE ? FILE_MASK : kind == WATCH_NAME ? WAY_MASK : END_MASK;
}

/*
 * Watch something at `path`. What cannot be watched (vanished, no permission) is left out; only
 * running out of inotify's own limits is an error.
 */
static int add_entry(struct watch *watch, const char *path, enum watch_kind kind, const char *name)
{
	int wd = inotify_add_watch(watch->fd, path[0] != '\0' ? path : "/", mask_of(kind));
	struct watch_entry *entry;

	if (wd < 0)
		return errno == ENOSPC || errno == ENOMEM ? -errno : 0;
	entry = watch_list_note(&watch->list, wd, kind, name);
	if (entry != NULL)
		watch_list_set_path(&watch->list, entry, path);
	return 0;
}

/* Drop what the present way no longer leads by. */
static void sweep(struct watch *watch)
{
	int wd;

	while (watch_list_drop_unseen(&watch->list, &wd)) {
		if (wd >= 0)
			(void)inotify_rm_watch(watch->fd, wd);
	}
}

/* Take the next name off the rest; false at its end. */
static bool way_next(struct way *way, char part[NAME_MAX + 1])
{
	const char *begin = way->rest + strspn(way->rest, "/");
	size_t len = strcspn(begin, "/");
	struct buf out = {.data = part, .size = NAME_MAX + 1};

	if (len == 0)
		return false;
	part[0] = '\0';
	buf_add_text(&out, (struct text){.at = begin, .len = len});
	memmove(way->rest, begin + len, strlen(begin + len) + 1);
	return true;
}

static bool way_is_last(const struct way *way)
{
	return way->rest[strspn(way->rest, "/")] == '\0';
}

static void way_leave(struct way *way)
{
	char *slash = strrchr(way->at, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* Go on where the link `path` leads, relative to the directory that it is in. */
static bool way_enter_link(struct way *way, const char *path)
{
	char target[PATH_MAX];
	struct buf rest = BUF_LOCAL(PATH_MAX);
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len <= 0 || ++way->links > LINKS_MOST)
		return false;
	target[len] = '\0';
	if (target[0] == '/')
		way->at[0] = '\0';
	buf_add(&rest, "%s/%s", target, way->rest);
	memcpy(way->rest, rest.data, rest.size);
	return true;
}

/* Go by one name. 1 to go on, 0 when the way ends here, or -errno. */
static int way_step(struct watch *watch, struct way *way, const char *part)
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	struct stat stat;
	int status;

	if (strcmp(part, ".") == 0)
		return 1;
	if (strcmp(part, "..") == 0) {
		way_leave(way);
		return 1;
	}
	/* Watched first, then looked at, so that no change in between is missed. */
	status = add_entry(watch, way->at, way_is_last(way) ? WATCH_LAST : WATCH_NAME, part);
	if (status < 0)
		return status;
	buf_add(&path, "%s/%s", way->at, part);
	if (lstat(path.data, &stat) < 0)
		return 0;
	if (S_ISLNK(stat.st_mode))
		return way_enter_link(way, path.data);
	memcpy(way->at, path.data, path.size);
	return S_ISDIR(stat.st_mode) || (S_ISREG(stat.st_mode) && way_is_last(way));
}

/* Follow an absolute path, watching all directories on it. An enum way_end, or -errno. */
static int way_follow(struct watch *watch, const char *path, struct way *way)
{
	struct buf rest = BUF_OVER(way->rest);
	char part[NAME_MAX + 1];
	struct stat stat;

	way->at[0] = '\0';
	way->links = 0;
	buf_add(&rest, "%s", path);
	while (way_next(way, part)) {
		int status = way_step(watch, way, part);

		if (status <= 0)
			return status;
	}
	if (lstat(way->at[0] != '\0' ? way->at : "/", &stat) < 0)
		return WAY_ENDS_NOWHERE;
	return S_ISDIR(stat.st_mode) ? WAY_ENDS_IN_DIRECTORY : WAY_ENDS_IN_FILE;
}

/* An entry of a directory that is read: the way to it, if it is a link, and the file itself. */
static int watch_entry(struct watch *watch, const char *dir, const char *name)
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	struct way way;
	int end;

	buf_add(&path, "%s/%s", dir, name);
	end = way_follow(watch, path.data, &way);
	return end == WAY_ENDS_IN_FILE ? add_entry(watch, way.at, WATCH_FILE, "")
	       : end < 0	       ? end
				       : 0;
}

static int watch_entries(struct watch *watch, const char *dir)
{
	CLEANUP_DIR DIR *stream = NULL;
	const struct dirent *entry;
	int status = add_entry(watch, dir, WATCH_ENTRIES, "");

	stream = opendir(dir[0] != '\0' ? dir : "/");
	while (status >= 0 && stream != NULL && (entry = readdir(stream)) != NULL) {
		if (entry_is_read(text_of(entry->d_name)))
			status = watch_entry(watch, dir, entry->d_name);
	}
	return status;
}

/* A directory at the end of the way: itself and, in a kubelet's volume, what is shown of it. */
static int watch_directory(struct watch *watch, const char *dir)
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	struct way way;
	int end;

	buf_add(&path, "%s/%s", dir, ENTRY_GENERATION);
	if (access(path.data, F_OK) < 0)
		return watch_entries(watch, dir);
	end = add_entry(watch, dir, WATCH_ENTRIES, "");
	if (end >= 0)
		end = way_follow(watch, path.data, &way);
	return end == WAY_ENDS_IN_DIRECTORY ? watch_entries(watch, way.at) : end < 0 ? end : 0;
}

static int arm(struct watch *watch)
{
	struct way way;
	int end;

	watch->stale = false;
	watch_list_begin(&watch->list);
	end = way_follow(watch, watch->path, &way);
	if (end == WAY_ENDS_IN_DIRECTORY)
		end = watch_directory(watch, way.at);
	else if (end == WAY_ENDS_IN_FILE)
		end = add_entry(watch, way.at, WATCH_FILE, "");
	sweep(watch);
	return end < 0 ? end : 0;
}

/* Put a relative path behind the working directory: the way is watched from the root. */
static int set_path(struct watch *watch, const char *path)
{
	char cwd[PATH_MAX];
	struct buf buf = BUF_OVER(watch->path);

	if (path[0] != '/') {
		if (getcwd(cwd, sizeof(cwd)) == NULL)
			return -errno;
		buf_add(&buf, "%s/", cwd);
	}
	buf_add(&buf, "%s", path);
	return buf.len + 1 < buf.size ? 0 : -ENAMETOOLONG;
}

static int refuse(const char *path, int code, struct error *err)
{
	return error_set(err, code, "%s: inotify unavailable (%s)", path, strerror(code));
}

int watch_open(const char *path, struct watch *out, struct error *err)
{
	struct watch watch = {.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	int status;

	if (watch.fd < 0)
		return refuse(path, errno, err);
	status = set_path(&watch, path);
	if (status == 0)
		status = arm(&watch);
	if (status < 0) {
		watch_close(&watch);
		return refuse(path, -status, err);
	}
	*out = watch;
	return 0;
}

int watch_rearm(struct watch *watch, struct error *err)
{
	int status = arm(watch);

	return status < 0 ? refuse(watch->path, -status, err) : 0;
}

/*
 * Whether something that was made is whole at once: a link, of either sort. A file that is being
 * written has one name and tells when it is closed.
 */
static bool is_whole(const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) < 0)
		return false;
	return S_ISLNK(stat.st_mode) || (S_ISREG(stat.st_mode) && stat.st_nlink > 1);
}

static void set_closed(struct watch *watch, const char *path)
{
	struct watch_entry *file = watch_list_find_file(&watch->list, path);

	if (file != NULL)
		file->written = false;
}

/* What an event in a directory means for a entry in it: whether to read. */
static bool take_name(struct watch *watch, const struct watch_entry *entry,
		      const struct inotify_event *event)
{
	struct buf path = BUF_LOCAL(PATH_MAX);

	if (!watch_entry_is_about(entry, event->name))
		return false;
	watch->stale = true;
	buf_add(&path, "%s/%s", watch_list_path(&watch->list, entry), event->name);
	if ((event->mask & IN_CLOSE_WRITE) != 0)
		set_closed(watch, path.data);
	if ((event->mask & IN_CREATE) != 0 && (event->mask & IN_ISDIR) == 0)
		return is_whole(path.data);
	return true;
}

static bool take_write(struct watch_entry *entry, uint32_t mask)
{
	entry->written = (mask & IN_MODIFY) != 0;
	entry->silent_since = 0;
	return true;
}

/* What an event means for one entry of its watch: whether to read. */
static bool take_spot(struct watch *watch, struct watch_entry *entry,
		      const struct inotify_event *event)
{
	bool ignored = (event->mask & IN_IGNORED) != 0;

	if (ignored)
		entry->wd = -1;
	if (entry->kind == WATCH_FILE)
		return !ignored && take_write(entry, event->mask);
	if (event->len > 0)
		return take_name(watch, entry, event);
	watch->stale = true;
	return true;
}

/* Events were lost, those of writers who closed among them. */
static bool take_overflow(struct watch *watch)
{
	for (uint32_t i = 0; i < watch->list.count; i++)
		watch_list_at(&watch->list, i)->written = false;
	watch->stale = true;
	return true;
}

static bool take_event(struct watch *watch, const struct inotify_event *event)
{
	bool matters = false;

	if ((event->mask & IN_Q_OVERFLOW) != 0)
		return take_overflow(watch);
	for (uint32_t i = 0; i < watch->list.count; i++) {
		struct watch_entry *entry = watch_list_at(&watch->list, i);

		if (entry->wd == event->wd && take_spot(watch, entry, event))
			matters = true;
	}
	return matters;
}

/* Events of one read(2): the kernel only gives whole ones. */
static bool take_events(struct watch *watch, const char *at, const char *end)
{
	bool matters = false;

	while (at < end) {
		const struct inotify_event *event = (const void *)at;

		matters |= take_event(watch, event);
		at += sizeof(*event) + event->len;
	}
	return matters;
}

bool watch_read(struct watch *watch)
{
	_Alignas(struct inotify_event) char space[8192];
	bool matters = false;
	ssize_t got;

	while ((got = read(watch->fd, space, sizeof(space))) > 0)
		matters |= take_events(watch, space, space + got);
	if (watch->stale)
		watch->stale = arm(watch) < 0; /* the next event tries again */
	return matters;
}

/*
 * Whether nobody has the file open for writing: then no close will come, it was truncated by path.
 * The kernel grants a read lease in just that case (fcntl(2)); to another user without CAP_LEASE
 * and on network file systems it grants none, and the writer's silence decides. A writer who comes
 * in the instant of the lease causes a SIGIO.
 */
static bool has_no_writer(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	bool granted = fd >= 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;

	if (granted)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	fd_close(&fd);
	return granted;
}

bool watch_is_written(struct watch *watch, int64_t now, const char **silent)
{
	bool any = false;

	*silent = NULL;
	for (uint32_t i = 0; i < watch->list.count; i++) {
		struct watch_entry *entry = watch_list_at(&watch->list, i);
		const char *path = watch_list_path(&watch->list, entry);

		if (!entry->written)
			continue;
		if (entry->silent_since == 0)
			entry->silent_since = now;
		if (now - entry->silent_since >= WATCH_SILENT_MS)
			*silent = path;
		entry->written = *silent != path && !has_no_writer(path);
		any |= entry->written;
	}
	return any;
}

void watch_close(struct watch *watch)
{
	fd_drop(&watch->fd);
	watch_list_release(&watch->list);
}
