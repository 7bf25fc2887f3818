/* test_rollout.c - counts for all hosts are those that each host's own plan would give. */
#include "croute/core/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "croute/core/plan.h"

#define PAIRS 1500
#define NODES_MOST 8
#define IPV4_PODS 20
#define PODS (IPV4_PODS + 12)
#define TEXT_MOST 8192

/* A file in memory. */
struct page {
	const char *text;
	size_t done;
};

static int read_page(void *source, unsigned char *buffer, size_t size, size_t *got,
		     struct error *err)
{
	struct page *page = source;
	size_t left = strlen(page->text + page->done);

	(void)err;
	*got = left < size ? left : size;
	memcpy(buffer, page->text + page->done, *got);
	page->done += *got;
	return 0;
}

/* Whether the file is valid; `config` is to be released either way. */
static bool parse(struct config *config, const char *text)
{
	const struct config_host host = {.table_count = 0};
	struct page page = {.text = text};
	struct diags diags = {.count = 0};
	struct config_reader *reader = config_reader_new(&host, config, &diags);
	struct error err;

	assert_non_null(reader);
	config_begin(config);
	assert_int_equal(config_read(reader, 0, read_page, &page, &err), 0);
	config_finish(reader);
	config_reader_free(reader);
	return diags.errors == 0;
}

static struct selected stand_in(const struct config *config, uint32_t node, uint8_t family)
{
	struct ip address = config_node_address(config_node_at(config, node), family);

	return (struct selected){.address = address, .index = ip_is_set(&address) ? 1 : 0};
}

static void desire(struct desired *desired, const struct config *config, int64_t node,
		   const char *name)
{
	struct desired_input input = {
		.config = config, .node = CONFIG_NOT_FOUND, .node_name = name};

	if (node >= 0) {
		input.node = (uint32_t)node;
		input.ipv4 = stand_in(config, input.node, AF_INET);
		input.ipv6 = stand_in(config, input.node, AF_INET6);
	}
	assert_int_equal(desired_build(desired, &input), 0);
}

/* What one host's own plan says. */
static struct rollout_counts plan_of(const struct config *was, const struct config *now,
				     uint32_t node)
{
	const char *name = config_string_at(now, config_node_at(now, node)->name);
	int64_t old = config_find_node(was, name);
	struct desired want, had;
	struct foreign foreign;
	struct rows have;
	struct plan plan;
	struct plan_summary s;

	desired_init(&want);
	desired_init(&had);
	foreign_init(&foreign);
	plan_init(&plan);
	rows_init(&have, sizeof(struct route), ROUTE_KEY_SIZE, 10000);
	desire(&want, now, node, name);
	if (old >= 0 || was->backend == BACKEND_NONE)
		desire(&had, was, old, name);
	for (uint32_t i = 0; i < had.routes.count; i++)
		assert_int_equal(rows_add(&have, rows_at(&had.routes, i)), 0);
	assert_int_equal(plan_build(&plan, &want, &have, &foreign), 0);
	s = plan_summarize(&plan, &want);
	desired_release(&want);
	desired_release(&had);
	foreign_release(&foreign);
	plan_release(&plan);
	rows_release(&have);
	return (struct rollout_counts){s.add, s.change, s.remove, s.unchanged};
}

static void assert_counts(const struct arena *counts, uint32_t i, struct rollout_counts want)
{
	struct rollout_counts got = ((const struct rollout_counts *)(const void *)counts->base)[i];

	assert_int_equal(got.add, want.add);
	assert_int_equal(got.change, want.change);
	assert_int_equal(got.remove, want.remove);
	assert_int_equal(got.unchanged, want.unchanged);
}

/* Assert the counts of the nodes of `now`, in their order. */
static void assert_rollout(const char *was_text, const char *now_text,
			   const struct rollout_counts *want)
{
	struct config was, now;
	struct arena counts = {0};

	assert_true(parse(&was, was_text));
	assert_true(parse(&now, now_text));
	assert_int_equal(rollout_count(&was, &now, &counts), 0);
	for (uint32_t i = 0; i < config_node_count(&now); i++)
		assert_counts(&counts, i, want[i]);
	arena_release(&counts);
	config_release(&was);
	config_release(&now);
}

