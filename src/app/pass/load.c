/* load.c - from the path of the file to a checked generation of it. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/pass/load.h"

#include <errno.h>
#include <sys/stat.h>

#include "croute/core/decode/decode.h"
#include "croute/edge/file/open.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/host.h"

#define CLEANUP_ROOM __attribute__((cleanup(load_room_release)))
#define CLEANUP_TABLES __attribute__((cleanup(host_tables_release)))

/* A file whose reading a person may watch. */
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

static bool would_read(const struct loaded *loaded, const char *path)
{
	const struct file_set *files = &loaded->files;
	char entry[PATH_MAX];

	if (file_would_read(files->path, path))
		return true;
	for (uint32_t i = 0; i < files->count && files->is_directory; i++) {
		if (file_would_read(file_set_path(files, i, entry), path))
			return true;
	}
	return false;
}

/* The agent would read its own output as configuration, and wake up for it without end. */
static void refuse_written(struct loaded *loaded, const struct places *places)
{
	const struct config_agent *agent = &loaded->config.agent;
	const struct {
		const char *key;
		uint32_t path;
	} files[] = {
		{"statusFile", agent->status_file},
		{"subnetEnv", agent->subnet_env},
		{"cniConf", agent->cni_conf},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = config_string_at(&loaded->config, files[i].path);
		struct origin at = places_of(places, SCHEMA_AGENT, files[i].key)->value;

		if (path[0] == '\0' || !would_read(loaded, path))
			continue;
		if (at.line == 0)
			at = origin_at(ORIGIN_FILES_MOST - 1, 0, 0);
		diag_error(&loaded->diags, at,
			   "\"%s\" %.150s lies in what croute reads: it would take its own "
			   "output for configuration; move it elsewhere",
			   files[i].key, path);
	}
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
	refuse_written(loaded, places);
	decode_finish(places);
	diag_sort(&loaded->diags);
	return 0;
}

static const char *file_name(const void *loaded, uint16_t file)
{
	return file_set_at(&((const struct loaded *)loaded)->files, file)->name;
}

static const struct table_name *find_tables(void *context, uint32_t *count)
{
	struct host_tables *tables = context;

	if (tables->count == 0)
		host_tables_read("", tables);
	*count = tables->count;
	return host_tables_rows(tables);
}

static struct places *take_places(struct load_room *room, const struct config_host *host,
				  struct loaded *loaded)
{
	if (room->places == NULL)
		room->places = places_new(host, &loaded->config, &loaded->diags);
	else
		places_begin(room->places, host, &loaded->config, &loaded->diags);
	return room->places;
}

/* One that lacked memory is given back as a whole. */
static bool let_go_of_places(struct load_room *room)
{
	bool exhausted = places_exhausted(room->places);

	places_empty(room->places);
	if (exhausted) {
		places_free(room->places);
		room->places = NULL;
	}
	return exhausted;
}

static int read_config(struct loaded *loaded, struct load_room *room, struct progress *progress,
		       struct error *err)
{
	CLEANUP_TABLES struct host_tables tables = {.count = 0};
	struct config_host host = {.tables = find_tables,
				   .tables_context = &tables,
				   .file_name = file_name,
				   .names = loaded};
	struct places *places = take_places(room, &host, loaded);
	int status;

	if (places == NULL)
		return error_set(err, ENOMEM, "%s: no memory left to read it", loaded->files.path);
	loaded->config = room->config;
	room->config = (struct config){.backend = 0};
	decode_begin(&loaded->config);
	status = read_files(loaded, places, progress, err);
	if (!let_go_of_places(room) || status < 0)
		return status;
	return error_set(err, ENOMEM, "%s: no memory left to read it", loaded->files.path);
}

/* What is opened in loaded->files, read and checked. */
static int load_opened(struct loaded *loaded, struct load_room *room, struct progress *progress,
		       struct loaded *out, struct error *err)
{
	int status;

	loaded->fingerprint = file_fingerprint(&loaded->files);
	status = read_config(loaded, room, progress, err);
	progress_end(progress);
	loaded->took_us = host_now_us() - loaded->began_us;
	if (status < 0)
		load_release(loaded);
	else
		*out = *loaded;
	return status;
}

int load_files(const struct file_set *files, struct load_room *room, struct loaded *out,
	       struct error *err)
{
	struct loaded loaded = {.files = *files, .began_us = host_now_us()};

	return load_opened(&loaded, room, NULL, out, err);
}

int load_once(const char *path, const struct file_replacement *replacements,
	      struct progress *progress, struct loaded *out, struct error *err)
{
	CLEANUP_ROOM struct load_room room = {.places = NULL};
	struct loaded loaded = {.began_us = host_now_us()};
	int status = file_open_once(path, replacements, &loaded.files, err);

	return status < 0 ? status : load_opened(&loaded, &room, progress, out, err);
}

bool load_blames_file(int code)
{
	static const int codes[] = {ENOENT, ENOTDIR, EACCES, EPERM,	   ELOOP, EINVAL,
				    ENXIO,  EFBIG,   E2BIG,  ENAMETOOLONG, ESRCH, EILSEQ};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (code == codes[i])
			return true;
	}
	return false;
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

void load_recycle(struct loaded *loaded, struct load_room *room)
{
	file_close(&loaded->files);
	config_release(&room->config);
	config_empty(&loaded->config);
	room->config = loaded->config;
}

void load_room_release(struct load_room *room)
{
	config_release(&room->config);
	places_free(room->places);
	room->places = NULL;
}

void load_cause(const struct loaded *loaded, struct origin origin, struct buf *out)
{
	buf_add_safe(out, text_of(file_set_at(&loaded->files, origin_file(origin))->name));
	if (origin.line > 0)
		buf_add(out, ":%u:%u", origin.line, origin.column);
}

void names_find(const struct options *options, struct names *out)
{
	*out = (struct names){0};
	if (options->node != NULL) {
		out->list.name[out->list.count++] = options->node;
		return;
	}
	if (host_name_read(&out->host, NULL) < 0)
		return;
	out->list.name[out->list.count++] = out->host.full;
	if (strcmp(out->host.full, out->host.brief) != 0)
		out->list.name[out->list.count++] = out->host.brief;
}
