/* cmd.c - `croute import`: a file from what Kubernetes or flannel know. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/import/flannel.h"
#include "app/import/input.h"
#include "app/import/kube.h"
#include "app/import/shard_files.h"
#include "app/import/text.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/option.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/print/diags.h"
#include "croute/core/parse/stream.h"
#include "croute/edge/file/write.h"

#define CLEANUP_INPUT __attribute__((cleanup(import_input_close)))
#define CLEANUP_IMPORT __attribute__((cleanup(import_release)))
#define CLEANUP_ARENA __attribute__((cleanup(release_arena)))

static void release_arena(struct arena *arena)
{
	arena_release(arena);
}

/* Where the nodes go, and what is said of them. */
struct target {
	const struct import *import;
	const struct import_options *options;
	struct progress *progress;
	struct config_source source;
};

static void write_head(const struct target *target, bool empty, struct buf *out)
{
	import_text_head(target->import, &target->source, empty, out);
}

/* The bytes of one file that holds all. */
static uint64_t measure(const struct target *target)
{
	char space[IMPORT_LINE_MAX];
	struct buf text = BUF_OVER(space);
	uint64_t size;

	write_head(target, false, &text);
	size = text.len;
	for (uint32_t i = 0; i < import_count(target->import); i++) {
		text.len = 0;
		import_text_line(import_at(target->import, i), &text);
		size += text.len;
	}
	return size;
}

static int print_whole(const struct target *target, struct error *err)
{
	char space[IMPORT_LINE_MAX];
	struct buf text = BUF_OVER(space);

	if (measure(target) > STREAM_BYTES_MOST)
		return error_set(err, E2BIG,
				 "%u nodes make a file of over %zu MiB; use --split and "
				 "--output-dir",
				 import_count(target->import), STREAM_BYTES_MOST >> 20);
	write_head(target, false, &text);
	(void)fputs(space, stdout);
	for (uint32_t i = 0; i < import_count(target->import); i++) {
		text.len = 0;
		import_text_line(import_at(target->import, i), &text);
		(void)fputs(space, stdout);
	}
	return 0;
}

static bool append(struct arena *bytes, const struct buf *text)
{
	char *place = arena_push(bytes, text->len);

	if (place != NULL)
		memcpy(place, text->data, text->len);
	return place != NULL;
}

/* Which of how many files. */
struct shard {
	uint32_t number;
	uint32_t count;
};

/* The bytes of one of the files. */
static bool fill(const struct target *target, const struct shard *shard, struct arena *bytes)
{
	char space[IMPORT_LINE_MAX];
	struct buf text = BUF_OVER(space);
	size_t head;

	write_head(target, false, &text);
	head = text.len;
	if (!append(bytes, &text))
		return false;
	for (uint32_t i = 0; i < import_count(target->import); i++) {
		const struct import_node *node = import_at(target->import, i);

		if (import_text_shard(node->name, shard->count) != shard->number)
			continue;
		text.len = 0;
		import_text_line(node, &text);
		if (!append(bytes, &text))
			return false;
		progress_add(target->progress, 1);
	}
	if (bytes->used > head)
		return true;
	arena_reset(bytes);
	text.len = 0;
	write_head(target, true, &text);
	return append(bytes, &text);
}

static int write_shards(const struct target *target, uint32_t count, struct error *err)
{
	CLEANUP_ARENA struct arena bytes = {.limit = target->options->split + IMPORT_HEAD_MAX};
	const char *directory = target->options->output_dir;
	char path[PATH_MAX];

	for (uint32_t i = 0; i < count; i++) {
		const struct shard shard = {.number = i, .count = count};
		int status;

		arena_reset(&bytes);
		if (!fill(target, &shard, &bytes))
			return error_set(err, ENOMEM, "no memory left");
		status = file_write(shard_path(directory, i, path), (const char *)bytes.base,
				    bytes.used, err);
		if (status < 0)
			return status;
	}
	return 0;
}

/* The new files first: until the last of them is there, the agents find that their numbers do not
 * agree, and keep what they have. */
