/* input.h - the bytes of a file, a pipe or standard input, once, from beginning to end. */
#ifndef CROUTE_EDGE_FILE_INPUT_H
#define CROUTE_EDGE_FILE_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "croute/base/error.h"

/* Begun by feed_open, given back by feed_close. */
struct feed {
	int fd;
	const char *name; /* the path, borrowed, or `standard input` */
	uint64_t size;	  /* bytes that it has; 0: not known */
};

/*
 * Open a file of whatever kind and size, for reading; NULL or `-` is standard input. A FIFO is
 * waited for. 0, or -errno with `err`, which
 * does not name it.
 */
int feed_open(const char *path, struct feed *out, struct error *err);

/* As stream_read_fn wants it, `feed` being a struct feed. */
int feed_read(void *feed, unsigned char *buffer, size_t size, size_t *got, struct error *err);
void feed_close(struct feed *feed);

#endif
