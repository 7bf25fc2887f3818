/* option_word.h - words of the user: one of a list, or shown in a message. */
#pragma once

#include "croute/base/error.h"

#define OPTION_WORD_MAX 64 /* bytes of a user's word in a message */

/* The number of `value` in a list of words that ends in NULL, or -EINVAL with `err`, which names
 * the option. */
int option_choose(const char *name, const char *value, const char *const *words, struct error *err);

/* A word of the user's, cut and made safe to print. */
const char *option_word(const char *word, char out[OPTION_WORD_MAX]);
