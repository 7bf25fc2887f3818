/* main.c - the table of commands, and what every one of them needs around it. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cmd/flush.h"
#include "app/cmd/help.h"
#include "app/cmd/interface.h"
#include "app/cmd/reconcile.h"
#include "app/cmd/release.h"
#include "app/cmd/schema.h"
#include "app/cmd/validate.h"
#include "app/cmd/version.h"
#include "croute/app/agent/cmd.h"
#include "croute/app/cli/help.h"
#include "croute/app/cli/option.h"
#include "croute/app/cli/options.h"
#include "croute/app/cli/parse.h"
#include "croute/app/cli/progress.h"
#include "croute/app/confirm/cmd.h"
#include "croute/app/doctor/cmd.h"
#include "croute/app/import/cmd.h"
#include "croute/app/lookup/cmd.h"
#include "croute/app/snapshot/cmd.h"
#include "croute/app/status/cmd.h"

/* Freed blocks from this size on go back to the kernel, always: left alone, glibc raises the bound
 * after the first big file, and its memory would stay. */
#define KEEP_BELOW (128 * 1024)

static const struct command commands[] = {
	{
		.name = "run",
		.summary = "the agent: reconcile, watch, repair, until SIGTERM",
		.detail = "SIGHUP reads the file again. All routes stay when it ends.",
		.example = "croute run -c /etc/croute --node worker-1",
		.run = cmd_run,
	},
	{
		.name = "reconcile",
		.summary = "make the kernel's routes equal to the file, once",
		.detail = "A route that another program owns is never touched.",
		.example = "croute reconcile --dry-run --exit-code",
		.accepts = OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_EXIT_CODE) |
			   OPTION_BIT(OPTION_ALLOW_DELETE) | OPTION_BIT(OPTION_AGAINST) |
			   OPTION_BIT(OPTION_KERNEL_STATE) | OPTION_BIT(OPTION_CONFIRM),
		.run = cmd_reconcile,
	},
	{
		.name = "confirm",
		.summary = "keep what reconcile --confirm applied, or undo it now",
		.detail = "Exit 0 when it is kept, 1 when nothing waits for it (any more).\n"
			  "With --undo exit 0 when all is as it was.",
		.example = "croute reconcile --confirm 60s; croute confirm",
		.accepts = OPTION_BIT(OPTION_UNDO),
		.run = cmd_confirm,
	},
	{
		.name = "release",
		.summary = "the agent carries out the deletions that it holds, once",
		.detail =
			"Prints them. Exit 0 also when nothing is held, 1 when no agent runs or a\n"
			"deletion fails, 4 when others are held by then.",
		.example = "croute status; croute release",
		.run = cmd_release,
	},
	{
		.name = "validate",
		.argument = "PATH",
		.summary = "check the file alone; no kernel, no root",
		.detail = "--replace checks a directory as it would be with one file changed.",
		.example = "croute validate /etc/croute --replace nodes.yaml=new.yaml",
		.accepts = OPTION_BIT(OPTION_REPLACE),
		.run = cmd_validate,
	},
	{
		.name = "status",
		.summary = "what the agent last did, and whether it lives and is ready",
		.detail = "Exits with 0 when it is ready, else with 1. With --status-file the\n"
			  "file of nodes is not read.",
		.example = "croute status --check",
		.accepts = OPTION_BIT(OPTION_CHECK),
		.run = cmd_status,
	},
	{
		.name = "interface",
		.summary = "which interface carries the routes, and why no other",
		.detail = "Lists every link with its addresses and the reason. Needs no privilege.",
		.example = "croute interface -c /etc/croute --node worker-1",
		.run = cmd_interface,
	},
	{
		.name = "lookup",
		.argument = "ADDRESS|NODE",
		.needs_argument = true,
		.summary = "who owns a pod address, and does the kernel agree",
		.detail = "Shows route, neighbour and FDB entry, and what the kernel does with "
			  "packets\n"
			  "of this host, of its pods and of the tunnel. Exit 0 when it agrees with "
			  "the\n"
			  "file, 1 when not. Needs no privilege.",
		.example = "croute lookup 10.244.2.7",
		.run = cmd_lookup,
	},
	{
		.name = "doctor",
		.summary = "check this host: what is wrong, and how to fix it",
		.detail = "Exit 0, or 1 when a check fails; warnings do not count.\n"
			  "Needs no privilege; what it cannot read is unknown, not ok.\n"
			  "With --adopt before a takeover: what flannel left, and what of it\n"
			  "does not fit the file.",
		.example = "croute doctor --peers",
		.accepts = OPTION_BIT(OPTION_PEERS) | OPTION_BIT(OPTION_ADOPT),
		.run = cmd_doctor,
	},
	{
		.name = "import",
		.argument = "FILE",
		.summary = "make a file from kubectl get nodes, or from flannel's",
		.detail = "From kubectl get nodes -o json|yaml, or flannel's net-conf.json; - or\n"
			  "no FILE is standard input.",
		.example = "kubectl get nodes -o json | croute import --from kube-nodes",
		.accepts = OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_ADDRESS) |
			   OPTION_BIT(OPTION_SERIAL) | OPTION_BIT(OPTION_GENERATED_AT) |
			   OPTION_BIT(OPTION_SPLIT) | OPTION_BIT(OPTION_OUTPUT_DIR),
		.run = cmd_import,
	},
	{
		.name = "snapshot",
		.summary = "print the kernel's relevant state, to plan from elsewhere",
		.detail = "For croute reconcile --dry-run --kernel-state. Needs no privilege.",
		.example = "croute snapshot >worker-1.json",
		.run = cmd_snapshot,
	},
	{
		.name = "schema",
		.summary = "print a JSON Schema of the file, for editors and pipelines",
		.example = "croute schema >croute.schema.json",
		.run = cmd_schema,
	},
	{
		.name = "flush",
		.summary = "remove every route of croute's and nothing else",
		.detail = "Needs no file; refused while an agent runs.",
		.example = "croute flush --dry-run",
		.accepts = OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_PROTOCOL) |
			   OPTION_BIT(OPTION_HAND_BACK),
		.run = cmd_flush,
	},
	{
		.name = "version",
		.summary = "print the version; with -v of the libraries too",
		.example = "croute version -o json",
		.run = cmd_version,
	},
	{
		.name = "help",
		.argument = "COMMAND",
		.summary = "tell of the commands, or of one of them",
		.detail = "--complete prints what a shell completes command lines with.",
		.example = "croute help reconcile",
		.accepts = OPTION_BIT(OPTION_COMPLETE),
		.run = cmd_help,
	},
	{.name = NULL},
};

