/* cmd.c - `croute lookup`: who owns an address, and does the kernel agree. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/lookup/lookup.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"

struct run {
	struct pass *pass;
	const struct loaded *loaded;
	const struct options *options;
	struct report report;
	struct json json;
	bool of_node; /* its answers are a list */
	uint32_t count;
	bool agrees; /* all of them */
	struct reach_sample sample;
};

static void show_lines(const struct run *run, const struct lookup *lookup)
{
	char text[2 * LOOKUP_LINE_MAX] = "";
	struct buf line = BUF_OVER(text);

	if (run->count > 0)
		(void)printf("\n");
	for (uint32_t i = 0; lookup_add_line(&line, lookup, i); i++) {
		if (line.len > 0)
			(void)printf("%s\n", text);
		line = BUF_OVER(text);
	}
}

static void show_json(struct run *run, const struct lookup *lookup)
{
	if (run->of_node)
		json_open(&run->json, NULL, '{');
	else
		run->json = print_json();
	lookup_put_json(&run->json, lookup);
	if (run->of_node)
		json_close(&run->json, '}');
	else
		print_json_end(&run->json);
}

static int look_at(struct run *run, const struct ip *address)
{
	__attribute__((cleanup(lookup_release))) struct lookup lookup;
	struct error err = {0};
	int status;

	lookup_init(&lookup);
	lookup_place(&lookup, &run->report, run->pass->picture.node.index, address);
	status = lookup_look(&lookup, run->pass, &err);
	if (status < 0)
		return outcome_give_up(status, &err, run->loaded, run->options);
	lookup_judge(&lookup);
	if (lookup.verdict == LOOKUP_AGREES) {
		if (run->sample.count == 0)
			reach_sample(run->pass, &run->loaded->config, lookup.podcidr->node,
				     &run->sample);
		lookup.sample = &run->sample;
	}
	run->agrees &= lookup_agrees(&lookup);
	if (run->options->output == OUTPUT_JSON)
		show_json(run, &lookup);
	else
		show_lines(run, &lookup);
	run->count++;
	return EXIT_DONE;
}

/* Of each podCIDR an address that a pod, or the bridge of pods, may have. */
static int look_at_node(struct run *run, uint32_t node)
{
	const struct config *config = &run->loaded->config;
	bool json = run->options->output == OUTPUT_JSON;
	int code = EXIT_DONE;

	run->of_node = true;
	if (json) {
		run->json = print_json();
		json_put_text(&run->json, "node", run->options->argument);
		json_open(&run->json, "lookups", '[');
	}
	for (uint32_t i = 0; i < config_podcidr_count(config) && code == EXIT_DONE; i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);
		struct ip ip = podcidr->prefix.ip;

		if (podcidr->node != node)
			continue;
		ip.bytes[ip_bits(ip.family) / 8 - 1] |= podcidr->prefix.len < ip_bits(ip.family);
		code = look_at(run, &ip);
	}
	if (json) {
		json_close(&run->json, ']');
		json_put_flag(&run->json, "agrees", run->agrees);
		print_json_end(&run->json);
	}
	return code;
}

static int look_at_word(struct run *run)
{
	const struct config *config = &run->loaded->config;
	struct text word = text_of(run->options->argument);
	struct ip address;
	int64_t node;

	if (ip_parse(word, &address) == 0)
		return look_at(run, &address);
	node = config_find_node(config, run->options->argument);
	if (node >= 0)
		return look_at_node(run, (uint32_t)node);
	return print_refusal(run->options->argument, "neither an address nor a node of the file",
			     config, "lookup");
}

/* A dry pass finds what is wanted, what is there, and what the guard would hold. */
static int look(struct pass *pass, const struct loaded *loaded, const struct options *options)
{
	struct run ctx = {.pass = pass, .loaded = loaded, .options = options, .agrees = true};
	struct names names;
	struct pass_request request = {.config = &loaded->config,
				       .names = &names.list,
				       .dry_run = true,
				       .look_around = true};
	struct error err = {0};
	int code;

	names_find(options, &names);
	code = pass_run(pass, &request, &err);
	if (code < 0)
		return outcome_give_up(code, &err, loaded, options);
	ctx.report = outcome_report(pass, loaded);
	code = look_at_word(&ctx);
	return code == EXIT_DONE && !ctx.agrees ? EXIT_FAILED : code;
}

/* No node name contains these. */
static int run(const struct options *options)
{
	struct ip address;
	int status = ip_parse(text_of(options->argument), &address);

	if (status == -EPROTOTYPE)
		return print_refusal(options->argument, "IPv4 in IPv6; give it as IPv4", NULL,
				     "lookup");
	if (status < 0 && strpbrk(options->argument, ":/ ") != NULL)
		return print_refusal(options->argument, "not an IPv4 or IPv6 address", NULL,
				     "lookup");
	return outcome_with_pass(options, look);
}

const struct command command_lookup = {
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
	.run = run,
};
