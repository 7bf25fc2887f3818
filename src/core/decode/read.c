/* read.c - a generation from its defaults to its checks. */
#include "croute/core/decode/read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/decode/decode.h"
#include "core/decode/store.h"
#include "croute/base/buf.h"
#include "croute/core/check/nodes.h"
#include "croute/core/check/podcidrs.h"
#include "croute/core/check/routes.h"
#include "croute/core/check/settings.h"
#include "croute/core/config/source.h"

void config_begin(struct config *config)
{
	struct diags none = {0}; /* the defaults are good: a unit test reads them back */
	struct config_reader reader = {.config = config, .diags = &none};

	*config = (struct config){0};
	config->nodes.limit = CONFIG_NODES_MOST * sizeof(struct config_node);
	config->podcidrs.limit = CONFIG_PODCIDRS_MOST * sizeof(struct config_podcidr);
	config->routes.limit = CONFIG_ROUTES_MOST * sizeof(struct config_route);
	config->words.limit = CONFIG_WORDS_MOST * sizeof(struct config_word);
	config->prefixes.limit = CONFIG_PREFIXES_MOST * sizeof(struct config_prefix);
	config->text.limit = CONFIG_TEXT_MOST;
	for (int id = SCHEMA_FILE; id < SCHEMA_MAPS; id++) {
		if (id != SCHEMA_NODE && id != SCHEMA_ROUTE && id != SCHEMA_SOURCE)
			store_defaults(&reader, (enum schema_map_id)id, config);
	}
}

struct config_reader *config_reader_new(const struct config_host *host, struct config *config,
					struct diags *diags)
{
	struct config_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->host = host;
	reader->config = config;
	reader->diags = diags;
	reader->nodes.limit = CONFIG_NODES_MOST * sizeof(struct reader_node);
	reader->routes.limit = CONFIG_ROUTES_MOST * sizeof(struct reader_route);
	reader->said_all.limit = (UINT16_MAX + 1) * sizeof(struct reader_said);
	reader->order.limit = CONFIG_NODES_MOST * sizeof(uint32_t);
	return reader;
}

void config_reader_free(struct config_reader *reader)
{
	if (reader == NULL)
		return;
	arena_release(&reader->nodes);
	arena_release(&reader->routes);
	arena_release(&reader->said_all);
	arena_release(&reader->claims);
	arena_release(&reader->order);
	free(reader);
}

int config_read(struct config_reader *reader, uint16_t file, stream_read_fn *read, void *source,
		struct error *err)
{
	struct stream stream;
	struct yaml_cursor yaml;

	reader->file = file;
	stream_begin(&stream, read, source, file);
	if (yaml_begin(&yaml, &stream, reader->diags) < 0)
		return error_set(err, ENOMEM, "out of memory");
	source_begin(reader);
	decode_file(reader, &yaml);
	source_end(reader);
	yaml_end(&yaml);
	if (stream.io.code == 0)
		return 0;
	return error_set(err, stream.io.code, "%s", stream.io.text);
}

/* Cut where it is too long, which check_settings refuses where it matters. */
static void name_device(char device[LINK_NAME_MAX], const char *stem, uint32_t vni)
{
	struct buf buf = {.data = device, .size = LINK_NAME_MAX};

	if (device[0] == '\0')
		buf_add(&buf, "%s.%" PRIu32, stem, vni);
}

void config_finish(struct config_reader *reader)
{
	struct config *config = reader->config;

	name_device(config->vxlan.device, "croute", config->vxlan.vni);
	name_device(config->vxlan.device_v6, "croute-v6", config->vxlan.vni);
	check_settings(reader);
	check_nodes(reader);
	check_podcidrs(reader);
	check_routes(reader);
}
