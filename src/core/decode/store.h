/* store.h - one value of the file into its place. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/core/config/places.h"
#include "croute/core/config/schema.h"
#include "croute/core/parse/yaml.h"

/*
 * Read `item`, a value of the key, into `target`: what the key's offset counts from. Whatever is
 * wrong with it goes to the places' diags, and the place keeps what it had. False then.
 */
bool store_value(struct places *places, const struct schema_key *key, const struct yaml_item *item,
		 void *target);

/* Set the keys of a mapping to what they are by default. */
void store_defaults(struct places *places, enum schema_map_id id, void *target);

/*
 * Whether the file, by its first key, is an object of Kubernetes or flannel's net-conf.json. It is
 * then read to its end, and the one error names what it is and the command that takes it.
 */
bool foreign_refuse(struct places *places, struct yaml_cursor *yaml, const struct yaml_item *first);
