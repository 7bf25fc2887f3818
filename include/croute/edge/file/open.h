/* open.h - opening the file or directory that says what is wanted. */
#pragma once

#include "croute/base/error.h"
#include "croute/edge/file/set.h"

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
 * directory that entry_is_read rejects, or that are not regular files, are passed over. A link that
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
