/* question.h - one question of a lookup, on the host of world.h. */
#ifndef CROUTE_TESTS_QUESTION_H
#define CROUTE_TESTS_QUESTION_H

#include "app/lookup/text.h"

#include "app/lookup/reason.h"
#include "world.h"

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

static inline void question_place(struct question *question, const char *address)
{
	struct world *world = &question->world;
	struct ip ip = world_prefix(address).ip;

	for (uint32_t i = 0; i < world->links.links.count; i++)
		((struct link *)rows_at(&world->links.links, i))->flags |= IFF_RUNNING;
	world_pass(world);
	question->report = world_report(world);
	lookup_init(&question->lookup);
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

	kernel->match = world_route(match);
	kernel->path = kernel->match;
	kernel->hop = (struct lookup_hop){.ip = route_gateway(&kernel->match),
					  .link = kernel->match.oif};
}

static inline void question_add_rule(struct question *question, const struct rule *rule)
{
	assert_int_equal(rows_add(&question->lookup.kernel.rules, rule), 0);
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

#endif
