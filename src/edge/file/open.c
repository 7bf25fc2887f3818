/* open.c - opening the file or directory as one generation. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/file/input.h"
#include "croute/edge/host/fd.h"
#include "croute/model/entry.h"

#define TEMPLATE "croute.yaml.example"
#define TRIES 8 /* a kubelet swaps once a minute; a directory that is never still is an error */

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	case S_IFDIR:
		return "a directory";
	default:
		return "not a regular file";
	}
}

static int refuse_kind(const char *path, mode_t mode, struct error *err)
{
	return error_set(err, EINVAL, "%s: is %s; a regular file or a directory is needed", path,
			 kind_of(mode));
}

static int refuse_open(const char *path, int code, struct error *err)
{
	if (code == ENOENT)
		return error_set(err, code,
				 "%s: no such file or directory; give another path with -c or "
				 "$CROUTE_CONFIG",
				 path);
	if (code == EACCES || code == EPERM)
		return error_set(err, code, "%s: no permission to read it (uid %u)", path,
				 (unsigned)geteuid());
	if (code == ENXIO)
		return refuse_kind(path, S_IFSOCK, err);
	return error_set(err, code, "%s: cannot be opened: %s", path, strerror(code));
}

/*
 * Open a file that is to be read. Looked at first, since merely opening some devices does
 * something; and again afterwards, since it may have been changed in between.
 */
static int open_regular(int at, const char *name, const char *shown, struct error *err)
{
	struct stat stat;
	CLEANUP_FD int fd = -1;
	int opened;

	if (fstatat(at, name, &stat, 0) < 0)
		return refuse_open(shown, errno, err);
	if (!S_ISREG(stat.st_mode))
		return refuse_kind(shown, stat.st_mode, err);
	fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat) < 0)
		return refuse_open(shown, errno, err);
	if (!S_ISREG(stat.st_mode))
		return refuse_kind(shown, stat.st_mode, err);
	if ((uint64_t)stat.st_size > FILE_SIZE_MOST)
		return error_set(err, EFBIG, "%s: is larger than 64 MiB", shown);
	opened = fd;
	fd = -1;
	return opened;
}

static void entry_take(struct file_entry *entry, int fd)
{
	fd_close(&entry->fd);
	entry->fd = fd;
}

/* Whether the entry is one to read; a link that leads nowhere is, and fails when it is opened. */
static bool is_wanted(int dir, const struct dirent *entry)
{
	struct stat stat;

	if (!entry_is_read(text_of(entry->d_name)))
		return false;
	if (entry->d_type == DT_REG)
		return true;
	return fstatat(dir, entry->d_name, &stat, 0) < 0 || S_ISREG(stat.st_mode);
}

/* The names of `dir`, sorted and not yet opened, as entries of `set`. */
static int list_names(int dir, struct file_set *set, struct error *err)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_DIR DIR *stream = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;

	if (stream == NULL) {
		int code = errno;

		fd_close(&again);
		return refuse_open(set->path, code, err);
	}
	while (errno = 0, (entry = readdir(stream)) != NULL) {
		if (is_wanted(dir, entry) && file_set_add(set, entry->d_name) == NULL)
			return error_set(err, E2BIG, "%s: has more than %d files", set->path,
					 FILE_SET_MOST);
	}
	if (errno != 0)
		return refuse_open(set->path, errno, err);
	file_set_sort(set);
	return 0;
}

/* A listing is not a snapshot: an entry renamed during it may be missed. Two equal ones are
 * believed.
 */
static int check_names(int dir, const struct file_set *set, struct error *err)
{
	struct file_set again = {.entries.limit = set->entries.limit};
	int status;
	bool same;

	memcpy(again.path, set->path, sizeof(again.path));
	status = list_names(dir, &again, err);
	same = status == 0 && file_set_same_names(set, &again);
	arena_release(&again.entries);
	if (status < 0)
		return status;
	return same ? 0 : error_set(err, EAGAIN, "%s: keeps changing while it is read", set->path);
}

static int open_entries(int dir, struct file_set *set, struct error *err)
{
	for (uint32_t i = 0; i < set->count; i++) {
		struct file_entry *entry = file_set_at(set, i);
		char shown[PATH_MAX];
		int fd = open_regular(dir, entry->name, file_set_join(set, entry->name, shown),
				      err);

		if (fd == -ENOENT)
			return error_set(err, ENOENT,
					 "%s: leads nowhere, or disappeared while it was read",
					 shown);
		if (fd < 0)
			return fd;
		entry_take(entry, fd);
	}
	return 0;
}

