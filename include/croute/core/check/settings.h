/* settings.h - what can only be known of the whole file. */
#pragma once

#include "croute/core/config/places.h"

/* After the last file: version, settings that need one another, parts that this croute cannot do
 * yet. Whatever is wrong goes to the places' diags. */
void check_settings(struct places *places);
