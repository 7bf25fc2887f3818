/* option_import.c - the options of `croute import`. */
#include "app/cli/option_import.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "croute/app/cli/option_word.h"
#include "croute/app/cli/options.h"
#include "croute/core/parse/stream.h"
#include "croute/core/parse/value.h"

int option_import_serial(struct options *options, char *value, struct error *err)
{
	struct error why;

	if (value_number(text_of(value), 0, UINT64_MAX, &options->import.serial, &why) < 0)
		return error_set(err, EINVAL, "--serial: %s", why.text);
	options->import.has_serial = true;
	return 0;
}

int option_import_generated_at(struct options *options, char *value, struct error *err)
{
	struct error why;

	options->import.generated_now = strcmp(value, "now") == 0;
	if (options->import.generated_now)
		return 0;
	if (value_time(text_of(value), &options->import.generated_at, &why) < 0)
		return error_set(err, EINVAL, "--generated-at: %s", why.text);
	return 0;
}

/* Bytes of a unit; 0 for what is none. */
static uint64_t unit_of(const char *word)
{
	static const struct {
		const char *word;
		uint64_t bytes;
	} units[] = {{"", 1},	   {"B", 1},	     {"KiB", 1024},
		     {"Ki", 1024}, {"MiB", 1 << 20}, {"Mi", 1 << 20}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].word, word) == 0)
			return units[i].bytes;
	}
	return 0;
}

int option_import_split(struct options *options, char *value, struct error *err)
{
	struct text digits = {.at = value};
	char shown[OPTION_WORD_MAX];
	uint64_t number = 0;
	uint64_t unit;

	while (isdigit((unsigned char)value[digits.len]))
		digits.len++;
	unit = unit_of(value + digits.len);
	if (text_to_u64(digits, STREAM_BYTES_MOST, &number) < 0 || unit == 0 ||
	    number * unit < IMPORT_SHARDS_SIZE_LEAST || number * unit > STREAM_BYTES_MOST)
		return error_set(err, EINVAL,
				 "--split is a size from 4KiB to 64MiB, as 900KiB, not \"%s\"",
				 option_word(value, shown));
	options->import.split = number * unit;
	return 0;
}