static int replace_one(struct file_set *set, const struct file_replacement *one, struct error *err)
{
	struct file_entry *entry = file_set_find(set, one->name);
	int fd;

	if (!entry_is_read(text_of(one->name)) || strchr(one->name, '/') != NULL ||
	    strlen(one->name) > NAME_MAX)
		return error_set(err, EINVAL, "%s: no file named \"%s\" would be read in it",
				 set->path, one->name);
	fd = open_regular(AT_FDCWD, one->path, one->path, err);
	if (fd < 0)
		return fd;
	if (entry == NULL)
		entry = file_set_add(set, one->name);
	if (entry == NULL) {
		fd_close(&fd);
		return error_set(err, E2BIG, "%s: has too many files", set->path);
	}
	entry->instead = one->path;
	entry_take(entry, fd);
	file_set_sort(set);
	return 0;
}

/* A package brings a template, under a name that is not read. */
static int refuse_empty(const struct file_set *set, struct error *err)
{
	char template[PATH_MAX];
	bool has = access(file_set_join(set, TEMPLATE, template), F_OK) == 0;

	return error_set(err, ENOENT, "%s: no .yaml, .yml or .json in it%s", set->path,
			 has ? "; copy " TEMPLATE " there to croute.yaml, and edit it" : "");
}

static int replace_all(struct file_set *set, const struct file_replacement *list, struct error *err)
{
	for (; list != NULL && list->name != NULL; list++) {
		int status = replace_one(set, list, err);

		if (status < 0)
			return status;
	}
	return set->count == 0 ? refuse_empty(set, err) : 0;
}

