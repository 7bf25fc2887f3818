/* diag.c - gathering diagnostics, at most DIAG_MAX of each level. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/diag.h"

#include <stdarg.h>
#include <stdio.h>

uint16_t origin_file(struct origin at)
{
	return (uint16_t)(at.file_high << 5 | at.file_low);
}

int origin_compare(struct origin a, struct origin b)
{
	if (origin_file(a) != origin_file(b))
		return origin_file(a) < origin_file(b) ? -1 : 1;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return (a.column > b.column) - (a.column < b.column);
}

/* Room for one more, NULL when enough of its level are kept. */
static struct diag *diag_slot(struct diags *diags, enum diag_level level)
{
	uint32_t *seen = level == DIAG_ERROR ? &diags->errors : &diags->warnings;

	return (*seen)++ < DIAG_MAX ? &diags->list[diags->count++] : NULL;
}

__attribute__((format(printf, 4, 0))) static void diag_add(struct diags *diags,
							   enum diag_level level, struct origin at,
							   const char *format, va_list args)
{
	struct diag *diag = diag_slot(diags, level);

	if (diag == NULL)
		return;
	diag->at = at;
	diag->level = level;
	(void)vsnprintf(diag->text, sizeof(diag->text), format, args);
}

void diag_error(struct diags *diags, struct origin at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_add(diags, DIAG_ERROR, at, format, args);
	va_end(args);
}

void diag_warning(struct diags *diags, struct origin at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_add(diags, DIAG_WARNING, at, format, args);
	va_end(args);
}

bool diag_has_error(const struct diags *diags, struct origin at)
{
	for (uint32_t i = 0; i < diags->count; i++) {
		if (diags->list[i].level == DIAG_ERROR &&
		    origin_compare(diags->list[i].at, at) == 0)
			return true;
	}
	return false;
}

void diag_sort(struct diags *diags)
{
	for (uint32_t i = 1; i < diags->count; i++) {
		struct diag moving = diags->list[i];
		uint32_t hole = i;

		for (; hole > 0 && origin_compare(diags->list[hole - 1].at, moving.at) > 0; hole--)
			diags->list[hole] = diags->list[hole - 1];
		diags->list[hole] = moving;
	}
}
