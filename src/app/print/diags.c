/* diags.c - reporting what is wrong with a file. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/print/print.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "croute/app/cli/command.h"
#include "croute/core/report/diag.h"
#include "croute/edge/file/open.h"

#define LINE_MAX_SIZE 1024 /* bytes of a source line that are looked at */

/* A place outside all files stands for the directory as a whole. */
static const char *path_of(const struct loaded *loaded, const struct diag *diag, char out[PATH_MAX])
{
	return origin_file(diag->at) < loaded->files.count
		       ? file_set_path(&loaded->files, origin_file(diag->at), out)
		       : loaded->files.path;
}

static void print_one(const struct loaded *loaded, const struct diag *diag, bool colour)
{
	char path[PATH_MAX];
	char line[LINE_MAX_SIZE];
	struct buf out = BUF_LOCAL(PATH_MAX + 4 * LINE_MAX_SIZE);
	struct report_diag view = {.diag = diag, .colour = colour};
	struct file_place place = {.file = origin_file(diag->at), .line = diag->at.line};

	place.skip = report_diag_skip(diag);
	view.path = path_of(loaded, diag, path);
	view.line.at = line;
	if (diag->at.line > 0)
		view.line.len = file_read_line(&loaded->files, place, line, sizeof(line));
	view.skipped = place.skip;
	report_diag_write(&out, &view);
	(void)fputs(out.data, stderr);
}

static void print_rest(const struct loaded *loaded, const char *what, uint32_t found)
{
	if (found > DIAG_MAX)
		(void)fprintf(stderr, "%s: %u %ss in all, the first %d are shown\n",
			      loaded->files.path, found, what, DIAG_MAX);
}

static void print_text(const struct loaded *loaded, bool colour)
{
	for (uint32_t i = 0; i < loaded->diags.count; i++)
		print_one(loaded, &loaded->diags.list[i], colour);
	print_rest(loaded, "error", loaded->diags.errors);
	print_rest(loaded, "warning", loaded->diags.warnings);
}

int print_piece(void *stream, const char *text, size_t len)
{
	return fwrite(text, 1, len, stream) == len ? 0 : -1;
}

struct json print_json(void)
{
	struct json json = {.write = print_piece, .context = stdout};

	json_open(&json, NULL, '{');
	json_put_number(&json, "version", 1);
	return json;
}

void print_json_end(struct json *json)
{
	json_close(json, '}');
	(void)json_end(json);
}

static void put_diag(struct json *json, const char *path, struct origin at, const char *text)
{
	json_open(json, NULL, '{');
	json_put_text(json, "file", path);
	json_put_number(json, "line", at.line);
	json_put_number(json, "column", at.column);
	json_put_text(json, "text", text);
	json_close(json, '}');
}

void print_diags_array(struct json *json, const char *key, const struct loaded *loaded,
		       enum diag_level level)
{
	json_open(json, key, '[');
	for (uint32_t i = 0; i < loaded->diags.count; i++) {
		const struct diag *diag = &loaded->diags.list[i];
		char path[PATH_MAX];

		if (diag->level == level)
			put_diag(json, path_of(loaded, diag, path), diag->at, diag->text);
	}
	json_close(json, ']');
}

static void print_errors(const struct loaded *loaded)
{
	struct json json = print_json();

	print_diags_array(&json, "errors", loaded, DIAG_ERROR);
	if (loaded->diags.warnings > 0)
		print_diags_array(&json, "warnings", loaded, DIAG_WARNING);
	print_json_end(&json);
}

void print_diags(const struct loaded *loaded, const struct options *options)
{
	if (options->output == OUTPUT_JSON && loaded->diags.errors > 0)
		print_errors(loaded);
	else
		print_text(loaded, options_colours(options, STDERR_FILENO));
}

void print_problem(const char *text, const struct options *options)
{
	bool colour = options_colours(options, STDERR_FILENO);
	struct buf safe = BUF_LOCAL(2 * sizeof(((struct error *)NULL)->text));

	buf_add_safe(&safe, text_of(text));
	(void)fprintf(stderr, "croute: %serror:%s %s\n", colour ? "\033[1;31m" : "",
		      colour ? "\033[0m" : "", safe.data);
}

static const char *name_at(const void *config, size_t i)
{
	return i < config_node_count(config)
		       ? config_string_at(config, config_node_at(config, (uint32_t)i)->name)
		       : NULL;
}

int print_refusal(const char *word, const char *why, const struct config *config,
		  const char *command)
{
	const char *nearest = config != NULL ? text_nearest(text_of(word), name_at, config) : NULL;
	char shown[OPTION_WORD_MAX];

	(void)fprintf(stderr, "croute: error: \"%s\" is %s", option_word(word, shown), why);
	if (nearest != NULL && strcmp(nearest, word) != 0)
		(void)fprintf(stderr, "; did you mean \"%s\"?", option_word(nearest, shown));
	(void)fprintf(stderr, "\nsee croute help %s\n", command);
	return EXIT_USAGE;
}

/* The text of an error without the path that it begins with. */
static const char *without_path(const char *path, const char *text)
{
	size_t len = strlen(path);

	return strncmp(text, path, len) == 0 && strncmp(text + len, ": ", 2) == 0 ? text + len + 2
										  : text;
}

int print_failure(const char *path, const struct error *err, const struct options *options)
{
	const struct origin nowhere = {.line = 0};
	int code = load_blames_file(err->code) ? EXIT_INVALID : EXIT_FAILED;
	struct json json;

	if (options->output == OUTPUT_TEXT) {
		print_problem(err->text, options);
		return code;
	}
	json = print_json();
	json_open(&json, "errors", '[');
	put_diag(&json, path, nowhere, without_path(path, err->text));
	json_close(&json, ']');
	print_json_end(&json);
	return code;
}

int print_load(const struct options *options, struct loaded *out)
{
	struct error err = {0};

	if (load_once(options->config, NULL, options->progress, out, &err) < 0)
		return print_failure(options->config, &err, options);
	print_diags(out, options);
	load_let_go(out);
	if (out->diags.errors == 0)
		return EXIT_DONE;
	load_release(out);
	return EXIT_INVALID;
}
