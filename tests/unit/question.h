/* question.h - one question of a lookup, on the host of world.h. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "app/lookup/lookup.h"

#include "world.h"

#include <linux/rtnetlink.h>

#define QUESTION_FILE                                                                              \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"        \
	"  - {name: worker-2, address: 10.0.0.12, podCIDRs: [10.244.2.0/24, "                      \
	"'fd10:244:0:2::/64']}\n"

#define QUESTION_OURS "10.244.2.0/24 via 10.0.0.12"
#define QUESTION_OURS_WITH_METRIC QUESTION_OURS " metric 68026"

/* A question about one address, on a host where every link is running. */
struct question {
	struct world world;
	struct report report;
	struct lookup lookup;
};

static inline void question_put_rule(struct question *question, uint32_t priority, uint32_t table)
{
	struct rule rule = {
		.priority = priority, .table = table, .family = AF_INET, .action = RULE_LOOKUP};

	assert_int_equal(rows_add(&question->lookup.kernel.rules, &rule), 0);
}

/* The rules that every host has, with another table between them (0: none). */
static inline void question_set_rules(struct question *question, uint32_t priority, uint32_t table)
{
	rows_reset(&question->lookup.kernel.rules);
	question_put_rule(question, 0, RT_TABLE_LOCAL);
	if (table != 0)
		question_put_rule(question, priority, table);
	question_put_rule(question, 32766, RT_TABLE_MAIN);
	question_put_rule(question, 32767, RT_TABLE_DEFAULT);
}

static inline void question_place(struct question *question, const char *address)
{
	struct world *world = &question->world;
	struct ip ip = world_prefix(address).ip;

	for (uint32_t i = 0; i < world->picture.links.links.count; i++)
		((struct link *)rows_at(&world->picture.links.links, i))->flags |= IFF_RUNNING;
	world_pass(world);
	question->report = world_report(world);
	lookup_init(&question->lookup);
	question_set_rules(question, 0, 0);
	lookup_place(&question->lookup, &question->report,
		     (uint32_t)config_find_node(&world->config, "worker-1"), &ip);
}

/* The kernel holds our route of the only peer, besides `extra` (NULL: nothing). */
static inline void question_begin(struct question *question, const char *address, const char *extra)
{
	*question = (struct question){0};
	world_open(&question->world, QUESTION_FILE);
	world_put_pod(&question->world, QUESTION_OURS);
	if (extra != NULL)
		world_put(&question->world, extra);
	question_place(question, address);
}

static inline void question_end(struct question *question)
{
	lookup_release(&question->lookup);
	world_close(&question->world);
}

/* The row that decides, and the way that follows from it. */
static inline void question_answer(struct question *question, const char *match)
{
	struct lookup_kernel *kernel = &question->lookup.kernel;

	kernel->own = (struct lookup_answer){.flow = {.dst = question->lookup.address},
					     .match = world_route(match),
					     .path = world_route(match)};
	kernel->hop = (struct neigh){.ip = route_gateway(&kernel->own.match),
				     .link = kernel->own.match.oif};
}

/* There is no way, and the kernel does not say why. */
static inline void question_refuse(struct question *question, int refusal)
{
	question->lookup.kernel.own = (struct lookup_answer){
		.flow = {.dst = question->lookup.address}, .refusal = refusal};
}

/* What becomes of a packet of a pod of this host; NULL: it is refused. */
static inline void question_answer_pods(struct question *question, const char *match, int refusal)
{
	struct lookup_answer *pods = &question->lookup.kernel.pods;

	*pods = (struct lookup_answer){.flow = {.dst = question->lookup.address,
						.src = world_prefix("10.244.1.9").ip,
						.iif = WORLD_CNI0},
				       .refusal = refusal};
	if (match != NULL)
		pods->match = pods->path = world_route(match);
}

/* Between those that every host has. */
static inline void question_add_rule(struct question *question, const struct rule *rule)
{
	struct rows *rules = &question->lookup.kernel.rules;
	struct rule *last;

	assert_int_equal(rows_add(rules, rule), 0);
	for (uint32_t i = rules->count - 1; i > 0; i--) {
		struct rule moved = *(struct rule *)rows_at(rules, i - 1);

		if (moved.priority <= rule->priority)
			break;
		last = rows_at(rules, i);
		*(struct rule *)rows_at(rules, i - 1) = *last;
		*last = moved;
	}
}

static inline void question_add_route(struct question *question, const char *words)
{
	struct route route = world_route(words);

	assert_int_equal(rows_add(&question->lookup.kernel.routes, &route), 0);
}

static inline void question_assert_verdict(struct question *question, enum lookup_verdict verdict)
{
	lookup_judge(&question->lookup);
	assert_string_equal(lookup_verdict_word(question->lookup.verdict),
			    lookup_verdict_word(verdict));
}

static inline void question_assert_reason(const struct question *question, const char *expected)
{
	char text[LOOKUP_LINE_MAX] = "";
	struct buf buf = BUF_OVER(text);

	lookup_add_reason(&buf, &question->lookup);
	assert_string_equal(text, expected);
}