#define NODE(name, address, pods)                                                                  \
	"  - {name: " name ", address: [" address "], podCIDRs: [" pods "]}\n"
#define A NODE("a", "10.0.0.1", "10.244.1.0/24")
#define B NODE("b", "10.0.0.2", "10.244.2.0/24")
#define C NODE("c", "10.0.0.3", "10.244.3.0/24")
#define NODES "version: 1\nnodes:\n"

static void counts_nothing_where_nothing_differs(void **state)
{
	(void)state;
	assert_rollout(NODES A B C, NODES C B A,
		       (struct rollout_counts[]){{0, 0, 0, 2}, {0, 0, 0, 2}, {0, 0, 0, 2}});
}

static void a_new_node_has_all_to_add_and_every_other_node_one(void **state)
{
	(void)state;
	assert_rollout(NODES A B, NODES A B C,
		       (struct rollout_counts[]){{1, 0, 0, 1}, {1, 0, 0, 1}, {2, 0, 0, 0}});
}

static void a_node_that_leaves_is_one_to_delete_for_every_other(void **state)
{
	(void)state;
	assert_rollout(NODES A B C, NODES A B,
		       (struct rollout_counts[]){{0, 0, 1, 1}, {0, 0, 1, 1}});
}

static void a_moved_address_changes_the_others_and_not_the_node_itself(void **state)
{
	(void)state;
	assert_rollout(NODES A B C, NODES A B NODE("c", "10.0.0.9", "10.244.3.0/24"),
		       (struct rollout_counts[]){{0, 1, 0, 1}, {0, 1, 0, 1}, {0, 0, 0, 2}});
}

static void a_podcidr_that_moves_is_added_by_its_old_owner_and_deleted_by_the_new(void **state)
{
	(void)state;
	assert_rollout(NODES A NODE("b", "10.0.0.2", "10.244.2.0/24, 10.244.9.0/24") C,
		       NODES A B NODE("c", "10.0.0.3", "10.244.3.0/24, 10.244.9.0/24"),
		       (struct rollout_counts[]){{0, 1, 0, 2}, {1, 0, 0, 2}, {0, 0, 1, 2}});
}

static void a_first_ipv6_address_adds_the_ipv6_routes_of_that_node_alone(void **state)
{
	(void)state;
	assert_rollout(
		NODES NODE("a", "10.0.0.1", "10.244.1.0/24")
			NODE("b", "10.0.0.2, 'fd00::2'", "10.244.2.0/24, 'fd10:2::/64'")
				NODE("c", "10.0.0.3, 'fd00::3'", "10.244.3.0/24, 'fd10:3::/64'"),
		NODES NODE("a", "10.0.0.1, 'fd00::1'", "10.244.1.0/24")
			NODE("b", "10.0.0.2, 'fd00::2'", "10.244.2.0/24, 'fd10:2::/64'")
				NODE("c", "10.0.0.3, 'fd00::3'", "10.244.3.0/24, 'fd10:3::/64'"),
		(struct rollout_counts[]){{2, 0, 0, 2}, {0, 0, 0, 3}, {0, 0, 0, 3}});
}

static void another_protocol_changes_and_another_metric_deletes_and_adds(void **state)
{
	(void)state;
	assert_rollout(NODES A B, NODES A B "kernel: {protocol: 68}\n",
		       (struct rollout_counts[]){{0, 1, 0, 0}, {0, 1, 0, 0}});
	assert_rollout(NODES A B, NODES A B "kernel: {metric: 80000}\n",
		       (struct rollout_counts[]){{1, 0, 1, 0}, {1, 0, 1, 0}});
	assert_rollout(NODES A B, NODES A B "kernel: {table: 100}\n",
		       (struct rollout_counts[]){{1, 0, 1, 0}, {1, 0, 1, 0}});
}

