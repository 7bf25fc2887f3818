/* source.c - serials, times and counts of the files of one generation. */
#include "croute/core/config/source.h"

#include <inttypes.h>
#include <string.h>

void source_begin(struct config_reader *reader)
{
	reader->entries = 0;
	reader->said = (struct config_source){0};
	reader_forget(reader, SCHEMA_SOURCE);
}

/* A directory whose files are of different serials is being replaced at this moment. */
static void keep_serial(struct config_reader *reader, struct origin at)
{
	struct config_source *source = &reader->config->source;
	char place[READER_PLACE_MAX];

	if (!source->has_serial) {
		source->has_serial = true;
		source->serial = reader->said.serial;
		reader->serial_at = at;
	} else if (source->serial != reader->said.serial) {
		reader->config->between_generations = true;
		diag_error(reader->diags, at,
			   "between two generations: serial %" PRIu64 " here, %" PRIu64 " in %s",
			   reader->said.serial, source->serial,
			   reader_place(reader, reader->serial_at, at.file, place));
	}
}

static void keep_time(struct config_reader *reader)
{
	uint64_t *oldest = &reader->config->source.generated_at;
	uint64_t said = reader->said.generated_at;

	if (said != 0 && (*oldest == 0 || said < *oldest))
		*oldest = said;
}

void source_end(struct config_reader *reader)
{
	const struct reader_where *nodes = reader_where(reader, SCHEMA_SOURCE, "nodes");
	struct reader_said *said;

	reader->all_entries += reader->entries;
	keep_time(reader);
	if (reader_has(reader, SCHEMA_SOURCE, "serial"))
		keep_serial(reader, reader_where(reader, SCHEMA_SOURCE, "serial")->value);
	if (nodes->key.line == 0)
		return;
	said = arena_push(&reader->said_all, sizeof(*said));
	if (said == NULL) {
		diag_error(reader->diags, nodes->key, "%s", READER_NO_ROOM);
		return;
	}
	*said = (struct reader_said){
		.at = nodes->value, .said = reader->said.nodes, .entries = reader->entries};
}

void source_check_counts(const struct config_reader *reader)
{
	const struct reader_said *said = (const void *)reader->said_all.base;
	size_t count = reader->said_all.used / sizeof(*said);

	for (size_t i = 0; i < count; i++) {
		if (said[i].said == said[i].entries || said[i].said == reader->all_entries)
			continue;
		diag_error(reader->diags, said[i].at,
			   "source.nodes says %" PRIu32 ", and there are %" PRIu32
			   ": is the file cut off?",
			   said[i].said, said[i].entries);
	}
}
