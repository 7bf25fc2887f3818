/* option_word.c - words of the user: one of a list, or shown in a message. */
#include "croute/app/cli/option_word.h"

#include <errno.h>
#include <string.h>

#include "croute/base/buf.h"
#include "croute/base/text.h"

const char *option_word(const char *word, char out[OPTION_WORD_MAX])
{
	struct buf buf = {.data = out, .size = OPTION_WORD_MAX};

	out[0] = '\0';
	buf_add_safe(&buf, text_of(word));
	return out;
}

int option_choose(const char *name, const char *value, const char *const *words, struct error *err)
{
	char shown[OPTION_WORD_MAX];
	char list_space[96];
	struct buf list = BUF_OVER(list_space);

	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0)
			return i;
		buf_add(&list, "%s%s",
			i == 0		       ? ""
			: words[i + 1] == NULL ? " or "
					       : ", ",
			words[i]);
	}
	return error_set(err, EINVAL, "--%s is %s, not \"%s\"", name, list_space,
			 option_word(value, shown));
}