static void a_smaller_spread_moves_only_the_metrics_that_it_reaches(void **state)
{
	(void)state; /* the numbers of 10.0.0.0/24 and 10.0.1.0/24 are 0xa0000 and 0xa0001 */
	assert_rollout(
		NODES NODE("a", "192.0.2.1", "10.0.0.0/24") NODE("b", "192.0.2.2", "10.0.1.0/24")
			NODE("c", "192.0.2.3", "10.0.2.0/24"),
		NODES NODE("a", "192.0.2.1", "10.0.0.0/24") NODE("b", "192.0.2.2", "10.0.1.0/24")
			NODE("c", "192.0.2.3", "10.0.2.0/24") "kernel: {metricSpread: 1}\n",
		(struct rollout_counts[]){{2, 0, 2, 0}, {1, 0, 1, 1}, {1, 0, 1, 1}});
}

static void without_a_backend_all_pod_routes_go(void **state)
{
	(void)state;
	assert_rollout(NODES A B C,
		       NODES A B C "backend: {type: none}\nguard: {allowEmpty: true}\n",
		       (struct rollout_counts[]){{0, 0, 2, 0}, {0, 0, 2, 0}, {0, 0, 2, 0}});
}

static void static_routes_count_on_the_nodes_they_name(void **state)
{
	(void)state;
	assert_rollout(NODES A B C "routes:\n"
				   "  - {to: 192.0.2.0/24, via: 10.0.0.254}\n"
				   "  - {to: 198.51.100.0/24, via: 10.0.0.254, nodes: [b]}\n",
		       NODES A B C "routes:\n"
				   "  - {to: 192.0.2.0/24, via: 10.0.0.253}\n"
				   "  - {to: 203.0.113.0/24, via: 10.0.0.254, nodes: ['[ac]']}\n",
		       (struct rollout_counts[]){{1, 1, 0, 2}, {0, 1, 1, 2}, {1, 1, 0, 2}});
}

static void a_static_route_that_takes_over_a_pod_route_is_one_change(void **state)
{
	/* 10.244.3.0/24 is number 0xaf403: metric 67000 + 0x403 */
	static const char routes[] = NODES A B "routes:\n  - {to: 10.244.3.0/24, via: 10.0.0.254, "
					       "metric: 68027, nodes: [a]}\n";

	(void)state;
	assert_rollout(NODES A B C, routes, (struct rollout_counts[]){{0, 1, 0, 1}, {0, 0, 1, 1}});
	assert_rollout(routes, NODES A B C,
		       (struct rollout_counts[]){{0, 1, 0, 1}, {1, 0, 0, 1}, {2, 0, 0, 0}});
}

/* xorshift (Marsaglia, 2003). */
static uint32_t roll(uint32_t *seed, uint32_t sides)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % sides;
}

static void add_pods(struct buf *buf, const uint8_t owner[PODS], uint32_t node)
{
	const char *separator = "";

	for (uint32_t i = 0; i < PODS; i++) {
		if (owner[i] != node)
			continue;
		buf_add(buf, i < IPV4_PODS ? "%s10.244.%u.0/24" : "%s'fd10:%u::/64'", separator, i);
		separator = ", ";
	}
}

/* Each has an address of one family or both, now and then another one. */
static void add_node(struct buf *buf, uint32_t *seed, const uint8_t owner[PODS], uint32_t node)
{
	uint32_t families = roll(seed, 4);
	uint32_t moved = roll(seed, 4) == 0 ? 100 : 0;

	buf_add(buf, "  - {name: n%u, address: [", node);
	if (families != 1)
		buf_add(buf, "10.0.0.%u%s", node + moved + 1, families != 0 ? ", " : "");
	if (families != 0)
		buf_add(buf, "'fd00::%u'", node + moved + 1);
	buf_add(buf, "], podCIDRs: [");
	add_pods(buf, owner, node);
	buf_add(buf, "]}\n");
}

/* Most owners are the same from file to file; some podCIDRs move, some are nobody's. */
static void add_nodes(struct buf *buf, uint32_t *seed)
{
	uint8_t owner[PODS];
	uint32_t start = roll(seed, NODES_MOST);
	uint32_t count = 1 + roll(seed, NODES_MOST);

	for (uint32_t i = 0; i < PODS; i++) {
		owner[i] = (uint8_t)(i % NODES_MOST);
		if (i >= NODES_MOST && roll(seed, 5) == 0)
			owner[i] = (uint8_t)roll(seed, NODES_MOST + 2);
	}
	buf_add(buf, "nodes:\n");
	for (uint32_t i = 0; i < count; i++)
		add_node(buf, seed, owner, (start + i) % NODES_MOST);
}