/* A descriptor 0 to 2 that is closed would be taken by the next file or socket opened, and
 * messages would be written into that. Read-only, so that writing fails and is noticed. */
static void fill_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
}

/* A reader that went away must not cut a pass in two: writing then fails with EPIPE. */
static void ignore_broken_pipes(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGPIPE, &action, NULL);
}

/* Results that did not arrive are a failure, as on a full disk; a reader that has seen enough
 * knows so itself. */
static int close_stdout(int code)
{
	bool failed = ferror(stdout) != 0;
	int cause = 0;

	if (fclose(stdout) != 0) {
		failed = true;
		cause = errno;
	}
	if (!failed || code == EXIT_INVALID || code == EXIT_USAGE)
		return code;
	if (cause != EPIPE)
		(void)fprintf(stderr, "croute: error: standard output: %s\n",
			      cause != 0 ? strerror(cause) : "cannot be written");
	return EXIT_FAILED;
}

static int run(const struct options *options)
{
	if (!options->help)
		return options->command->run(options);
	if (options->command->run == cmd_help)
		help_print(commands, stdout);
	else
		help_print_command(options->command, stdout);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	const struct options_input input = {
		.argc = argc,
		.argv = argv,
		.commands = commands,
		.croute_config = getenv("CROUTE_CONFIG"),
		.node_name = getenv("NODE_NAME"),
		.no_color = getenv("NO_COLOR"),
		.term = getenv("TERM"),
		.journal = log_is_journal(getenv("JOURNAL_STREAM"), STDERR_FILENO),
	};
	struct progress progress;
	struct options options;
	struct error err;

	fill_standard_streams();
	ignore_broken_pipes();
	(void)mallopt(M_MMAP_THRESHOLD, KEEP_BELOW);
	if (parse_options(&input, &options, &err) < 0) {
		(void)fprintf(stderr, "croute: error: %s\n", err.text);
		return EXIT_USAGE;
	}
	progress = progress_for(&options);
	options.progress = &progress;
	return close_stdout(run(&options));
}
