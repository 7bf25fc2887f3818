/* schema.c - `croute schema`: the keys of the file, for editors and pipelines. */
/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/print/print.h"
#include "croute/core/config/schema.h"

static int run(const struct options *options)
{
	json_t *schema = schema_json();
	int failed;

	if (schema == NULL) {
		print_problem("no memory", options);
		return EXIT_FAILED;
	}
	failed = json_dumpf(schema, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(schema);
	return failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_schema = {
	.name = "schema",
	.prints_json = true,
	.summary = "print a JSON Schema of the file, for editors and pipelines",
	.example = "croute schema >croute.schema.json",
	.run = run,
};
