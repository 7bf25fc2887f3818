/* flush.c - `croute flush`: removes everything of croute's and nothing else. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/core/decode/decode.h"
#include "croute/edge/host/lock.h"

static int remove_all(struct pass *pass, const struct options *options, struct error *err)
{
	struct pass_request request = {.dry_run = options->dry_run, .protocol = options->protocol};

	if (request.protocol == 0)
		request.protocol = CONFIG_PROTOCOL_DEFAULT;
	return pass_flush(pass, &request, err);
}

static int report_flush(const struct pass *pass, const struct options *options)
{
	struct report report = outcome_report(pass, NULL);

	print_report(&report, options);
	outcome_complain(pass, &report, options);
	return outcome_exit(pass, options);
}

/* What identifies pod routes, from the file if it is valid; otherwise only a warning, since a flush
 * needs no file. */
static void find_kernel(const struct options *options, struct config_kernel *out)
{
	struct loaded loaded;
	struct error err = {0};

	if (load_once(options->config, NULL, NULL, &loaded, &err) == 0) {
		if (loaded.diags.errors == 0) {
			*out = loaded.config.kernel;
			load_release(&loaded);
			return;
		}
		load_release(&loaded);
		error_set(&err, EINVAL, "it is not valid");
	}
	(void)fprintf(
		stderr,
		"croute: warning: %s: %s; so pod routes are taken to be of protocol %u and of "
		"metric %u or more, as by default\n",
		options->config, err.text, out->protocol, out->metric);
}

static int hand_back(struct pass *pass, const struct options *options, struct error *err)
{
	struct config config;
	struct pass_request request = {.config = &config, .dry_run = options->dry_run};
	int status;

	decode_defaults(&config);
	find_kernel(options, &config.kernel);
	if (options->protocol != 0)
		config.kernel.protocol = options->protocol;
	status = pass_hand_back(pass, &request, err);
	pass->picture.config = NULL; /* no file asked for what is reported */
	config_release(&config);
	return status;
}

static int flush(const struct options *options)
{
	struct error err = {0};
	struct pass *pass = pass_open(&err);
	int code = EXIT_FAILED;

	if (pass != NULL)
		pass->progress = options->progress;
	if (pass != NULL &&
	    (options->hand_back == HAND_BACK_FLANNEL ? hand_back(pass, options, &err)
						     : remove_all(pass, options, &err)) == 0)
		code = report_flush(pass, options);
	else
		print_problem(err.text, options);
	pass_close(pass);
	return code;
}

/* An agent would put everything back, so waiting for it is useless. */
static int run(const struct options *options)
{
	struct lock lock;
	struct error err = {0};
	int code;

	if (options->dry_run)
		return flush(options);
	if (lock_take(0, &lock, &err) < 0) {
		print_problem(err.text, options);
		return EXIT_FAILED;
	}
	code = flush(options);
	lock_release(&lock);
	return code;
}

const struct command command_flush = {
	.name = "flush",
	.summary = "remove every route of croute's and nothing else",
	.detail = "Needs no file; refused while an agent runs.",
	.example = "croute flush --dry-run",
	.accepts = OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_PROTOCOL) |
		   OPTION_BIT(OPTION_HAND_BACK),
	.run = run,
};
