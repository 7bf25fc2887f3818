/* item.h - what a YAML document is made of, one after the other. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/base/diag.h"
#include "croute/base/text.h"

enum yaml_kind {
	YAML_END, /* of the document, or of what could be read of it */
	YAML_VALUE,
	YAML_LIST,
	YAML_LIST_END,
	YAML_MAP,
	YAML_MAP_END,
};

struct yaml_item {
	enum yaml_kind kind;
	bool plain;	  /* a value without quotes */
	bool visible;	  /* known to be: printable ASCII */
	bool refused;	  /* an alias: told already, without a value */
	struct text text; /* of a value; valid until the next item */
	struct origin at;
};
