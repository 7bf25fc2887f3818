/* source.c - serials, times and counts of the files of one generation. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/places.h"

#include <inttypes.h>
#include <string.h>

void source_begin(struct places *places)
{
	places->entries = 0;
	places->said = (struct config_source){0};
	places_forget(places, SCHEMA_SOURCE);
}

/* A directory whose files are of different serials is being replaced at this moment. */
static void keep_serial(struct places *places, struct origin at)
{
	struct config_source *source = &places->config->source;
	char place[PLACES_TEXT_MAX];

	if (!source->has_serial) {
		source->has_serial = true;
		source->serial = places->said.serial;
		places->serial_at = at;
	} else if (source->serial != places->said.serial) {
		places->config->between_generations = true;
		diag_error(places->diags, at,
			   "between two generations: serial %" PRIu64 " here, %" PRIu64 " in %s",
			   places->said.serial, source->serial,
			   places_text(places, places->serial_at, at, place));
	}
}

static void keep_time(struct places *places)
{
	uint64_t *oldest = &places->config->source.generated_at;
	uint64_t said = places->said.generated_at;

	if (said != 0 && (*oldest == 0 || said < *oldest))
		*oldest = said;
}

void source_end(struct places *places)
{
	const struct key_place *nodes = places_of(places, SCHEMA_SOURCE, "nodes");
	struct source_count *said;

	places->all_entries += places->entries;
	keep_time(places);
	if (places_has(places, SCHEMA_SOURCE, "serial"))
		keep_serial(places, places_of(places, SCHEMA_SOURCE, "serial")->value);
	if (nodes->key.line == 0)
		return;
	said = arena_push(&places->said_all, sizeof(*said));
	if (said == NULL) {
		diag_error(places->diags, nodes->key, "%s", PLACES_NO_ROOM);
		return;
	}
	*said = (struct source_count){
		.at = nodes->value, .said = places->said.nodes, .entries = places->entries};
}

void source_check_counts(const struct places *places)
{
	const struct source_count *said = (const void *)places->said_all.base;
	size_t count = places->said_all.used / sizeof(*said);

	for (size_t i = 0; i < count; i++) {
		if (said[i].said == said[i].entries || said[i].said == places->all_entries)
			continue;
		diag_error(places->diags, said[i].at,
			   "source.nodes says %" PRIu32 ", and there are %" PRIu32
			   ": is the file cut off?",
			   said[i].said, said[i].entries);
	}
}
