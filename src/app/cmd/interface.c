/* interface.c - `croute interface`: which one, and for each other one why not. */
#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/node_names.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/diags.h"
#include "croute/app/print/with_pass.h"
#include "croute/core/report/interfaces.h"

static struct interfaces_choice choice_of(const struct pass *pass, uint8_t family)
{
	return (struct interfaces_choice){.question = pass_question(pass, family),
					  .taken = pass->picture.family[FAMILY_INDEX(family)].link};
}

static void show_line(const char *text)
{
	(void)printf("%s\n", text);
}

static void show_choice(const struct interfaces_choice *choice)
{
	char text[INTERFACES_LINE_MAX];
	struct buf line = BUF_OVER(text);

	if (!interfaces_is_wanted(choice))
		return;
	interfaces_add_choice(&line, choice);
	show_line(text);
}

static void show_table(const struct interfaces_ctx *view)
{
	const struct links *links = view->ipv4.question.links;
	char text[INTERFACES_LINE_MAX] = "";
	struct buf line = BUF_OVER(text);

	interfaces_add_head(&line, view);
	(void)printf("\n%s\n", text);
	for (uint32_t i = 0; i < links->links.count; i++) {
		line = BUF_OVER(text);
		interfaces_add_link(&line, view, links_at(links, i));
		show_line(text);
	}
	line = BUF_OVER(text);
	interfaces_add_unanchored(&line, view);
	if (line.len > 0)
		(void)printf("\n%s\n", text);
}

static void show_text(struct interfaces_ctx *view)
{
	view->width = interfaces_width(view);
	(void)printf("node  %s\n", view->node);
	if (view->ipv4.question.config->backend == BACKEND_NONE)
		(void)printf("backend none needs no interface\n");
	show_choice(&view->ipv4);
	show_choice(&view->ipv6);
	show_table(view);
}

/* The table has the reasons; standard error says only that it went wrong. */
static void complain(const struct interfaces_choice *choice, const struct options *options)
{
	char text[160];
	char address[IP_TEXT_MAX];
	struct buf buf = BUF_OVER(text);

	if (!interfaces_is_wanted(choice) || choice->taken.index != 0)
		return;
	buf_add(&buf, "no interface for this node's address %s",
		ip_format(&choice->question.address, address));
	print_problem(text, options);
}

static int show(const struct pass *pass, const struct options *options)
{
	struct interfaces_ctx view = {.node = pass_node_name(pass),
				      .ipv4 = choice_of(pass, AF_INET),
				      .ipv6 = choice_of(pass, AF_INET6)};

	if (options->output == OUTPUT_JSON)
		(void)interfaces_json(&view, print_piece, stdout);
	else
		show_text(&view);
	complain(&view.ipv4, options);
	complain(&view.ipv6, options);
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
	return with_pass_give_up(status, &err, loaded, options);
}

static int run(const struct options *options)
{
	return with_pass_run(options, look);
}

const struct command command_interface = {
	.name = "interface",
	.summary = "which interface carries the routes, and why no other",
	.detail = "Lists every link with its addresses and the reason. Needs no privilege.",
	.example = "croute interface -c /etc/croute --node worker-1",
	.run = run,
};
