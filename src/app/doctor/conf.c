/* conf.c - settings in the files of other programs. */
#include "app/doctor/conf.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SPEC_MAX 128

/* One `key=value`, with the section that it stands in. */
struct setting {
	struct text section;
	struct text key;
	struct text value;
	bool begins; /* not a setting: a section begins here */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text trim(struct text text)
{
	while (text.len > 0 && is_blank(text.at[0]))
		text = (struct text){.at = text.at + 1, .len = text.len - 1};
	while (text.len > 0 && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

static struct text cut(struct text *rest, const char *ends)
{
	size_t len = 0;
	struct text piece;
	size_t skip;

	while (len < rest->len && strchr(ends, rest->at[len]) == NULL)
		len++;
	piece = (struct text){.at = rest->at, .len = len};
	skip = len < rest->len ? len + 1 : len;
	*rest = (struct text){.at = rest->at + skip, .len = rest->len - skip};
	return trim(piece);
}

/* The next setting, or the beginning of a section; false at the end. */
static bool next_setting(struct text *rest, struct setting *out)
{
	while (rest->len > 0) {
		struct text line = cut(rest, "\n");

		if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
			continue;
		out->begins = line.at[0] == '[';
		if (out->begins) {
			out->section = line;
			return true;
		}
		out->key = cut(&line, "=");
		out->value = trim(line);
		return true;
	}
	return false;
}

static bool is_no(struct text value)
{
	static const char *const words[] = {"no", "false", "0", "off", "n", "f"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (value.len == strlen(words[i]) &&
		    strncasecmp(value.at, words[i], value.len) == 0)
			return true;
	}
	return false;
}

bool doctor_conf_manages_routes(struct text conf)
{
	struct setting setting = {.begins = false};
	bool manages = true;

	while (next_setting(&conf, &setting)) {
		if (!setting.begins && text_is(setting.section, "[Network]") &&
		    text_is(setting.key, "ManageForeignRoutes"))
			manages = setting.value.len == 0 || !is_no(setting.value);
	}
	return manages;
}

/* One entry without its `except:`. Forms that name hardware never fit a tunnel. */
static bool matches_one(const char *spec, const char *name)
{
	if (strcmp(spec, "*") == 0 || strcmp(spec, "type:vxlan") == 0)
		return true;
	if (strncmp(spec, "interface-name:", 15) != 0)
		return strcmp(spec, name) == 0;
	spec += 15;
	if (spec[0] == '=')
		return strcmp(spec + 1, name) == 0;
	if (spec[0] == '~')
		spec++;
	return fnmatch(spec, name, 0) == 0;
}

bool doctor_conf_matches(struct text list, const char *name)
{
	bool found = false;

	while (list.len > 0) {
		struct text word = cut(&list, ";,");
		char spec[SPEC_MAX];

		(void)snprintf(spec, sizeof(spec), "%.*s", (int)word.len, word.at);
		if (strncmp(spec, "except:", 7) != 0)
			found = found || (word.len > 0 && matches_one(spec, name));
		else if (matches_one(spec + 7, name))
			return false;
	}
	return found;
}

/* What has been read of the settings. A [device…] section is judged at its end. */
struct reading {
	const char *name;
	bool listed; /* by unmanaged-devices */
	bool kept;   /* by a section that has ended */
	bool matches;
	bool unmanaged;
};

static void end_section(struct reading *reading)
{
	reading->kept = reading->kept || (reading->matches && reading->unmanaged);
	/* Without match-device a section is for all devices. */
	reading->matches = true;
	reading->unmanaged = false;
}

static void take_device(struct reading *reading, const struct setting *setting)
{
	if (text_is(setting->key, "match-device"))
		reading->matches = doctor_conf_matches(setting->value, reading->name);
	else if (text_is(setting->key, "managed"))
		reading->unmanaged = is_no(setting->value);
}

static void take_list(struct reading *reading, const struct setting *setting)
{
	bool found = doctor_conf_matches(setting->value, reading->name);

	if (text_is(setting->key, "unmanaged-devices"))
		reading->listed = found;
	else if (text_is(setting->key, "unmanaged-devices+"))
		reading->listed = reading->listed || found;
}

bool doctor_conf_leaves_link(struct text conf, const char *name)
{
	struct reading reading = {.name = name};
	struct setting setting = {.begins = false};

	while (next_setting(&conf, &setting)) {
		if (setting.begins)
			end_section(&reading);
		else if (text_starts(setting.section, "[device"))
			take_device(&reading, &setting);
		else if (text_is(setting.section, "[keyfile]"))
			take_list(&reading, &setting);
	}
	end_section(&reading);
	return reading.listed || reading.kept;
}
