/* cmd.c - `croute reach`: probes the path to each peer now, and says where packets stop. */
/* SPDX-License-Identifier: MIT */
#include "app/reach/asked.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "app/reach/text.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/core/config/schema.h"

#define NAME_WIDTH_MOST 40
#define WORDS_MOST 4096 /* pods beside the first of their node */

/* One run of the command. */
struct run {
	struct pass *pass;
	const struct loaded *loaded;
	const struct options *options;
	struct reach_ground ground;
	struct rows peers; /* struct asked */
	struct asking asking;
	uint32_t counts[REACH_KINDS];
	int width;
};

static const char *name_of(const struct run *run, uint32_t node)
{
	const struct config *config = &run->loaded->config;

	return config_string_at(config, config_node_at(config, node)->name);
}

/* --- which peers --------------------------------------------------------------------------------
 */

/* A second pod of one node has a row by itself. */
static bool want_pod(struct run *run, uint32_t i, const struct ip *address)
{
	struct asked *asked = rows_at(&run->peers, i);
	struct asked copy = *asked;

	if (!ip_is_set(&asked->address)) {
		asked->address = *address;
		asked->wanted = true;
		return true;
	}
	copy.address = *address;
	return rows_add(&run->peers, &copy) == 0;
}

static bool want_address(struct run *run, const struct ip *address)
{
	const struct config *config = &run->loaded->config;
	struct prefix prefix = prefix_of(address, ip_bits(address->family));
	uint32_t podcidr = config_podcidr_covering(config, &prefix);

	for (uint32_t i = 0; i < run->peers.count; i++) {
		struct asked *asked = rows_at(&run->peers, i);
		struct ip own = reach_address(config, &asked->peer);

		if (reach_family(&asked->peer) != address->family)
			continue;
		if (podcidr != CONFIG_NOT_FOUND &&
		    config_podcidr_at(config, podcidr)->node == asked->peer.node)
			return want_pod(run, i, address);
		if (ip_same(&own, address)) {
			asked->wanted = true;
			return true;
		}
	}
	return false;
}

static bool want_name(struct run *run, const char *glob)
{
	bool found = false;

	for (uint32_t i = 0; i < run->peers.count; i++) {
		struct asked *asked = rows_at(&run->peers, i);

		if (fnmatch(glob, name_of(run, asked->peer.node), 0) == 0)
			found = asked->wanted = true;
	}
	return found;
}

static int choose(struct run *run)
{
	char *const *words = run->options->arguments;
	struct ip address;

	for (uint32_t i = 0; i < run->options->argument_count; i++) {
		bool found = ip_parse(text_of(words[i]), &address) == 0
				     ? want_address(run, &address)
				     : want_name(run, words[i]);

		if (!found)
			return print_refusal(
				words[i],
				"neither another node nor an address of one or of its pods",
				&run->loaded->config, "reach");
	}
	for (uint32_t i = 0; i < run->peers.count && run->options->argument_count == 0; i++)
		((struct asked *)rows_at(&run->peers, i))->wanted = true;
	return EXIT_DONE;
}

/* --- what was found -----------------------------------------------------------------------------
 */

static void mark_node(struct run *run, uint32_t node)
{
	for (uint32_t i = 0; i < run->peers.count; i++) {
		struct asked *asked = rows_at(&run->peers, i);

		asked->differs |= asked->peer.node == node;
	}
}

/* Which peers' rows are not as the file wants them. */
static void mark_differing(struct run *run)
{
	const struct pass *pass = run->pass;

	for (uint32_t i = 0; i < plan_change_count(&pass->picture.plan); i++) {
		const struct change *change = plan_change_at(&pass->picture.plan, i);
		struct desired_cause cause;

		if (change->want == CHANGE_NO_ROW)
			continue;
		cause = desired_cause_at(&pass->picture.desired, (enum change_kind)change->kind,
					 change->want);
		if (!cause.is_static)
			mark_node(run, config_podcidr_at(&run->loaded->config, cause.index)->node);
	}
}

/* --- printing -----------------------------------------------------------------------------------
 */

static void show_head(const struct run *run)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct reach_way *way = &run->ground.view.way[i];
		const struct link *holder = links_find_holder(&run->pass->picture.links, &way->pod);
		char node[IP_TEXT_MAX];
		char pod[IP_TEXT_MAX];

		if (!ip_is_set(&way->node))
			continue;
		(void)printf("from %s on %s", ip_format(&way->node, node),
			     run->ground.links[i].link_name);
		if (ip_is_set(&way->pod))
			(void)printf(" and %s on %s", ip_format(&way->pod, pod),
				     holder != NULL ? holder->name : "lo");
		(void)printf("\n");
	}
}

static void show_peer(const struct reach_finding *finding, int width)
{
	char text[2 * REACH_TEXT_MAX];
	struct buf out = BUF_OVER(text);

	reach_add_peer(&out, finding, width);
	(void)fputs(text, stdout);
}

