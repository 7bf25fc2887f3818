/* input.h - the bytes of a file, a pipe or standard input, once, from beginning to end. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/error.h"

/* Begun by input_open, given back by input_close. */
struct input {
	int fd;
	const char *name; /* the path, borrowed, or `standard input` */
	uint64_t size;	  /* bytes that it has; 0: not known */
	bool awaited;	  /* a FIFO that nothing has come from yet */
};

/*
 * Open a file of any kind and size, for reading; NULL or `-` is standard input. A FIFO without a
 * writer is refused after three seconds, by input_read. 0, or -errno with `err`, which does not
 * name it.
 */
int input_open(const char *path, struct input *out, struct error *err);

/* As stream_read_fn wants it, `input` being a struct input. */
int input_read(void *input, unsigned char *buffer, size_t size, size_t *got, struct error *err);
void input_close(struct input *input);

/*
 * All of an input in memory, so that it can be read again: a descriptor, the caller's. -errno with
 * `err`, which does not name it, also when it is over `most` bytes.
 */
int input_spool(const char *path, uint64_t most, struct error *err);
