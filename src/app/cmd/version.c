/* version.c - which croute this is, and what it is built with. */
#include "app/cmd/version.h"

#include <event2/event.h>
#include <jansson.h>
#include <netlink/version.h>
#include <stdio.h>
#include <yaml.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "croute/app/cli/command.h"
#include "croute/app/print/diags.h"

#define PCRE2_VERSION_MAX 64

/* A part of the program and its version. */
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

static void print_json(const struct part *parts, bool verbose)
{
	json_t *object = json_pack("{s:s}", "version", CROUTE_VERSION);
	json_t *libraries = json_object();

	for (size_t i = 0; i < PARTS; i++)
		(void)json_object_set_new(libraries, parts[i].name, json_string(parts[i].version));
	if (verbose)
		(void)json_object_set(object, "libraries", libraries);
	json_decref(libraries);
	load_print_object(object);
}

int cmd_version(const struct options *options)
{
	struct part parts[PARTS];
	char pcre2[PCRE2_VERSION_MAX];

	parts_fill(parts, pcre2);
	if (options->output == OUTPUT_JSON) {
		print_json(parts, options->verbose);
		return EXIT_DONE;
	}
	(void)printf("croute %s\n", CROUTE_VERSION);
	for (size_t i = 0; options->verbose && i < PARTS; i++)
		(void)printf("  %s %s\n", parts[i].name, parts[i].version);
	return EXIT_DONE;
}
