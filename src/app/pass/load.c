/* load.c - from the path of the file to a checked generation of it. */
#include "croute/app/pass/load.h"

#include <errno.h>
#include <sys/stat.h>

#include "croute/core/decode/read.h"
#include "croute/edge/file/read.h"
#include "croute/edge/host/host.h"

static void free_places(struct places **places)
{
	places_free(*places);
}
#define CLEANUP_PLACES __attribute__((cleanup(free_places)))
#define CLEANUP_TABLES __attribute__((cleanup(host_tables_release)))

/* A file that somebody may watch being read. */
struct watched {
	struct file_stream stream;
	struct progress *progress;
};

static int read_watched(void *source, unsigned char *buffer, size_t size, size_t *got,
			struct error *err)
{
	struct watched *watched = source;
	int status = file_read(&watched->stream, buffer, size, got, err);

	if (status == 0)
		progress_add(watched->progress, *got);
	return status;
}

static uint64_t size_of(const struct file_set *files)
{
	uint64_t size = 0;
	struct stat stat;

	for (uint32_t i = 0; i < files->count; i++) {
		if (fstat(file_set_at(files, i)->fd, &stat) == 0)
			size += (uint64_t)stat.st_size;
	}
	return size;
}

/* Read all files of `loaded` into its config. */
static int read_files(struct loaded *loaded, struct places *places, struct progress *progress,
		      struct error *err)
{
	progress_begin_bytes(progress, "reading", size_of(&loaded->files));
	for (uint32_t i = 0; i < loaded->files.count; i++) {
		struct watched watched = {.stream = {.set = &loaded->files, .file = i},
					  .progress = progress};
		int status = decode_read(places, (uint16_t)i, read_watched, &watched, err);

		if (status < 0)
			return status;
	}
	decode_finish(places);
	diag_sort(&loaded->diags);
	return 0;
}

static const char *file_name(const void *loaded, uint16_t file)
{
	return file_set_at(&((const struct loaded *)loaded)->files, file)->name;
}

static int read_config(struct loaded *loaded, struct progress *progress, struct error *err)
{
	CLEANUP_TABLES struct host_tables tables = {.count = 0};
	CLEANUP_PLACES struct places *places = NULL;
	struct config_host host;

	host_tables_read("", &tables);
	host = (struct config_host){.tables = host_tables_rows(&tables),
				    .table_count = tables.count,
				    .file_name = file_name,
				    .names = loaded};
	places = places_new(&host, &loaded->config, &loaded->diags);
	if (places == NULL)
		return error_set(err, ENOMEM, "%s: no memory left to read it", loaded->files.path);
	decode_defaults(&loaded->config);
	return read_files(loaded, places, progress, err);
}

int load_with_progress(const char *path, const struct file_replacement *replacements,
		       struct progress *progress, struct loaded *out, struct error *err)
{
	struct loaded loaded = {.diags.count = 0};
	int64_t began = host_now_us();
	int status = file_open(path, replacements, &loaded.files, err);

	if (status < 0)
		return status;
	loaded.stamp = stamp_take(&loaded.files);
	status = read_config(&loaded, progress, err);
	progress_end(progress);
	loaded.took_us = host_now_us() - began;
	if (status < 0)
		load_release(&loaded);
	else
		*out = loaded;
	return status;
}

int load_config(const char *path, const struct file_replacement *replacements, struct loaded *out,
		struct error *err)
{
	return load_with_progress(path, replacements, NULL, out, err);
}

void load_let_go(struct loaded *loaded)
{
	file_let_go(&loaded->files);
}

void load_release(struct loaded *loaded)
{
	file_close(&loaded->files);
	config_release(&loaded->config);
}

void load_cause(const struct loaded *loaded, struct origin origin, struct buf *out)
{
	buf_add_safe(out, text_of(file_set_at(&loaded->files, origin_file(origin))->name));
	if (origin.line > 0)
		buf_add(out, ":%u:%u", origin.line, origin.column);
}

struct stamp load_stamp(const char *path)
{
	struct file_set set;
	struct stamp stamp;
	int status = file_open(path, NULL, &set, NULL);

	if (status < 0)
		return (struct stamp){.code = -status};
	stamp = stamp_take(&set);
	file_close(&set);
	return stamp;
}
