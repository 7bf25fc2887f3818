/* fuzz_lookup.c - any bytes as what the kernel answers to lookup: a verdict, in tame lines. */
/* SPDX-License-Identifier: MIT */
/* covers: src/app/lookup/look.c src/app/lookup/judge.c src/app/lookup/reason.c */
#include "app/lookup/lookup.h"

#include "answers.h"
#include "node.h"

#define FILES 4

/* One is asked for by the size of the input. */
#define NODES                                                                                      \
	"podNetwork: [10.244.0.0/16, 'fd10:244::/48']\n"                                           \
	"nodes:\n"                                                                                 \
	"- {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                     \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64'], vtepMAC: 02:00:00:00:00:01}\n"           \
	"- {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                     \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64'], vtepMAC: 02:00:00:00:00:02}\n"           \
	"- {name: worker-3, address: [10.0.0.13, 'fd00::13'],"                                     \
	" podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64'], vtepMAC: 02:00:00:00:00:03}\n"           \
	"- {name: worker-4, address: 10.0.0.14,"                                                   \
	" podCIDRs: [10.244.4.0/24, 'fd10:244:0:4::/64'], vtepMAC: 02:00:00:00:00:04}\n"           \
	"- {name: worker-5, address: 10.50.0.15, podCIDRs: 10.244.5.0/24,"                         \
	" vtepMAC: 02:00:00:00:00:05}\n"

static const char *const files[FILES] = {
	"version: 1\nguard: {maxDelete: 100%}\n" NODES,
	"version: 1\nkernel: {table: 123}\nguard: {maxDelete: 0, alwaysAllow: 0}\n" NODES,
	"version: 1\nbackend: {type: vxlan}\n" NODES,
	"version: 1\nbackend: {type: none}\nguard: {allowEmpty: true}\n" NODES,
};

static const char *const addresses[] = {
	"10.244.2.7", "10.244.3.7",	 "10.244.4.7",	    "10.244.5.7", "10.244.1.70",
	"10.244.6.7", "fd10:244:0:2::7", "fd10:244:0:4::7", "192.0.2.1",  "10.0.0.12",
};

/* What was measured on the way to a node; the first: nothing. */
static struct reach_sample samples[] = {
	{.count = 0},
	{.count = 1, .peers = {{.path = {[REACH_NODE] = {.kind = REACH_ANSWERS}}}}},
	{.count = 1, .peers = {{.path = {[REACH_FULL] = {.kind = REACH_ANSWERS}}}}},
	{.count = 1, .peers = {{.lost = {"the cause", "the command", "the fix"}}}},
};

static void check(const struct lookup *lookup)
{
	char text[2 * LOOKUP_LINE_MAX] = "";
	struct buf line = BUF_OVER(text);
	struct json json = {.write = node_drop};

	if (lookup->verdict >= LOOKUP_VERDICTS)
		abort();
	for (uint32_t i = 0; lookup_add_line(&line, lookup, i); i++) {
		node_check_line(&line);
		line = BUF_OVER(text);
	}
	json_open(&json, NULL, '{');
	lookup_put_json(&json, lookup);
	json_close(&json, '}');
	if (json_end(&json) < 0)
		abort();
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
		for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
			samples[i].peers[0].family = ip.family;
			lookup.sample = i > 0 ? &samples[i] : NULL;
			check(&lookup);
		}
	}
	lookup_release(&lookup);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loaded loaded[FILES];
	static struct pass *pass;
	struct report report;

	if (pass == NULL) {
		pass = pass_open(NULL);
		if (pass == NULL)
			abort();
		for (size_t i = 0; i < FILES; i++)
			node_load(files[i], &loaded[i]);
	}
	if (size > ANSWERS_MOST)
		return 0;
	answers_begin(data, size);
	if (node_pass(pass, &loaded[size % FILES], &report)) {
		for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
			look_up(pass, &report, addresses[i]);
	}
	answers_end();
	return 0;
}
