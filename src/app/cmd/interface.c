/* interface.c - `croute interface`: which one, and for each other one why not. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/core/report/interfaces.h"

static struct interfaces_choice choice_of(const struct pass *pass, uint8_t family)
{
	return (struct interfaces_choice){.question = pass_question(pass, family, 0),
					  .taken = pass->picture.family[FAMILY_INDEX(family)].link};
}

/* The table has the reasons; standard error only reports the failure. */
static void complain(const struct interfaces_choice *choice, const struct options *options)
{
	struct buf text = BUF_LOCAL(160);
	char address[IP_TEXT_MAX];

	if (!interfaces_lacks(choice))
		return;
	buf_add(&text, "no interface for this node's address %s",
		ip_format(&choice->question.address, address));
	print_problem(text.data, options);
}

static int show(const struct pass *pass, const struct options *options)
{
	struct interfaces_ctx ctx = {
		.node = pass_node_name(pass),
		.family = {choice_of(pass, AF_INET), choice_of(pass, AF_INET6)}};

	(void)(options->output == OUTPUT_JSON ? interfaces_json
					      : interfaces_text)(&ctx, print_piece, stdout);
	complain(&ctx.family[0], options);
	complain(&ctx.family[1], options);
	return pass_lacks_interface(pass) ? EXIT_FAILED : EXIT_DONE;
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
