/* read.c - a generation from its defaults to its checks. */
#include "croute/core/decode/read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/decode/decode.h"
#include "core/decode/store.h"
#include "croute/base/buf.h"
#include "croute/core/check/nodes.h"
#include "croute/core/check/podcidrs.h"
#include "croute/core/check/routes.h"
#include "croute/core/check/settings.h"
#include "croute/core/config/source.h"

void decode_defaults(struct config *config)
{
	struct diags none = {0}; /* the defaults are good: a unit test reads them back */
	struct places places = {.config = config, .diags = &none};

	*config = (struct config){0};
	config->nodes.limit = CONFIG_NODES_MOST * sizeof(struct config_node);
	config->podcidrs.limit = CONFIG_PODCIDRS_MOST * sizeof(struct config_podcidr);
	config->routes.limit = CONFIG_ROUTES_MOST * sizeof(struct config_route);
	config->words.limit = CONFIG_WORDS_MOST * sizeof(struct config_word);
	config->prefixes.limit = CONFIG_PREFIXES_MOST * sizeof(struct config_prefix);
	config->text.limit = CONFIG_TEXT_MOST;
	for (int id = SCHEMA_FILE; id < SCHEMA_MAPS; id++) {
		if (id != SCHEMA_NODE && id != SCHEMA_ROUTE && id != SCHEMA_SOURCE)
			store_defaults(&places, (enum schema_map_id)id, config);
	}
}

int decode_read(struct places *places, uint16_t file, stream_read_fn *read, void *source,
		struct error *err)
{
	struct stream stream;
	struct yaml_cursor yaml;

	places->file = file;
	stream_begin(&stream, read, source, file);
	if (yaml_begin(&yaml, &stream, places->diags) < 0)
		return error_set(err, ENOMEM, "out of memory");
	source_begin(places);
	decode_file(places, &yaml);
	source_end(places);
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

void decode_finish(struct places *places)
{
	struct config *config = places->config;

	name_device(config->vxlan.device, "croute", config->vxlan.vni);
	name_device(config->vxlan.device_v6, "croute-v6", config->vxlan.vni);
	check_settings(places);
	check_nodes(places);
	check_podcidrs(places);
	check_routes(places);
}
