/* input.h - the input of `croute import`, and what is said while it is read. */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/app/cli/progress.h"
#include "croute/base/diag.h"
#include "croute/edge/file/input.h"

struct import_input {
	struct input input;
	struct progress progress;
};

/* 0, or -errno, which is told. */
int import_input_open(const struct options *options, struct import_input *out);
void import_input_close(struct import_input *input);

/* As stream_read_fn wants it, the source being a struct import_input. What takes over a second is
 * shown on a terminal. */
int import_input_read(void *input, unsigned char *buffer, size_t size, size_t *got,
		      struct error *err);

/* On standard error: a warning, as import_tell_fn wants it; an error; syntax errors with their
 * places. */
void import_input_warn(void *input, const char *text);
void import_input_fail(struct import_input *input, const char *text);
void import_input_diags(struct import_input *input, struct diags *diags);
