/* test_property_rollout.c - counts for all hosts are those that each host's own plan would give. */
/* SPDX-License-Identifier: MIT */
#include "app/rollout/count.h"

#include "chance.h"
#include "rollout_files.h"

#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"

#define PAIRS 1500
#define NODES_MOST 8
#define IPV4_PODS 20
#define PODS (IPV4_PODS + 12)
#define TEXT_MOST 8192

static struct family stand_in(const struct config *config, uint32_t node, uint8_t family)
{
	struct ip address = config_node_address(config_node_at(config, node), family);

	return (struct family){.link = {.address = address, .index = ip_is_set(&address) ? 1 : 0},
			       .device = config->backend == BACKEND_VXLAN ? 2 : 0};
}

static void desire(struct desired *desired, const struct config *config, int64_t node,
		   const char *name)
{
	struct desired_input input = {
		.config = config, .node = CONFIG_NOT_FOUND, .node_name = name};

	if (node >= 0) {
		input.node = (uint32_t)node;
		input.family[0] = stand_in(config, input.node, AF_INET);
		input.family[1] = stand_in(config, input.node, AF_INET6);
	}
	assert_int_equal(desired_build(desired, &input), 0);
}

/* What one host's own plan says. */
static struct rollout_counts plan_of(const struct config *was, const struct config *now,
				     uint32_t node)
{
	const char *name = config_string_at(now, config_node_at(now, node)->name);
	int64_t old = config_find_node(was, name);
	struct picture picture;
	struct desired had;
	struct plan_summary s;

	desired_init(&had);
	picture_init(&picture);
	desire(&picture.desired, now, node, name);
	if (old >= 0 || was->backend == BACKEND_NONE)
		desire(&had, was, old, name);
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		for (uint32_t i = 0; i < had.want.rows[kind].count; i++)
			assert_int_equal(rows_add(&picture.have.rows[kind],
						  rows_at(&had.want.rows[kind], i)),
					 0);
	}
	assert_int_equal(plan_build(&picture), 0);
	s = plan_summarize(&picture);
	desired_release(&had);
	picture_release(&picture);
	return (struct rollout_counts){s.add, s.change, s.remove, s.unchanged};
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

/* Each has an address of one family or both, now and then another one, or a MAC that was another
 * node's. */
static void add_node(struct buf *buf, uint32_t *seed, const uint8_t owner[PODS], uint32_t node)
{
	uint32_t families = roll(seed, 4);
	uint32_t moved = roll(seed, 4) == 0 ? 100 : 0;

	buf_add(buf, "  - {name: n%u, address: [", node);
	if (families != 1)
		buf_add(buf, "10.0.0.%u%s", node + moved + 1, families != 0 ? ", " : "");
	if (families != 0)
		buf_add(buf, "'fd00::%u'", node + moved + 1);
	buf_add(buf, "], ");
	if (roll(seed, 6) == 0)
		buf_add(buf, "vtepMAC: '02:00:00:00:00:%02x', ", roll(seed, NODES_MOST));
	if (roll(seed, 6) == 0)
		buf_add(buf, "vtepMAC6: '02:00:00:06:%02x:%02x', ", roll(seed, 2), node);
	buf_add(buf, "podCIDRs: [");
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
		uint32_t kind = roll(seed, 3);

		if (kind == 0) /* inside a podCIDR, where its owner alone may have it */
			buf_add(buf, "  - {to: 10.244.%u.128/25, via: 10.0.0.%u%s}\n", pod, via,
				where);
		else if (kind == 1) /* where a pod route may be in the other file */
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
	else
		buf_add(buf, "backend: {type: %s}\nagent: {blackholeLocal: %s}\n",
			roll(seed, 2) == 0 ? "vxlan" : "host-gw",
			roll(seed, 2) == 0 ? "yes" : "no");
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

static void counts_for_every_node_what_its_own_plan_says(void **state)
{
	uint32_t seed = (uint32_t)chance_seed();
	uint64_t rounds = chance_rounds(PAIRS);

	(void)state;
	for (uint32_t i = 0; i < rounds; i++)
		assert_as_planned((seed + i) * 2654435761U | 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_for_every_node_what_its_own_plan_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
