/* cmd.c - `croute import`: a file from what Kubernetes or flannel know. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/import/flannel.h"
#include "app/import/nodes.h"
#include "app/import/shard_files.h"
#include "app/import/text.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/cli/progress.h"
#include "croute/app/pass/load.h"
#include "croute/app/print/print.h"
#include "croute/edge/file/input.h"
#include "croute/edge/file/small.h"

static void release_arena(struct arena *arena)
{
	arena_release(arena);
}
#define CLEANUP_ARENA __attribute__((cleanup(release_arena)))

struct run {
	const struct options *options;
	struct input input;
	struct progress progress;
	struct import import;
	struct config_source source; /* what the files say of themselves */
};

/* Text from the input must not control the terminal. */
static void print_line(struct run *run, const char *before, const char *text)
{
	struct buf safe = BUF_LOCAL(IMPORT_TEXT_MAX + 512);

	buf_add_safe(&safe, text_of(text));
	progress_end(&run->progress);
	(void)fprintf(stderr, "%s%s\n", before, safe.data);
}

static void warn(void *run, const char *text)
{
	print_line(run, "croute: warning: ", text);
}

static int refuse(struct run *run, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Returns `code`. */
static int refuse(struct run *run, int code, const char *format, ...)
{
	struct buf line = BUF_LOCAL(IMPORT_TEXT_MAX);
	va_list args;

	buf_add(&line, "%.500s: ", run->input.name);
	va_start(args, format);
	buf_add_args(&line, format, args);
	va_end(args);
	print_line(run, "croute: error: ", line.data);
	return code;
}

static int refuse_input(struct run *run, struct diags *diags, const struct error *err)
{
	diag_sort(diags);
	for (uint32_t i = 0; i < diags->count; i++) {
		const struct diag *diag = &diags->list[i];
		struct buf line = BUF_LOCAL(IMPORT_TEXT_MAX);

		buf_add(&line, "%.500s:%u:%u: error: %s", run->input.name, diag->at.line,
			diag->at.column, diag->text);
		print_line(run, "", line.data);
	}
	if (err->code == 0)
		return EXIT_INVALID;
	return refuse(run, load_blames_file(err->code) ? EXIT_INVALID : EXIT_FAILED, "%s",
		      err->text);
}

static int read_input(void *run, unsigned char *buffer, size_t size, size_t *got, struct error *err)
{
	struct run *own = run;
	int status = input_read(&own->input, buffer, size, got, err);

	if (status == 0)
		progress_add(&own->progress, *got);
	return status;
}

static bool append(struct arena *bytes, const void *from, size_t len)
{
	void *place = arena_push(bytes, len);

	if (place != NULL)
		memcpy(place, from, len);
	return place != NULL;
}

static bool add_head(const struct run *run, bool empty, struct arena *bytes)
{
	struct buf text = BUF_LOCAL(IMPORT_HEAD_MAX);

	arena_reset(bytes);
	import_text_head(&run->import, &run->source, empty, &text);
	return append(bytes, text.data, text.len);
}

/* The bytes of one file of so many. */
static bool fill(struct run *run, uint32_t number, uint32_t count, struct arena *bytes)
{
	uint32_t nodes = 0;

	if (!add_head(run, false, bytes))
		return false;
	for (uint32_t i = 0; i < import_count(&run->import); i++) {
		const struct import_node *node = import_at(&run->import, i);
		struct buf text = BUF_LOCAL(IMPORT_LINE_MAX);

		if (import_text_shard(node->name, count) != number)
			continue;
		import_text_line(node, &text);
		if (!append(bytes, text.data, text.len))
			return false;
		progress_add(&run->progress, 1);
		nodes++;
	}
	return nodes > 0 || add_head(run, true, bytes);
}

static int print_whole(struct run *run, struct error *err)
{
	CLEANUP_ARENA struct arena bytes = {.limit = STREAM_BYTES_MOST};

	if (!fill(run, 0, 1, &bytes))
		return error_set(err, E2BIG,
				 "%u nodes make a file of over %zu MiB; use --split and "
				 "--output-dir",
				 import_count(&run->import), STREAM_BYTES_MOST >> 20);
	(void)fwrite(bytes.base, 1, bytes.used, stdout);
	return 0;
}

static int write_shards(struct run *run, uint32_t count, struct error *err)
{
	const struct import_options *own = &run->options->import;
	CLEANUP_ARENA struct arena bytes = {.limit = own->split + IMPORT_HEAD_MAX};
	char path[PATH_MAX];
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++) {
		if (!fill(run, i, count, &bytes))
			return error_set(err, ENOMEM, "no memory left");
		status = file_write(shard_path(own->output_dir, i, path), (const char *)bytes.base,
				    bytes.used, err);
	}
	return status;
}

/* The new files first: until the last of them is there, the agents find that their numbers do not
 * agree, and keep what they have. */
static int split(struct run *run, struct error *err)
{
	const struct import_options *own = &run->options->import;
	uint32_t nodes = import_count(&run->import);
	uint32_t removed = 0;
	uint32_t count = 1;
	int status = import_text_shards(&run->import, IMPORT_HEAD_MAX, own->split, &count, err);

	if (status == 0)
		status = shard_check(own->output_dir, IMPORT_MARK, err);
	progress_begin(&run->progress, "writing nodes:", nodes);
	if (status == 0)
		status = write_shards(run, count, err);
	if (status == 0)
		status = shard_trim(own->output_dir, count, &removed, err);
	progress_end(&run->progress);
	if (status < 0)
		return status;
	(void)printf("%s: %u node%s in %u file%s", own->output_dir, nodes, nodes == 1 ? "" : "s",
		     count, count == 1 ? "" : "s");
	if (removed > 0)
		(void)printf(", %u removed", removed);
	(void)printf("\n");
	return 0;
}

