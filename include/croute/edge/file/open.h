/* open.h - the file or directory that says what is wanted: opened as one generation, and read. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "croute/base/arena.h"
#include "croute/base/error.h"

#define FILE_SET_MOST 1000		    /* files */
#define FILE_SIZE_MOST ((uint64_t)64 << 20) /* bytes of one */

/* One opened file. `name` is what people see in a plan: the name inside the directory, or the last
 * part of a lone file's path. */
struct file_entry {
	int fd;		     /* -1: not open, or no longer */
	const char *instead; /* path of the replacement that it is, borrowed; else NULL */
	char name[NAME_MAX + 1];
};

/*
 * One generation: all files of a directory, in bytewise order of name, or one lone file. Made by
 * file_open, given back by file_close.
 */
struct file_set {
	char path[PATH_MAX]; /* as given */
	bool is_directory;
	struct arena entries; /* struct file_entry */
	uint32_t count;
	dev_t device; /* of the directory that was read; 0 for a lone file */
	ino_t inode;
};

struct file_entry *file_set_at(const struct file_set *set, uint32_t i);

/* Append an entry with descriptor -1. NULL at FILE_SET_MOST or without memory. */
struct file_entry *file_set_add(struct file_set *set, const char *name);

/* NULL when there is none of that name. */
struct file_entry *file_set_find(const struct file_set *set, const char *name);

/* In bytewise order of name. */
void file_set_sort(struct file_set *set);

/* Whether two sorted sets have the same names. */
bool file_set_same_names(const struct file_set *a, const struct file_set *b);

/* The path of the entry `name`: PATH/NAME. */
const char *file_set_join(const struct file_set *set, const char *name, char out[PATH_MAX]);

/*
 * The path to show for the i-th file: PATH for a lone file, PATH/NAME in a directory, a
 * replacement's own path for what it replaces.
 */
const char *file_set_path(const struct file_set *set, uint32_t i, char out[PATH_MAX]);

/* A file that stands in for the entry `name` of the directory (`validate --replace`), or is added
 * to it. A list of them ends in one without a name. */
struct file_replacement {
	const char *name;
	const char *path;
};

/*
 * Open `path` as one generation. Of a directory all files are had through one open handle of it, of
 * its `..data` target where there is one (a kubelet's volume), and it is looked at again when it
 * changed meanwhile.
 *
 * Regular files only: a FIFO, device or socket is refused and never waited for; entries of a
 * directory that entry_is_read rejects, or that are not regular files, are skipped. A link that
 * leads nowhere is an error, so that a file that is away for a moment costs no routes.
 * `replacements` may be NULL. 0 or -errno with `err` ("PATH: what, why").
 */
int file_open(const char *path, const struct file_replacement *replacements, struct file_set *out,
	      struct error *err);

/* The same, once: `-`, standard input, and a FIFO are read to their end, too. */
int file_open_once(const char *path, const struct file_replacement *replacements,
		   struct file_set *out, struct error *err);

/*
 * Whether reading `config` would read `written` back, or see it come and go: a file right inside
 * that directory or its `..data`, or the very file. Links are followed; neither need exist.
 */
bool file_would_read(const char *config, const char *written);

/*
 * Close the descriptors and keep the names: a deleted file that stays open would hold its memory
 * on a ConfigMap's tmpfs. Reads fail afterwards.
 */
void file_let_go(struct file_set *set);
void file_close(struct file_set *set);

/* A file of a set, from its beginning. */
struct file_stream {
	const struct file_set *set;
	uint32_t file;
	uint64_t offset; /* read so far; past FILE_SIZE_MOST is an error */
};

/* Up to `size` bytes, their number in `*got`, 0 at the end; as stream_read_fn wants it, `stream`
 * being a struct file_stream. 0 or -errno. */
int file_read(void *stream, unsigned char *buffer, size_t size, size_t *got, struct error *err);

/* A place in a set: the `skip`-th character (from 0) of a line (from 1). */
struct file_place {
	uint32_t file;
	uint32_t line;
	uint32_t skip;
};

/*
 * The rest of the line from there on, without its end, cut to `size` bytes, NUL-terminated; for
 * diagnostics. Returns its length, 0 when it cannot be read.
 */
size_t file_read_line(const struct file_set *set, struct file_place place, char *out, size_t size);

/*
 * Over device, inode, size and times of what a path leads to. Only this finds what inotify does
 * not tell: a mount on top, a network file system, the lower layer of an overlay.
 */
struct fingerprint {
	int code;	   /* errno of an attempt that failed; the rest is then 0 */
	uint32_t files;	   /* how many */
	uint64_t sum;	   /* FNV-1a over all of the above and the names */
	int64_t newest_ms; /* youngest mtime, milliseconds since 1970 */
};

/* Of files that are open: of just what was, or will be, read through them. */
struct fingerprint file_fingerprint(const struct file_set *set);
bool file_fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b);
