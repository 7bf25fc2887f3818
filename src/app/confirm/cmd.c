/* cmd.c - `croute confirm`: what was applied stays, or goes at once. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/confirm/confirm.h"
#include "croute/app/pass/load.h"
#include "croute/app/print/print.h"
#include "croute/app/status/status.h"
#include "croute/edge/file/small.h"

#define KEEP_MS 10000 /* for the end of a pass that is still being made */
#define UNDO_MS 120000

/* The record of the last time, "" when there is none. A file with errors tells where it is as well
 * as another. */
static void read_record(const struct options *options, char out[CONFIRM_RECORD_MOST])
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	struct file_small small = {.len = 0};
	struct loaded loaded;

	if (options->status_file != NULL) {
		confirm_record_path(options->status_file, &path);
	} else if (load_once(options->config, NULL, NULL, &loaded, NULL) == 0) {
		confirm_record_path(
			config_string_at(&loaded.config, loaded.config.agent.status_file), &path);
		load_release(&loaded);
	}
	if (path.len == 0)
		confirm_record_path(STATUS_FILE_DEFAULT, &path);
	if (file_small_read(path.data, out, CONFIRM_RECORD_MOST, &small, NULL) < 0)
		small.len = 0;
	out[small.len] = '\0';
}

/* Lines of a record or an answer, made safe for terminals. */
static const char *make_safe(const char *text, char out[2 * CONFIRM_RECORD_MOST])
{
	struct buf safe = {.data = out, .size = 2 * CONFIRM_RECORD_MOST};
	struct text rest = text_of(text);

	out[0] = '\0';
	while (rest.len > 0) {
		buf_add(&safe, "%s", safe.len > 0 ? "\n" : "");
		buf_add_safe(&safe, text_next_line(&rest));
	}
	return out;
}

static void print_answer_json(const char *result, const char *text, const char *last)
{
	struct json json = print_json();

	json_put_text(&json, "result", result);
	json_put_lines(&json, "text", text);
	if (last != NULL)
		json_put_lines(&json, "last", last);
	print_json_end(&json);
}

static void print_answer(const char *answer, const struct options *options)
{
	const char *result = strstr(answer, " confirmed: ") != NULL ? "confirmed" : "undone";
	char safe[2 * CONFIRM_RECORD_MOST];

	if (options->output == OUTPUT_JSON)
		print_answer_json(result, answer, NULL);
	else
		(void)printf("%s\n", make_safe(answer, safe));
}

/* What is the case when the process that waited is gone, by the last that it wrote down. */
static const char *state_after(const char *record)
{
	if (strstr(record, " " CONFIRM_APPLIED) != NULL)
		return "; it is gone, and what was applied stays";
	if (strstr(record, " " CONFIRM_UNDOING) != NULL)
		return "; it ended midway, so only part of it may be undone: "
		       "croute "
		       "reconcile --dry-run shows what differs from the file, croute reconcile "
		       "applies it again; with the old file in its place, it brings back what was";
	return "";
}

/* No process waits: say so, who holds the lock, and how the last confirmation ended. */
static int refuse(const struct error *err, const struct options *options)
{
	char record[CONFIRM_RECORD_MOST];
	char safe[2 * CONFIRM_RECORD_MOST];
	struct buf text = BUF_LOCAL(sizeof(err->text) + 64);

	read_record(options, record);
	buf_add(&text, "nothing waits for a confirmation%s%s", err->code != 0 ? ": " : "",
		err->code != 0 ? err->text : "");
	if (options->output == OUTPUT_JSON) {
		print_answer_json("none", text.data, record);
		return EXIT_FAILED;
	}
	print_problem(text.data, options);
	if (record[0] != '\0')
		(void)fprintf(stderr, "the last time: %s%s\n", make_safe(record, safe),
			      state_after(record));
	return EXIT_FAILED;
}

static int code_of(const char *answer)
{
	return answer[0] == '0' && answer[1] == ' ' ? EXIT_DONE : EXIT_FAILED;
}

static int run(const struct options *options)
{
	const char *word = options->undo ? CONFIRM_WORD_UNDO : CONFIRM_WORD_KEEP;
	char answer[LOCK_ANSWER_MAX];
	struct error err = {0};
	const char *text;

	if (lock_ask(word, options->undo ? UNDO_MS : KEEP_MS, answer, &err) < 0)
		return refuse(&err, options);
	text = strchr(answer, ' ');
	if (text == NULL)
		return refuse(&err, options);
	print_answer(text + 1, options);
	return code_of(answer);
}

const struct command command_confirm = {
	.name = "confirm",
	.summary = "keep what reconcile --confirm applied, or undo it now",
	.detail = "Exit 0 when it is kept, 1 when nothing waits for it (any more).\n"
		  "With --undo exit 0 when all is as it was.",
	.example = "croute reconcile --confirm 60s; croute confirm",
	.accepts = OPTION_BIT(OPTION_UNDO),
	.run = run,
};
