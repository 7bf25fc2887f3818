/* diag.c - gathering diagnostics, at most DIAG_MAX of each level. */
#include "croute/base/diag.h"

#include <stdarg.h>
#include <stdio.h>

/* The place for one more, NULL when enough of its level are kept. */
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

static bool comes_after(const struct diag *a, const struct diag *b)
{
	if (a->at.file != b->at.file)
		return a->at.file > b->at.file;
	if (a->at.line != b->at.line)
		return a->at.line > b->at.line;
	return a->at.column > b->at.column;
}

void diag_sort(struct diags *diags)
{
	for (uint32_t i = 1; i < diags->count; i++) {
		struct diag moving = diags->list[i];
		uint32_t hole = i;

		for (; hole > 0 && comes_after(&diags->list[hole - 1], &moving); hole--)
			diags->list[hole] = diags->list[hole - 1];
		diags->list[hole] = moving;
	}
}
