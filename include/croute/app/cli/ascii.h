/* ascii.h - ASCII output for locales other than UTF-8. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* One stream; lives as long as that. */
struct ascii {
	int fd;
	bool json; /* a character becomes an escape, else one character that is like it */
	unsigned char tail[4]; /* the beginning of a character that was cut */
	size_t len;
};

/* Whether these values of LC_ALL, LC_CTYPE and LANG, the first that is set, name UTF-8. */
bool ascii_is_utf8(const char *const values[3]);

/* A stream to `fd` instead of `old`, which is returned when there is no memory. */
FILE *ascii_open(struct ascii *ascii, int fd, bool json, FILE *old);
