/* decode.h - one file from YAML items into config, along the schema. */
#pragma once

#include "croute/core/config/places.h"
#include "croute/core/parse/yaml.h"

/* Read the whole document into places->config. Whatever is wrong goes to the places' diags, and
 * what can be read is read on. */
void decode_file(struct places *places, struct yaml_cursor *yaml);
