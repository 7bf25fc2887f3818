/* error.c - filling an error. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/error.h"

#include <stdio.h>

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -code;
	err->code = code;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -code;
}
