/* foreign.h - files of other programs that are given for croute's. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/core/config/places.h"
#include "croute/core/parse/yaml.h"

/*
 * Whether the file, by its first key, is an object of Kubernetes or flannel's net-conf.json. It is
 * then read to its end, and the one error names what it is and the command that takes it.
 */
bool foreign_refuse(struct places *places, struct yaml_cursor *yaml, const struct yaml_item *first);