static void add_routes(struct buf *buf, uint32_t *seed)
{
	static const char *const nodes[] = {"", ", nodes: [n1]", ", nodes: ['n[0-4]', n7]"};
	uint32_t count = roll(seed, 4);

	if (count > 0)
		buf_add(buf, "routes:\n");
	for (uint32_t i = 0; i < count; i++) {
		uint32_t pod = roll(seed, IPV4_PODS);
		uint32_t via = 250 + roll(seed, 2);
		const char *where = nodes[roll(seed, 3)];

		if (roll(seed, 2) == 0) /* where a pod route may be in the other file */
			buf_add(buf, "  - {to: 10.244.%u.0/24, via: 10.0.0.%u, metric: %u%s}\n",
				pod, via, 67000 + 0x400 + pod, where);
		else
			buf_add(buf, "  - {to: 192.168.%u.0/24, via: 10.0.0.%u%s}\n", pod % 3, via,
				where);
	}
}

static void write_file(struct buf *buf, uint32_t *seed)
{
	buf_add(buf,
		"version: 1\nkernel: {protocol: %u, metric: %u, metricSpread: %u, table: %u}\n",
		roll(seed, 6) == 0 ? 68U : 67U, roll(seed, 8) == 0 ? 66999U : 67000U,
		roll(seed, 8) == 0 ? 2U : 4096U, roll(seed, 8) == 0 ? 100U : 254U);
	if (roll(seed, 10) == 0)
		buf_add(buf, "backend: {type: none}\nguard: {allowEmpty: true}\n");
	add_nodes(buf, seed);
	add_routes(buf, seed);
}

static void parse_any(struct config *config, uint32_t *seed)
{
	char text[TEXT_MOST];
	struct buf buf = BUF_OVER(text);

	write_file(&buf, seed);
	while (!parse(config, text)) { /* two static routes of one key, or one over a podCIDR */
		config_release(config);
		buf.len = 0;
		write_file(&buf, seed);
	}
}

static void assert_as_planned(uint32_t seed)
{
	struct config was, now;
	struct arena counts = {0};

	parse_any(&was, &seed);
	parse_any(&now, &seed);
	assert_int_equal(rollout_count(&was, &now, &counts), 0);
	for (uint32_t i = 0; i < config_node_count(&now); i++)
		assert_counts(&counts, i, plan_of(&was, &now, i));
	arena_release(&counts);
	config_release(&was);
	config_release(&now);
}

/* SEED=n in the environment repeats a run. */
static void counts_for_every_node_what_its_own_plan_says(void **state)
{
	const char *given = getenv("SEED");
	uint32_t seed = (uint32_t)(given != NULL ? strtol(given, NULL, 10) : time(NULL));

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (uint32_t i = 0; i < PAIRS; i++)
		assert_as_planned((seed + i) * 2654435761U | 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_nothing_where_nothing_differs),
		cmocka_unit_test(a_new_node_has_all_to_add_and_every_other_node_one),
		cmocka_unit_test(a_node_that_leaves_is_one_to_delete_for_every_other),
		cmocka_unit_test(a_moved_address_changes_the_others_and_not_the_node_itself),
		cmocka_unit_test(
			a_podcidr_that_moves_is_added_by_its_old_owner_and_deleted_by_the_new),
		cmocka_unit_test(a_first_ipv6_address_adds_the_ipv6_routes_of_that_node_alone),
		cmocka_unit_test(another_protocol_changes_and_another_metric_deletes_and_adds),
		cmocka_unit_test(a_smaller_spread_moves_only_the_metrics_that_it_reaches),
		cmocka_unit_test(without_a_backend_all_pod_routes_go),
		cmocka_unit_test(static_routes_count_on_the_nodes_they_name),
		cmocka_unit_test(a_static_route_that_takes_over_a_pod_route_is_one_change),
		cmocka_unit_test(counts_for_every_node_what_its_own_plan_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
