/* cmd.c - `croute lookup`: who owns an address, and whether the kernel agrees. */
#include "croute/app/lookup/cmd.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "app/lookup/text.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/node_names.h"
#include "croute/app/cli/option_word.h"
#include "croute/app/pass/pass.h"
#include "croute/app/pass/steps.h"
#include "croute/app/print/diags.h"
#include "croute/app/print/outcome.h"
#include "croute/app/print/with_pass.h"
#include "croute/edge/kernel/neigh.h"
#include "croute/edge/kernel/read.h"
#include "croute/edge/kernel/rule.h"

#define CLEANUP_LOOKUP __attribute__((cleanup(lookup_release)))

/* Keeps the routes that hold the address, in whatever table. Those past the limit go unnoticed:
 * they only help to explain a refusal. */
static int keep_route(void *context, const struct route *route)
{
	struct lookup *lookup = context;
	struct prefix prefix = route_prefix(route);

	if (prefix_holds(&prefix, &lookup->address))
		(void)rows_add(&lookup->kernel.routes, route);
	return 0;
}

static int keep_rule(void *context, const struct rule *rule)
{
	struct lookup *lookup = context;

	(void)rows_add(&lookup->kernel.rules, rule);
	return 0;
}

static int keep_neigh(void *context, const struct neigh *neigh)
{
	struct lookup_hop *hop = context;

	if (ip_same(&neigh->ip, &hop->ip))
		hop->neigh = *neigh;
	return 0;
}

static int read_routes(struct pass *pass, struct lookup *lookup, struct error *err)
{
	struct kernel_route_filter filter = {.family = lookup->address.family};
	int status = -EINTR;

	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		rows_reset(&lookup->kernel.routes);
		status = kernel_read_routes(&pass->netlink, filter, keep_route, lookup, err);
	}
	return status;
}

static int read_rules(struct pass *pass, struct lookup *lookup, struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		rows_reset(&lookup->kernel.rules);
		status = kernel_read_rules(&pass->netlink, lookup->address.family, keep_rule,
					   lookup, err);
	}
	return status;
}

/* Who is handed a packet that takes this way: the gateway, else the address itself. */
static struct lookup_hop hop_of(const struct route *path, const struct ip *target)
{
	struct lookup_hop hop = {.ip = route_gateway(path), .link = path->oif};

	if (path->family == 0 || path->type != RTN_UNICAST)
		return (struct lookup_hop){0};
	if (!ip_is_set(&hop.ip))
		hop.ip = *target;
	return hop;
}

static int ask_hop(struct pass *pass, struct lookup *lookup, struct error *err)
{
	struct lookup_hop *hop = &lookup->kernel.hop;
	struct route underlay = {0};
	int status = -EINTR;

	if (lookup_is_tunnelled(lookup)) {
		(void)kernel_lookup_route(&pass->netlink, &lookup->peer, &underlay, NULL);
		*hop = hop_of(&underlay, &lookup->peer);
	} else {
		*hop = hop_of(&lookup->kernel.path, &lookup->address);
	}
	if (!ip_is_set(&hop->ip))
		return 0;
	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++)
		status = kernel_read_neighs(&pass->netlink, hop->link, keep_neigh, hop, err);
	return status;
}

/* A refusal of the lookups is an answer. */
static int ask_kernel(struct pass *pass, struct lookup *lookup, struct error *err)
{
	struct lookup_kernel *kernel = &lookup->kernel;
	int status = kernel_lookup_route(&pass->netlink, &lookup->address, &kernel->path, NULL);

	kernel->refusal = -status;
	(void)kernel_match_route(&pass->netlink, &lookup->address, &kernel->match, NULL);
	status = read_routes(pass, lookup, err);
	if (status == 0)
		status = read_rules(pass, lookup, err);
	return status < 0 ? status : ask_hop(pass, lookup, err);
}

static void show(const struct lookup *lookup, const struct options *options)
{
	char text[2 * LOOKUP_LINE_MAX] = "";
	struct buf line = BUF_OVER(text);

	if (options->output == OUTPUT_JSON) {
		load_print_object(lookup_json(lookup));
		return;
	}
	for (uint32_t i = 0; lookup_add_line(&line, lookup, i); i++) {
		if (line.len > 0)
			(void)printf("%s\n", text);
		line = BUF_OVER(text);
	}
}

/* A pass that only looks finds what is wanted, what is there, and what the guard would hold. */
static int look(struct pass *pass, const struct loaded *loaded, const struct options *options)
{
	CLEANUP_LOOKUP struct lookup lookup;
	struct names names;
	struct pass_request request = {.config = &loaded->config,
				       .names = &names.list,
				       .dry_run = true,
				       .look_around = true};
	struct report report;
	struct error err = {0};
	struct ip address;
	int status;

	lookup_init(&lookup);
	names_find(options, &names);
	(void)ip_parse(text_of(options->argument), &address);
	status = pass_run(pass, &request, &err);
	if (status < 0)
		return ask_give_up(status, &err, loaded, options);
	report = outcome_report(pass, loaded, &request);
	lookup_place(&lookup, &report, pass->node.index, &address);
	status = ask_kernel(pass, &lookup, &err);
	if (status < 0)
		return ask_give_up(status, &err, loaded, options);
	lookup_judge(&lookup);
	show(&lookup, options);
	return lookup_agrees(&lookup) ? EXIT_DONE : EXIT_FAILED;
}

int cmd_lookup(const struct options *options)
{
	char shown[OPTION_WORD_MAX];
	struct ip address;
	int status = ip_parse(text_of(options->argument), &address);

	if (status == 0)
		return ask_run(options, look);
	(void)fprintf(stderr, "croute: error: \"%s\" is %s\nsee croute help lookup\n",
		      option_word(options->argument, shown),
		      status == -EPROTOTYPE ? "IPv4 in IPv6; give it as IPv4"
					    : "no IPv4 or IPv6 address");
	return EXIT_USAGE;
}
