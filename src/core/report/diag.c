/* diag.c - what is wrong with a file, as a compiler prints it. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/diag.h"

#include <string.h>

#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define YELLOW "\033[1;33m"
#define GREEN "\033[1;32m"
#define RESET "\033[0m"

#define CUT "\xe2\x80\xa6" /* an ellipsis */

static const char *paint(const struct report_diag *view, const char *colour)
{
	return view->colour ? colour : "";
}

static void write_head(struct buf *out, const struct report_diag *view)
{
	const struct diag *diag = view->diag;
	bool is_error = diag->level == DIAG_ERROR;

	buf_add(out, "%s", paint(view, BOLD));
	buf_add_safe(out, text_of(view->path));
	if (diag->at.line > 0)
		buf_add(out, ":%u", diag->at.line);
	if (diag->at.line > 0 && diag->at.column > 0)
		buf_add(out, ":%u", diag->at.column);
	buf_add(out, ":%s %s%s:%s ", paint(view, RESET), paint(view, is_error ? RED : YELLOW),
		is_error ? "error" : "warning", paint(view, RESET));
	buf_add_safe(out, text_of(diag->text));
	buf_add(out, "\n");
}

/* As buf_add_safe, but with its tabs. */
static void add_source(struct buf *out, struct text line)
{
	while (line.len > 0) {
		const char *tab = memchr(line.at, '\t', line.len);
		size_t len = tab != NULL ? (size_t)(tab - line.at) : line.len;

		buf_add_safe(out, (struct text){.at = line.at, .len = len});
		if (tab != NULL)
			buf_add(out, "\t");
		line.at += tab != NULL ? len + 1 : len;
		line.len -= tab != NULL ? len + 1 : len;
	}
}

static bool begins_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

/* How many bytes the first `most` characters of safe text take up. */
static size_t character_bytes(struct text text, size_t most)
{
	size_t at = 0;

	for (size_t seen = 0; at < text.len; at++) {
		if (begins_character(text.at[at]) && seen++ == most)
			break;
	}
	return at;
}

/* Blanks, and tabs where the source has them, up to the place. */
static void write_caret(struct buf *out, const struct report_diag *view, struct text shown)
{
	uint32_t ahead = view->diag->at.column - 1u - view->skipped;
	struct text before = {.at = shown.at, .len = character_bytes(shown, ahead)};

	if (view->skipped > 0)
		buf_add(out, " ");
	for (size_t i = 0; i < before.len; i++) {
		if (begins_character(before.at[i]))
			buf_add(out, before.at[i] == '\t' ? "\t" : " ");
	}
	buf_add(out, "%s^%s\n", paint(view, GREEN), paint(view, RESET));
}

static void write_source(struct buf *out, const struct report_diag *view)
{
	struct buf safe = BUF_LOCAL(4 * REPORT_DIAG_WIDTH + 64);
	struct text shown = {.at = safe.data};

	add_source(&safe, view->line);
	shown.len = character_bytes((struct text){.at = safe.data, .len = safe.len},
				    REPORT_DIAG_WIDTH);
	buf_add(out, "%s", view->skipped > 0 ? CUT : "");
	buf_add_text(out, shown);
	buf_add(out, "%s\n", shown.len < safe.len ? CUT : "");
	write_caret(out, view, shown);
}

uint32_t report_diag_skip(const struct diag *diag)
{
	const uint32_t lead = REPORT_DIAG_WIDTH * 3 / 5;

	return diag->at.column > REPORT_DIAG_WIDTH ? diag->at.column - lead : 0;
}

void report_diag_write(struct buf *out, const struct report_diag *view)
{
	const struct origin *at = &view->diag->at;

	write_head(out, view);
	if (view->line.len > 0 && at->line > 0 && at->column > view->skipped)
		write_source(out, view);
}
