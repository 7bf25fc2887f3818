/* interface.c - `croute interface`: which one, and for each other one why not. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/core/report/interfaces.h"

/* The table has the reasons; standard error only reports the failure. */
static bool complain(const struct interfaces_ctx *ctx, const struct options *options)
{
	bool any = false;

	for (uint32_t i = 0; i < CARRYING_MOST; i++) {
		unsigned family = i / CONFIG_ADDRESSES_MOST;
		uint32_t n = i % CONFIG_ADDRESSES_MOST;
		struct buf text = BUF_LOCAL(160);
		char address[IP_TEXT_MAX];

		if (!interfaces_lacks(ctx, family, n))
			continue;
		buf_add(&text, "no interface for this node's address %s",
			ip_format(&ctx->question[family][n].address, address));
		print_problem(text.data, options);
		any = true;
	}
	return any;
}

static int show(const struct pass *pass, const struct options *options)
{
	struct interfaces_ctx ctx = {.node = pass_node_name(pass),
				     .family = pass->picture.family,
				     .uplinks = pass->uplinks,
				     .uplink_count = pass->uplink_count};

	for (uint32_t i = 0; i < CARRYING_MOST; i++)
		ctx.question[i / CONFIG_ADDRESSES_MOST][i % CONFIG_ADDRESSES_MOST] = pass_question(
			pass, FAMILY_AT(i / CONFIG_ADDRESSES_MOST), i % CONFIG_ADDRESSES_MOST);
	(void)(options->output == OUTPUT_JSON ? interfaces_json
					      : interfaces_text)(&ctx, print_piece, stdout);
	return complain(&ctx, options) ? EXIT_FAILED : EXIT_DONE;
}

static int look(struct pass *pass, const struct loaded *loaded, const struct options *options)
{
	struct names names;
	struct pass_request request = {.config = &loaded->config, .names = &names.list};
	struct error err = {0};
	int status;

	names_find(options, &names);
	pass_begin(pass, &request);
	status = pass_find_interface(pass, &err);
	if (status == 0)
		return show(pass, options);
	return outcome_give_up(status, &err, loaded, options);
}

static int run(const struct options *options)
{
	return outcome_with_pass(options, look);
}

const struct command command_interface = {
	.name = "interface",
	.summary = "which interface carries the routes, and why no other",
	.detail = "Lists every link with its addresses and the reason. Needs no privilege.",
	.example = "croute interface -c /etc/croute --node worker-1",
	.run = run,
};
