/* version.c - which croute this is, and what it is built with. */
/* SPDX-License-Identifier: MIT */
#include <event2/event.h>
#include <jansson.h>
#include <netlink/version.h>
#include <stdio.h>
#include <yaml.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/print/print.h"

#define PCRE2_VERSION_MAX 64

struct part {
	const char *name;
	const char *version;
};

#define PARTS 5

static void parts_fill(struct part parts[PARTS], char pcre2[PCRE2_VERSION_MAX])
{
	pcre2[0] = '\0';
	(void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	parts[0] = (struct part){"jansson", jansson_version_str()};
	parts[1] = (struct part){"libevent", event_get_version()};
	parts[2] = (struct part){"libnl", LIBNL_VERSION};
	parts[3] = (struct part){"libyaml", yaml_get_version_string()};
	parts[4] = (struct part){"pcre2", pcre2};
}

static void show_json(const struct part *parts, bool verbose)
{
	struct json json = print_json();

	json_put_text(&json, "croute", CROUTE_VERSION);
	if (verbose) {
		json_open(&json, "libraries", '{');
		for (size_t i = 0; i < PARTS; i++)
			json_put_text(&json, parts[i].name, parts[i].version);
		json_close(&json, '}');
	}
	print_json_end(&json);
}

static int run(const struct options *options)
{
	struct part parts[PARTS];
	char pcre2[PCRE2_VERSION_MAX];

	parts_fill(parts, pcre2);
	if (options->output == OUTPUT_JSON) {
		show_json(parts, options->verbose);
		return EXIT_DONE;
	}
	(void)printf("croute %s\n", CROUTE_VERSION);
	for (size_t i = 0; options->verbose && i < PARTS; i++)
		(void)printf("  %s %s\n", parts[i].name, parts[i].version);
	return EXIT_DONE;
}

const struct command command_version = {
	.name = "version",
	.summary = "print the version; with -v the libraries too",
	.example = "croute version -o json",
	.run = run,
};
