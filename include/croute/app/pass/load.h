/* load.h - from the path of the file to a checked generation of it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/app/cli/progress.h"
#include "croute/base/buf.h"
#include "croute/base/diag.h"
#include "croute/base/error.h"
#include "croute/core/config/config.h"
#include "croute/core/config/places.h"
#include "croute/core/config/self.h"
#include "croute/edge/file/open.h"
#include "croute/edge/host/host.h"

/* What was read. Owns its memory and descriptors: load_release. */
struct loaded {
	struct config config; /* of use only when diags.errors is 0 */
	struct file_set files;
	struct diags diags;		/* sorted */
	struct fingerprint fingerprint; /* of the very files that were read */
	int64_t began_us;		/* on the clock of host_now_us */
	int64_t took_us;		/* reading and checking them */
};

/*
 * Memory of readings that are over, for the next one: a quarter of the time of a reading went into
 * having its pages made anew. It keeps at most ARENA_KEPT of each kind of row. Zero-initialise.
 */
struct load_room {
	struct config config;  /* empty */
	struct places *places; /* likewise; NULL: none yet */
};

/*
 * Read and check the file or directory, once: standard input (`-`) or a FIFO will do, and a person
 * who waits is shown how it goes on. `replacements` and `progress` may be NULL. 0 also when it is
 * invalid: look at diags.errors. -errno with `err` when its bytes could not be read; then `out` is
 * untouched.
 */
int load_once(const char *path, const struct file_replacement *replacements,
	      struct progress *progress, struct loaded *out, struct error *err);

/* Whether a failure with that code is of what the path leads to, so that only its change can help.
 * Any other (EIO, ESTALE, ENOMEM, EMFILE) is the host's: no event says when it is over. */
bool load_blames_file(int code);

/* The same for files that are open already: they are taken over, whatever the result, and so is the
 * memory in `room`. */
int load_files(const struct file_set *files, struct load_room *room, struct loaded *out,
	       struct error *err);

/* What was read is over; its memory goes into the room. */
void load_recycle(struct loaded *loaded, struct load_room *room);
void load_room_release(struct load_room *room);

/* Close the files once the diagnostics are printed; names stay, for load_cause. */
void load_let_go(struct loaded *loaded);
void load_release(struct loaded *loaded);

/* Append where something stands, as a plan shows it: `nodes.yaml:14:5`. */
void load_cause(const struct loaded *loaded, struct origin origin, struct buf *out);

/* The names with what they point into. */
struct names {
	struct host_name host;
	struct node_names
		list; /* `--node` or $NODE_NAME alone; else the host's name, full then short */
};

/* Fill `out` in place; the list points into it, so it must not be copied. */
void names_find(const struct options *options, struct names *out);
