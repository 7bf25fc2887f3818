/* fuzz_lookup.c - any bytes as what the kernel answers to lookup: a verdict, in tame lines. */
/* SPDX-License-Identifier: MIT */
/* covers: src/app/lookup/look.c src/app/lookup/judge.c src/app/lookup/reason.c */
#include "app/lookup/lookup.h"

#include <stdlib.h>

#include "answers.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/core/decode/decode.h"
#include "pieces.h"

#define NODES                                                                                      \
	"nodes:\n"                                                                                 \
	"- {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                     \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}\n"                                       \
	"- {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                     \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64'], vtepMAC: 02:00:00:00:00:02}\n"

static const char *const texts[2] = {
	"version: 1\n" NODES,
	"version: 1\nbackend: {type: vxlan}\n" NODES,
};

static void load(const char *text, struct loaded *loaded)
{
	static const struct config_host host;
	struct pieces pieces = {
		.data = (const uint8_t *)text, .size = strlen(text), .most = SIZE_MAX};
	struct places *places = places_new(&host, &loaded->config, &loaded->diags);
	struct error err;

	if (places == NULL)
		abort();
	decode_defaults(&loaded->config);
	if (decode_read(places, 0, pieces_read, &pieces, &err) < 0)
		abort();
	decode_finish(places);
	places_free(places);
	if (loaded->diags.errors > 0)
		abort();
}

static void check(const struct lookup *lookup)
{
	char text[2 * LOOKUP_LINE_MAX] = "";
	struct buf line = BUF_OVER(text);

	if (lookup->verdict >= LOOKUP_VERDICTS)
		abort();
	for (uint32_t i = 0; lookup_add_line(&line, lookup, i); i++) {
		for (size_t at = 0; at < line.len; at++) {
			if ((unsigned char)text[at] < 0x20 || text[at] == 0x7f)
				abort();
		}
		line = BUF_OVER(text);
	}
}

static const char *file_name(const void *files, uint16_t file)
{
	(void)files, (void)file;
	return "nodes.yaml";
}

static void look_up(struct pass *pass, const struct report *report, const char *address)
{
	struct lookup lookup;
	struct ip ip;

	if (ip_parse(text_of(address), &ip) < 0)
		abort();
	lookup_init(&lookup);
	lookup_place(&lookup, report, pass->picture.node.index, &ip);
	if (lookup_look(&lookup, pass, NULL) == 0) {
		lookup_judge(&lookup);
		check(&lookup);
	}
	lookup_release(&lookup);
}

static void try(struct pass *pass, const struct loaded *loaded)
{
	static const char *const addresses[] = {"10.244.2.7", "10.244.1.7", "fd10:244:0:2::7",
						"192.0.2.1"};
	const struct node_names names = {.name = {"worker-1"}, .count = 1};
	const struct pass_request request = {
		.config = &loaded->config, .names = &names, .dry_run = true, .look_around = true};
	struct report report;

	if (pass_run(pass, &request, NULL) < 0)
		return;
	report = outcome_report(pass, loaded);
	report.file_name = file_name;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		look_up(pass, &report, addresses[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loaded loaded[2];
	static struct pass *pass;

	if (pass == NULL) {
		pass = pass_open(NULL);
		if (pass == NULL)
			abort();
		load(texts[0], &loaded[0]);
		load(texts[1], &loaded[1]);
	}
	if (size > 16384)
		return 0;
	answers_begin(data, size);
	try(pass, &loaded[size % 2]);
	answers_end();
	return 0;
}
