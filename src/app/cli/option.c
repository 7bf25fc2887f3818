/* option.c - the table of all options: names, help and what each sets. */
#include "croute/app/cli/option.h"

#include <errno.h>
#include <string.h>

#include "app/cli/option_import.h"
#include "croute/app/cli/option_word.h"
#include "croute/app/cli/options.h"
#include "croute/base/buf.h"
#include "croute/base/text.h"
#include "croute/core/parse/value.h"

typedef int option_set_fn(struct options *options, char *value, struct error *err);

static int set_text(const char *name, const char *value, const char **out, struct error *err)
{
	if (value[0] == '\0')
		return error_set(err, EINVAL, "--%s is empty", name);
	*out = value;
	return 0;
}

static int set_config(struct options *options, char *value, struct error *err)
{
	return set_text("config", value, &options->config, err);
}

static int set_node(struct options *options, char *value, struct error *err)
{
	return set_text("node", value, &options->node, err);
}

static int set_output(struct options *options, char *value, struct error *err)
{
	static const char *const words[] = {"text", "json", NULL};
	int choice = option_choose("output", value, words, err);

	if (choice >= 0)
		options->output = (enum output)choice;
	return choice < 0 ? choice : 0;
}

static int set_verbose(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->verbose = true;
	return 0;
}

static int set_color(struct options *options, char *value, struct error *err)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	int choice = option_choose("color", value, words, err);

	if (choice >= 0)
		options->color = (enum color)choice;
	return choice < 0 ? choice : 0;
}

static int set_status_file(struct options *options, char *value, struct error *err)
{
	return set_text("status-file", value, &options->status_file, err);
}

static int set_log_level(struct options *options, char *value, struct error *err)
{
	static const char *const words[] = {"error", "warn", "info", "debug", NULL};
	int choice = option_choose("log-level", value, words, err);

	if (choice >= 0)
		options->log_level = (enum log_level)choice;
	return choice < 0 ? choice : 0;
}

static int set_log_format(struct options *options, char *value, struct error *err)
{
	static const char *const words[] = {"text", "json", "journal", NULL};
	int choice = option_choose("log-format", value, words, err);

	if (choice >= 0)
		options->log_format = (enum log_format)choice;
	return choice < 0 ? choice : 0;
}

static int set_help(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->help = true;
	return 0;
}

/* It is the command `version` by then. */
static int set_version(struct options *options, char *value, struct error *err)
{
	(void)options;
	(void)value;
	(void)err;
	return 0;
}

static int set_dry_run(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->dry_run = true;
	return 0;
}

static int set_exit_code(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->exit_code = true;
	return 0;
}

static int set_allow_delete(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->allow_delete = true;
	return 0;
}

static int set_against(struct options *options, char *value, struct error *err)
{
	return set_text("against", value, &options->against, err);
}

static int set_replace(struct options *options, char *value, struct error *err)
{
	char *equals = strchr(value, '=');
	char shown[OPTION_WORD_MAX];
	size_t i = 0;

	if (equals == NULL || equals == value || equals[1] == '\0')
		return error_set(err, EINVAL, "--replace is NAME=FILE, not \"%s\"",
				 option_word(value, shown));
	while (i < OPTIONS_REPLACE_MOST && options->replace[i].name != NULL)
		i++;
	if (i == OPTIONS_REPLACE_MOST)
		return error_set(err, EINVAL, "--replace may be given %d times",
				 OPTIONS_REPLACE_MOST);
	*equals = '\0';
	options->replace[i] = (struct file_replacement){.name = value, .path = equals + 1};
	return 0;
}

/* The range of kernel.protocol (SPEC 4): below it are the kernel's own and the administrator's. */
static int set_protocol(struct options *options, char *value, struct error *err)
{
	char shown[OPTION_WORD_MAX];
	uint64_t number;

	if (text_to_u64(text_of(value), 255, &number) < 0 || number < 19)
		return error_set(err, EINVAL, "--protocol is a number from 19 to 255, not \"%s\"",
				 option_word(value, shown));
	options->protocol = (uint32_t)number;
	return 0;
}

static int set_hand_back(struct options *options, char *value, struct error *err)
{
	static const char *const words[] = {"flannel", NULL};
	int choice = option_choose("hand-back", value, words, err);

	options->hand_back = choice >= 0;
	return choice < 0 ? choice : 0;
}

static int set_kernel_state(struct options *options, char *value, struct error *err)
{
	return set_text("kernel-state", value, &options->kernel_state, err);
}

static int set_check(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->check = true;
	return 0;
}

static int set_peers(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->peers = true;
	return 0;
}

static int set_adopt(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->adopt = true;
	return 0;
}