/* Those of one kind, in the order of the file; without `json` as text. Counts them. */
static void print_kind(struct run *run, enum reach_kind kind, struct json *json)
{
	char elsewhere[REACH_ELSEWHERE_MAX];

	for (uint32_t i = 0; i < run->peers.count; i++) {
		const struct asked *asked = rows_at(&run->peers, i);
		struct reach_finding finding;

		if (!asked->wanted)
			continue;
		finding = reach_find_out(&run->asking, asked, elsewhere);
		if (reach_sum(&finding) != kind)
			continue;
		run->counts[kind]++;
		if (json != NULL)
			reach_put_peer(json, &finding);
		else
			show_peer(&finding, run->width);
	}
}

static void print_all(struct run *run, struct json *json)
{
	print_kind(run, REACH_ANSWERS, json);
	print_kind(run, REACH_UNKNOWN, json);
	print_kind(run, REACH_LOST, json);
}

static void show_text(struct run *run)
{
	const uint32_t *counts = run->counts;

	for (uint32_t i = 0; i < run->peers.count; i++) {
		const struct asked *asked = rows_at(&run->peers, i);
		int width = (int)strlen(name_of(run, asked->peer.node));

		if (asked->wanted && width > run->width)
			run->width = width < NAME_WIDTH_MOST ? width : NAME_WIDTH_MOST;
	}
	show_head(run);
	print_all(run, NULL);
	(void)printf("%s%u answer, %u unknown, %u lost.\n",
		     run->asking.stopped ? "Interrupted: " : "", counts[REACH_ANSWERS],
		     counts[REACH_UNKNOWN], counts[REACH_LOST]);
}

static void show_json(struct run *run)
{
	struct json json = print_json();

	json_put_text(&json, "node", run->asking.here);
	json_put_text(&json, "backend", schema_backend_word(run->loaded->config.backend));
	json_open(&json, "peers", '[');
	print_all(run, &json);
	json_close(&json, ']');
	json_open(&json, "summary", '{');
	for (unsigned i = 0; i < REACH_KINDS; i++)
		json_put_number(&json, reach_kind_word((enum reach_kind)i), run->counts[i]);
	json_close(&json, '}');
	print_json_end(&json);
}

/* --- the run ------------------------------------------------------------------------------------
 */

static int ask(struct run *run)
{
	struct error err = {0};

	run->asking.ground = &run->ground;
	run->asking.peers = &run->peers;
	run->asking.progress = run->options->progress;
	if (reach_open(&run->ground, &err) < 0 || reach_ask_all(&run->asking, &err) < 0) {
		print_problem(err.text, run->options);
		return EXIT_FAILED;
	}
	mark_differing(run);
	if (run->options->output == OUTPUT_JSON)
		show_json(run);
	else
		show_text(run);
	return run->counts[REACH_LOST] > 0 || run->asking.stopped ? EXIT_FAILED : EXIT_DONE;
}

static int run_all(struct run *run)
{
	int code;

	reach_look_around(&run->ground, run->pass, &run->loaded->config);
	if (reach_list(&run->peers, &run->loaded->config, run->pass->picture.node.index, 0) < 0) {
		print_problem("no memory for so many peers", run->options);
		return EXIT_FAILED;
	}
	code = choose(run);
	return code == EXIT_DONE ? ask(run) : code;
}

static int look(struct pass *pass, const struct loaded *loaded, const struct options *options)
{
	struct run run = {.pass = pass, .loaded = loaded, .options = options};
	struct names names;
	struct pass_request request = {
		.config = &loaded->config, .names = &names.list, .dry_run = true};
	struct error err = {0};
	int code;

	/* What an agent leaves out does not count as a difference. */
	request.recall = loaded->config.reach.every_ms > 0;
	if (loaded->config.backend == BACKEND_NONE) {
		print_problem("backend type none has no pod routes: there are no peers to ask",
			      options);
		return EXIT_FAILED;
	}
	names_find(options, &names);
	code = pass_run(pass, &request, &err);
	if (code < 0)
		return outcome_give_up(code, &err, loaded, options);
	run.asking.here = pass_node_name(pass);
	rows_init(&run.peers, sizeof(struct asked), sizeof(uint64_t), REACH_ROWS_MOST + WORDS_MOST);
	code = run_all(&run);
	reach_close(&run.ground);
	rows_release(&run.peers);
	return code;
}

static int ask_peers(const struct options *options)
{
	return outcome_with_pass(options, look);
}

const struct command command_reach = {
	.name = "reach",
	.argument = "NODE|ADDRESS",
	.many = true,
	.summary = "ask the way to each peer now: where do packets stop",
	.detail = "Echoes between the nodes, between the pods' sides, and of the largest\n"
		  "size; to a pod's address, too. Names may be patterns. Exit 1 when a\n"
		  "path is lost. Needs ping sockets or CAP_NET_RAW, and no agent.",
	.example = "croute reach worker-2 'edge-*' 10.244.3.7",
	.run = ask_peers,
};
