/* entry.h - which files of a configuration directory are read. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/base/text.h"

/* The link that a kubelet swaps to show a new generation of a ConfigMap or projected volume. */
#define ENTRY_GENERATION "..data"

/* Whether a file of this name is read: it ends in .yaml, .yml or .json and begins with no dot. */
bool entry_is_read(struct text name);
