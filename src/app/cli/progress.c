/* progress.c - progress of long work, on a terminal. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/progress.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/host/clock.h"

#define PATIENCE_MS 1000 /* shorter work is not worth a line */
#define AGAIN_MS 100
#define ITEMS_A_QUESTION 256
#define LINE_MOST 79 /* a line that wraps cannot be written again; less on a narrow terminal */
#define MIB ((uint64_t)1024 * 1024)

/* So many columns can be written without a wrap. */
static int columns_of(int fd)
{
	struct winsize size = {.ws_col = 0};

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 && size.ws_col <= LINE_MOST
		       ? size.ws_col - 1
		       : LINE_MOST;
}

struct progress progress_for(const struct options *options)
{
	struct progress progress = {.doing = "", .unit = "", .stride = 1, .divisor = 1};

	if (options->output == OUTPUT_TEXT && isatty(STDERR_FILENO) == 1)
		progress.stream = stderr;
	progress.most = columns_of(STDERR_FILENO);
	progress.due_ms = host_now_ms() + PATIENCE_MS;
	return progress;
}

static void begin(struct progress *progress, const char *doing, uint64_t total)
{
	progress_end(progress);
	progress->doing = doing;
	progress->total = total;
	progress->done = 0;
	progress->asked = 0;
}

void progress_begin(struct progress *progress, const char *doing, uint64_t total)
{
	if (progress == NULL)
		return;
	begin(progress, doing, total);
	progress->unit = "";
	progress->divisor = 1;
	progress->stride = ITEMS_A_QUESTION;
}

void progress_begin_bytes(struct progress *progress, const char *doing, uint64_t total)
{
	if (progress == NULL)
		return;
	begin(progress, doing, total);
	progress->unit = " MiB";
	progress->divisor = MIB;
	progress->stride = MIB / 4;
}

/* Spaces overwrite a longer line; no escape sequences, so that any terminal works. */
static void write_line(struct progress *progress, const char *line, int width)
{
	int most = progress->most > 0 ? progress->most : LINE_MOST;

	width = width < most ? width : most;
	(void)fprintf(progress->stream, "\r%-*s\r%.*s", progress->width, "", width, line);
	(void)fflush(progress->stream);
	progress->width = width;
}

static void show(struct progress *progress)
{
	struct buf line = BUF_LOCAL(LINE_MOST + 1);

	buf_add(&line, "%s ", progress->doing);
	buf_add_count(&line, progress->done / progress->divisor);
	if (progress->total > 0) {
		buf_add(&line, " of ");
		buf_add_count(&line, progress->total / progress->divisor);
	}
	buf_add(&line, "%s", progress->unit);
	write_line(progress, line.data, (int)line.len);
}

void progress_add(struct progress *progress, uint64_t items)
{
	int64_t now;

	if (progress == NULL || progress->stream == NULL)
		return;
	progress->done += items;
	if (progress->done - progress->asked < progress->stride)
		return;
	progress->asked = progress->done;
	now = host_now_ms();
	if (now < progress->due_ms)
		return;
	progress->due_ms = now + AGAIN_MS;
	show(progress);
}

void progress_stage(struct progress *progress, const char *doing)
{
	if (progress == NULL || progress->stream == NULL)
		return;
	begin(progress, doing, 0);
	/* It is written once, so it need not keep its distance to the line before. */
	if (host_now_ms() + AGAIN_MS >= progress->due_ms)
		write_line(progress, doing, (int)strlen(doing));
}

void progress_say(struct progress *progress, const char *doing)
{
	if (progress == NULL || progress->stream == NULL)
		return;
	begin(progress, doing, 0);
	write_line(progress, doing, (int)strlen(doing));
}

void progress_end(struct progress *progress)
{
	if (progress == NULL || progress->width == 0)
		return;
	write_line(progress, "", 0);
}