/* `validate` would rightly refuse an empty file. */
static int import_nodes(struct run *run)
{
	const struct import_options *own = &run->options->import;
	struct import *import = &run->import;
	struct diags diags = {.count = 0};
	struct error err = {0};
	int status;

	import_begin(import, own->address, warn, run);
	if (import_kube_read(import, read_input, run, &diags, &err) < 0)
		return refuse_input(run, &diags, &err);
	status = import_resolve(import, &err);
	progress_end(&run->progress);
	if (status == 0 && import->seen == 0)
		return refuse(run, EXIT_FAILED, "no nodes in it; nothing was written");
	if (status == 0 && import_count(import) == 0)
		return refuse(run, EXIT_FAILED,
			      "none of its nodes (%u) can be used; nothing was written",
			      import->seen);
	if (status == 0)
		status = own->split > 0 ? split(run, &err) : print_whole(run, &err);
	if (status < 0)
		print_problem(err.text, run->options);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int read_whole(struct run *run, struct arena *bytes, struct error *err)
{
	unsigned char chunk[4096];
	size_t got = 0;

	do {
		int status = read_input(run, chunk, sizeof(chunk), &got, err);

		if (status < 0)
			return status;
		if (got > 0 && !append(bytes, chunk, got))
			return error_set(err, EFBIG,
					 "it is over %zu KiB, too large for a net-conf.json",
					 IMPORT_FLANNEL_MOST >> 10);
	} while (got > 0);
	return bytes->used > 0 ? 0 : error_set(err, EINVAL, "the input is empty");
}

static int import_settings(struct run *run)
{
	CLEANUP_ARENA struct arena bytes = {.limit = IMPORT_FLANNEL_MOST};
	struct diags none = {.count = 0};
	struct buf out = BUF_LOCAL(IMPORT_FLANNEL_TEXT_MAX);
	struct error err = {0};
	struct text text;
	int status = read_whole(run, &bytes, &err);

	text = (struct text){.at = (const char *)bytes.base, .len = bytes.used};
	if (status == 0)
		status = import_flannel_read(text, &out, &err);
	if (status < 0)
		return refuse_input(run, &none, &err);
	(void)fputs(out.data, stdout);
	return EXIT_DONE;
}

static int run_import(struct run *run)
{
	const struct options *options = run->options;
	struct diags none = {.count = 0};
	struct error err;

	run->progress = progress_for(options);
	if (input_open(options->argument, &run->input, &err) < 0)
		return refuse_input(run, &none, &err);
	if (options->argument == NULL && isatty(STDIN_FILENO) == 1)
		(void)fputs("croute: reads standard input, to its end (Ctrl-D)\n", stderr);
	progress_begin_bytes(&run->progress, "reading", run->input.size);
	return options->import.from == IMPORT_FROM_FLANNEL ? import_settings(run)
							   : import_nodes(run);
}

/* What goes together. */
static int check_options(const struct import_options *own, struct error *err)
{
	bool stamped = own->has_serial || own->generated_at > 0 || own->generated_now;

	if (own->from == IMPORT_FROM_NOTHING)
		return error_set(err, EINVAL, "import needs --from kube-nodes or --from flannel");
	if (own->from == IMPORT_FROM_FLANNEL &&
	    (own->address != 0 || stamped || own->split > 0 || own->output_dir != NULL))
		return error_set(err, EINVAL,
				 "--address, --serial, --generated-at, --split and --output-dir "
				 "go with --from kube-nodes");
	if ((own->split > 0) != (own->output_dir != NULL))
		return error_set(err, EINVAL, "--split and --output-dir go together");
	return 0;
}

static int run(const struct options *options)
{
	const struct import_options *own = &options->import;
	struct run run = {.options = options, .input = {.fd = -1, .name = options->argument}};
	struct error err;
	int code;

	if (check_options(own, &err) < 0) {
		print_problem(err.text, options);
		(void)fputs("see croute help import\n", stderr);
		return EXIT_USAGE;
	}
	run.source.has_serial = own->has_serial;
	run.source.serial = own->serial;
	run.source.generated_at = own->generated_now ? (uint64_t)time(NULL) : own->generated_at;
	code = run_import(&run);
	progress_end(&run.progress);
	import_release(&run.import);
	input_close(&run.input);
	return code;
}

const struct command command_import = {
	.name = "import",
	.argument = "FILE",
	.summary = "make a file from kubectl get nodes, or from flannel's",
	.detail = "From kubectl get nodes -o json|yaml, or flannel's net-conf.json; - or\n"
		  "no FILE is standard input.",
	.example = "kubectl get nodes -o json | croute import --from kube-nodes",
	.accepts = OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_ADDRESS) |
		   OPTION_BIT(OPTION_SERIAL) | OPTION_BIT(OPTION_GENERATED_AT) |
		   OPTION_BIT(OPTION_SPLIT) | OPTION_BIT(OPTION_OUTPUT_DIR),
	.run = run,
};
