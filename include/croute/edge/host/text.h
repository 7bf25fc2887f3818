/* text.h - files of other programs, read whole. */
#ifndef CROUTE_EDGE_HOST_TEXT_H
#define CROUTE_EDGE_HOST_TEXT_H

#include "croute/model/host_facts.h"

#define HOST_TEXT_MOST ((size_t)16 * 1024 * 1024)

/* Append the file to `out` and a line end. `root` is put before the path. What `out->status` says
 * afterwards is returned: 0, -EFBIG past HOST_TEXT_MOST, or another -errno. */
int host_text_read(const char *root, const char *path, struct host_text *out);

/* Where a program looks for its settings. */
struct host_conf {
	const char *program; /* the folder below each directory, and `NAME.conf` in it */
	const char *name;
	const char *folder;	 /* of drop-ins, below the folder of the program */
	const char *const *dirs; /* those that win come first; ends in NULL */
};

/*
 * One text of all its settings, in an order in which later ones win: the first main file that
 * there is, and the drop-ins by name, one of a name hiding those of later directories
 * (systemd.syntax(7), NetworkManager.conf(5)). 0 also when there is none at all.
 */
int host_text_read_conf(const char *root, const struct host_conf *conf, struct host_text *out);

#endif