/* Take the place of `..data`'s target, where there is one, as the directory to read from. */
static int enter_generation(int *dir, struct file_set *set, bool *linked, struct error *err)
{
	struct stat stat;
	int target;

	*linked = fstatat(*dir, ENTRY_GENERATION, &stat, AT_SYMLINK_NOFOLLOW) == 0;
	if (*linked) {
		target = openat(*dir, ENTRY_GENERATION, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (target < 0)
			return error_set(err, errno == ENOENT ? EAGAIN : errno,
					 "%s: cannot enter its ..data: %s", set->path,
					 strerror(errno));
		fd_close(dir);
		*dir = target;
	}
	if (fstat(*dir, &stat) < 0)
		return refuse_open(set->path, errno, err);
	set->device = stat.st_dev;
	set->inode = stat.st_ino;
	return 0;
}

/*
 * Whether the path still leads to the directory that was read. A program that swaps a link (a
 * kubelet, git-sync) removes the old generation only after the swap, so if it still does, nothing
 * was missing.
 */
static int check_generation(const struct file_set *set, bool linked, struct error *err)
{
	char path[PATH_MAX];
	struct stat now;

	if (stat(linked ? file_set_join(set, ENTRY_GENERATION, path) : set->path, &now) == 0 &&
	    now.st_dev == set->device && now.st_ino == set->inode)
		return 0;
	return error_set(err, EAGAIN, "%s: keeps changing while it is read", set->path);
}

static int read_directory(struct file_set *set, struct error *err)
{
	CLEANUP_FD int dir = open(set->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool linked;
	int status;

	if (dir < 0)
		return refuse_open(set->path, errno, err);
	status = enter_generation(&dir, set, &linked, err);
	if (status < 0)
		return status;
	status = list_names(dir, set, err);
	if (status == 0)
		status = open_entries(dir, set, err);
	if (status == 0)
		status = check_names(dir, set, err);
	/* A swap in the middle explains any failure. */
	if (check_generation(set, linked, err) < 0)
		return -EAGAIN;
	return status;
}

static void drop_entries(struct file_set *set)
{
	file_let_go(set);
	arena_reset(&set->entries);
	set->count = 0;
}

static int open_directory(struct file_set *set, const struct file_replacement *replacements,
			  struct error *err)
{
	int status = -EAGAIN;

	set->is_directory = true;
	for (int i = 0; i < TRIES && status == -EAGAIN; i++) {
		drop_entries(set);
		status = read_directory(set, err);
	}
	return status < 0 ? status : replace_all(set, replacements, err);
}

static int open_lone(struct file_set *set, const struct file_replacement *replacements,
		     struct error *err)
{
	const char *slash = strrchr(set->path, '/');
	struct file_entry *entry;
	int fd;

	if (replacements != NULL && replacements->name != NULL)
		return error_set(err, ENOTDIR, "%s: is not a directory in which to replace a file",
				 set->path);
	fd = open_regular(AT_FDCWD, set->path, set->path, err);
	if (fd < 0)
		return fd;
	entry = file_set_add(set, slash != NULL ? slash + 1 : set->path);
	if (entry == NULL) {
		fd_close(&fd);
		return error_set(err, ENOMEM, "%s: no memory left", set->path);
	}
	entry_take(entry, fd);
	return 0;
}

int file_open(const char *path, const struct file_replacement *replacements, struct file_set *out,
	      struct error *err)
{
	struct file_set set = {.entries.limit = sizeof(struct file_entry) * FILE_SET_MOST};
	struct buf shown = BUF_OVER(set.path);
	struct stat stat_now;
	int status;

	if (strlen(path) >= PATH_MAX)
		return error_set(err, ENAMETOOLONG, "the path of the file is too long");
	buf_add(&shown, "%s", path);
	if (stat(path, &stat_now) < 0)
		return refuse_open(path, errno, err);
	if (S_ISDIR(stat_now.st_mode))
		status = open_directory(&set, replacements, err);
	else
		status = open_lone(&set, replacements, err);
	if (status < 0) {
		file_close(&set);
		return status;
	}
	*out = set;
	return 0;
}

static int open_spooled(struct file_set *set, const char *path, struct error *err)
{
	const char *name = strcmp(path, "-") == 0 ? "<stdin>" : path;
	const char *slash = strrchr(name, '/');
	struct file_entry *entry = file_set_add(set, slash != NULL ? slash + 1 : name);
	struct buf shown = BUF_OVER(set->path);
	struct error why = {0};
	int fd = input_spool(path, FILE_SIZE_MOST, &why);

	buf_add(&shown, "%s", name);
	if (fd < 0)
		return error_set(err, -fd, "%s: %s", name, why.text);
	if (entry == NULL) {
		fd_close(&fd);
		return error_set(err, ENOMEM, "%s: no memory left", name);
	}
	entry_take(entry, fd);
	return 0;
}

int file_open_once(const char *path, const struct file_replacement *replacements,
		   struct file_set *out, struct error *err)
{
	bool replaces = replacements != NULL && replacements->name != NULL;
	struct file_set set = {.entries.limit = sizeof(struct file_entry) * FILE_SET_MOST};
	struct stat now;
	int status;

	if (replaces || strlen(path) >= PATH_MAX ||
	    (strcmp(path, "-") != 0 && (stat(path, &now) < 0 || !S_ISFIFO(now.st_mode))))
		return file_open(path, replacements, out, err);
	status = open_spooled(&set, path, err);
	if (status < 0)
		file_close(&set);
	else
		*out = set;
	return status;
}

static bool is_same_file(const char *path, const struct stat *other)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_dev == other->st_dev && now.st_ino == other->st_ino;
}

bool file_would_read(const char *config, const char *written)
{
	const char *slash = strrchr(written, '/');
	size_t len = slash == NULL ? 0 : slash == written ? 1 : (size_t)(slash - written);
	char folder[PATH_MAX] = ".";
	char generation[PATH_MAX];
	struct stat target;

	if (len >= sizeof(folder) || stat(config, &target) < 0)
		return false;
	if (!S_ISDIR(target.st_mode))
		return is_same_file(written, &target);
	if (len > 0) {
		memcpy(folder, written, len);
		folder[len] = '\0';
	}
	if (is_same_file(folder, &target))
		return true;
	return snprintf(generation, sizeof(generation), "%s/" ENTRY_GENERATION, config) <
		       (int)sizeof(generation) &&
	       stat(generation, &target) == 0 && is_same_file(folder, &target);
}

void file_let_go(struct file_set *set)
{
	for (uint32_t i = 0; i < set->count; i++) {
		fd_close(&file_set_at(set, i)->fd);
		file_set_at(set, i)->fd = -1;
	}
}

void file_close(struct file_set *set)
{
	file_let_go(set);
	arena_release(&set->entries);
	set->count = 0;
}
