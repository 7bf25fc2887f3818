/* decode.h - one file from YAML items into config, along the schema. */
#ifndef CROUTE_CORE_DECODE_DECODE_H
#define CROUTE_CORE_DECODE_DECODE_H

#include "croute/core/config/places.h"
#include "croute/core/parse/yaml.h"

/* Read the whole document into places->config. Whatever is wrong goes to the places' diags, and
 * what can be read is read on. */
void decode_file(struct places *places, struct yaml_cursor *yaml);

#endif