static int split(const struct target *target, struct error *err)
{
	const char *directory = target->options->output_dir;
	uint32_t nodes = import_count(target->import);
	uint32_t removed = 0;
	uint32_t count = 1;
	int status = import_text_shards(target->import, IMPORT_HEAD_MAX, target->options->split,
					&count, err);

	if (status == 0)
		status = shard_check(directory, IMPORT_MARK, err);
	progress_begin(target->progress, "writing nodes:", nodes);
	if (status == 0)
		status = write_shards(target, count, err);
	if (status == 0)
		status = shard_trim(directory, count, &removed, err);
	progress_end(target->progress);
	if (status < 0)
		return status;
	(void)printf("%s: %u node%s in %u file%s", directory, nodes, nodes == 1 ? "" : "s", count,
		     count == 1 ? "" : "s");
	if (removed > 0)
		(void)printf(", %u removed", removed);
	(void)printf("\n");
	return 0;
}

/* What was shown of the reading ends before anything is printed. */
static int write_nodes(const struct import *import, const struct options *options,
		       struct progress *progress, struct error *err)
{
	const struct import_options *own = &options->import;
	struct target target = {.import = import, .options = own, .progress = progress};

	progress_end(progress);
	target.source.has_serial = own->has_serial;
	target.source.serial = own->serial;
	target.source.generated_at = own->generated_now ? (uint64_t)time(NULL) : own->generated_at;
	return own->split > 0 ? split(&target, err) : print_whole(&target, err);
}

/* An empty file would be refused by `validate`, and should be. */
static int refuse_nothing(struct import_input *input, const struct import *import)
{
	char space[IMPORT_TEXT_MAX];
	struct buf text = BUF_OVER(space);

	if (import->seen == 0)
		buf_add(&text, "there are no nodes in it; nothing was written");
	else
		buf_add(&text, "none of its nodes (%u) can be used; nothing was written",
			import->seen);
	import_input_fail(input, space);
	return EXIT_FAILED;
}

static int refuse_input(struct import_input *input, struct diags *diags, const struct error *err)
{
	if (diags != NULL)
		import_input_diags(input, diags);
	if (err->code != 0)
		import_input_fail(input, err->text);
	return err->code == 0 || load_blames_file(err->code) ? EXIT_INVALID : EXIT_FAILED;
}

static int import_nodes(struct import_input *input, const struct options *options)
{
	CLEANUP_IMPORT struct import import;
	struct diags diags = {.count = 0};
	struct error err = {0};

	import_begin(&import, options->import.address, import_input_warn, input);
	if (import_kube_read(&import, import_input_read, input, &diags, &err) < 0)
		return refuse_input(input, &diags, &err);
	if (import_resolve(&import, &err) < 0) {
		progress_end(&input->progress);
		print_problem(err.text, options);
		return EXIT_FAILED;
	}
	if (import_count(&import) == 0)
		return refuse_nothing(input, &import);
	if (write_nodes(&import, options, &input->progress, &err) == 0)
		return EXIT_DONE;
	print_problem(err.text, options);
	return EXIT_FAILED;
}

/* All of a small input. */
static int read_whole(struct import_input *input, struct arena *bytes, struct error *err)
{
	unsigned char chunk[4096];
	size_t got = 0;

	do {
		struct buf text = {.data = (char *)chunk};
		int status = import_input_read(input, chunk, sizeof(chunk), &got, err);

		if (status < 0)
			return status;
		text.len = got;
		if (got > 0 && !append(bytes, &text))
			return error_set(err, EFBIG, "it has over %zu KiB: no net-conf.json has",
					 IMPORT_FLANNEL_MOST >> 10);
	} while (got > 0);
	return 0;
}

static int import_settings(struct import_input *input)
{
	CLEANUP_ARENA struct arena bytes = {.limit = IMPORT_FLANNEL_MOST};
	char space[IMPORT_FLANNEL_TEXT_MAX];
	struct buf out = BUF_OVER(space);
	struct error err = {0};
	int status = read_whole(input, &bytes, &err);

	if (status == 0 && bytes.used == 0)
		status = error_set(&err, EINVAL, "the input is empty");
	if (status == 0)
		status = import_flannel_read(
			(struct text){.at = (const char *)bytes.base, .len = bytes.used}, &out,
			&err);
	if (status < 0)
		return refuse_input(input, NULL, &err);
	(void)fputs(space, stdout);
	return EXIT_DONE;
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
	CLEANUP_INPUT struct import_input input = {.input.fd = -1};
	struct error err;

	if (check_options(&options->import, &err) < 0) {
		print_problem(err.text, options);
		(void)fputs("see croute help import\n", stderr);
		return EXIT_USAGE;
	}
	if (import_input_open(options, &input) < 0)
		return EXIT_INVALID;
	if (options->import.from == IMPORT_FROM_FLANNEL)
		return import_settings(&input);
	return import_nodes(&input, options);
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
