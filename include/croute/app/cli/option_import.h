/* option_import.h - the options of `croute import`. */
#ifndef CROUTE_APP_OPTION_IMPORT_H
#define CROUTE_APP_OPTION_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/import/nodes.h"
#include "croute/base/error.h"

struct options;

enum import_from { IMPORT_FROM_NOTHING, IMPORT_FROM_KUBE_NODES, IMPORT_FROM_FLANNEL };

/* What they were set to; zero is not given. */
struct option_import {
	enum import_from from;
	enum import_address address;
	bool has_address;
	bool has_serial;
	uint64_t serial;
	uint64_t generated_at;	/* seconds since 1970 */
	bool generated_now;	/* instead, when it runs */
	uint64_t split;		/* bytes of a file */
	const char *output_dir; /* borrowed */
};

/* Each takes the value of one. 0, or -EINVAL with `err`. */
int option_import_from(struct options *options, char *value, struct error *err);
int option_import_address(struct options *options, char *value, struct error *err);
int option_import_serial(struct options *options, char *value, struct error *err);
int option_import_generated_at(struct options *options, char *value, struct error *err);
int option_import_split(struct options *options, char *value, struct error *err);
int option_import_output_dir(struct options *options, char *value, struct error *err);

/* Whether they go together; after all were taken. 0, or -EINVAL with `err`. */
int option_import_check(const struct option_import *import, struct error *err);

#endif
