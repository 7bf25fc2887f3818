/* validate.c - checks the file alone: no kernel, no privilege. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/print/print.h"

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void tell_valid_text(const struct config *config, const char *path)
{
	uint32_t nodes = config_node_count(config);
	uint32_t podcidrs = config_podcidr_count(config);
	uint32_t routes = config_route_count(config);

	(void)printf("%s: valid: %u node%s, %u podCIDR%s, %u route%s\n", path, nodes, plural(nodes),
		     podcidrs, plural(podcidrs), routes, plural(routes));
}

static void tell_valid_json(const struct loaded *loaded)
{
	const struct config *config = &loaded->config;
	struct json json = print_json();

	json_put_flag(&json, "valid", true);
	json_put_number(&json, "nodes", config_node_count(config));
	json_put_number(&json, "podCIDRs", config_podcidr_count(config));
	json_put_number(&json, "routes", config_route_count(config));
	print_diags_array(&json, "warnings", loaded, DIAG_WARNING);
	print_json_end(&json);
}

static int tell(const struct loaded *loaded, const struct options *options)
{
	if (loaded->diags.errors > 0 || options->output == OUTPUT_TEXT)
		print_diags(loaded, options);
	if (loaded->diags.errors > 0)
		return EXIT_INVALID;
	if (options->output == OUTPUT_JSON)
		tell_valid_json(loaded);
	else
		tell_valid_text(&loaded->config, loaded->files.path);
	return EXIT_DONE;
}

static int run(const struct options *options)
{
	const char *path = options->argument != NULL ? options->argument : options->config;
	struct loaded loaded;
	struct error err;
	int code;

	if (load_once(path, options->replace, options->progress, &loaded, &err) < 0)
		return print_failure(path, &err, options);
	code = tell(&loaded, options);
	load_release(&loaded);
	return code;
}

const struct command command_validate = {
	.name = "validate",
	.argument = "PATH",
	.summary = "check the file alone; no kernel, no root",
	.detail = "--replace checks a directory as it would be with one file changed.",
	.example = "croute validate /etc/croute --replace nodes.yaml=new.yaml",
	.accepts = OPTION_BIT(OPTION_REPLACE),
	.run = run,
};