/* From a second, since somebody has to type the answer, to a day. */
static int set_confirm(struct options *options, char *value, struct error *err)
{
	const uint64_t day = UINT64_C(24) * 3600 * 1000;
	char shown[OPTION_WORD_MAX];
	uint64_t ms;

	if (value_duration(text_of(value), &ms, NULL) < 0 || ms < 1000 || ms > day)
		return error_set(err, EINVAL,
				 "--confirm is a time from 1s to 24h, as 60s or 5m, not \"%s\"",
				 option_word(value, shown));
	options->confirm = value;
	options->confirm_ms = ms;
	return 0;
}

static int set_undo(struct options *options, char *value, struct error *err)
{
	(void)value;
	(void)err;
	options->undo = true;
	return 0;
}

static const struct option_row {
	struct option_help help;
	option_set_fn *set;
} rows[OPTION_IDS] = {
	[OPTION_CONFIG] = {{'c', "config", "PATH", "the file or directory to read"}, set_config},
	[OPTION_NODE] = {{0, "node", "NAME", "be this node ($NODE_NAME, else the host name)"},
			 set_node},
	[OPTION_OUTPUT] = {{'o', "output", "FORMAT", "text or json"}, set_output},
	[OPTION_VERBOSE] = {{'v', "verbose", NULL, "tell more"}, set_verbose},
	[OPTION_COLOR] = {{0, "color", "WHEN", "auto, always or never"}, set_color},
	[OPTION_STATUS_FILE] = {{0, "status-file", "PATH", "in place of agent.statusFile"},
				set_status_file},
	[OPTION_LOG_LEVEL] = {{0, "log-level", "LEVEL", "error, warn, info or debug"},
			      set_log_level},
	[OPTION_LOG_FORMAT] = {{0, "log-format", "FORMAT", "text, json or journal"},
			       set_log_format},
	[OPTION_HELP] = {{'h', "help", NULL, "this text"}, set_help},
	[OPTION_VERSION] = {{0, "version", NULL, "the version"}, set_version},
	[OPTION_DRY_RUN] = {{0, "dry-run", NULL, "print the plan and change nothing"}, set_dry_run},
	[OPTION_EXIT_CODE] = {{0, "exit-code", NULL, "with --dry-run: exit 2 if anything is to do"},
			      set_exit_code},
	[OPTION_ALLOW_DELETE] = {{0, "allow-delete", NULL, "delete what the guard would hold"},
				 set_allow_delete},
	[OPTION_AGAINST] = {{0, "against", "OLD", "plan from another file, not from the kernel"},
			    set_against},
	[OPTION_REPLACE] = {{0, "replace", "NAME=FILE", "as if FILE stood there as NAME"},
			    set_replace},
	[OPTION_PROTOCOL] = {{0, "protocol", "N", "kernel.protocol of the routes to remove"},
			     set_protocol},
	[OPTION_HAND_BACK] = {{0, "hand-back", "flannel", "leave flannel's routes in their place"},
			      set_hand_back},
	[OPTION_KERNEL_STATE] = {{0, "kernel-state", "FILE", "plan from a snapshot, off-host"},
				 set_kernel_state},
	[OPTION_FROM] = {{0, "from", "KIND", "what it is: kube-nodes or flannel"},
			 option_import_from},
	[OPTION_ADDRESS] = {{0, "address", "WHICH", "internal or flannel: whose address of a node"},
			    option_import_address},
	[OPTION_SERIAL] = {{0, "serial", "N", "source.serial of the file"}, option_import_serial},
	[OPTION_GENERATED_AT] = {{0, "generated-at", "TIME", "source.generatedAt; a time or now"},
				 option_import_generated_at},
	[OPTION_SPLIT] = {{0, "split", "SIZE", "in files of at most that, as 900KiB"},
			  option_import_split},
	[OPTION_OUTPUT_DIR] = {{0, "output-dir", "DIR", "with --split: where the files go"},
			       option_import_output_dir},
	[OPTION_CHECK] = {{0, "check", NULL, "say nothing; the exit code tells, for probes"},
			  set_check},
	[OPTION_PEERS] = {{0, "peers", NULL, "look whether each peer answers"}, set_peers},
	[OPTION_ADOPT] = {{0, "adopt", NULL, "whether a takeover from flannel would go well"},
			  set_adopt},
	[OPTION_CONFIRM] = {{0, "confirm", "TIME", "undo it unless croute confirm comes in time"},
			    set_confirm},
	[OPTION_UNDO] = {{0, "undo", NULL, "do not confirm it: undo it now"}, set_undo},
};

const struct option_help *option_help(enum option_id id)
{
	return &rows[id].help;
}

enum option_id option_of_letter(int letter)
{
	unsigned id = 0;

	while (id < OPTION_IDS && (letter == 0 || rows[id].help.letter != letter))
		id++;
	return (enum option_id)id;
}

int option_set(enum option_id id, char *value, struct options *options, struct error *err)
{
	return rows[id].set(options, value, err);
}
