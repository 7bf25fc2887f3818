/* schema.c - `croute schema`: the keys of the file, for editors and pipelines. */
#include "app/cmd/schema.h"

#include <jansson.h>
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/print/diags.h"
#include "croute/core/config/schema.h"

int cmd_schema(const struct options *options)
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
