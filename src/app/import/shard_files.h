/* shard_files.h - a directory of nodes-00.yaml, nodes-01.yaml and so on. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <limits.h>
#include <stdint.h>

#include "croute/base/error.h"

const char *shard_path(const char *directory, uint32_t i, char out[PATH_MAX]);

/*
 * See that every such file begins with `mark`, so that none is replaced or removed which somebody
 * else wrote. A directory that does not exist is fine. 0, or -errno with `err`.
 */
int shard_check(const char *directory, const char *mark, struct error *err);

/* Remove those from number `count` on: of an earlier, larger set. Their number in `*removed`. 0, or
 * -errno with `err`. */
int shard_trim(const char *directory, uint32_t count, uint32_t *removed, struct error *err);
