/* test_reach_round.c - the agent's probing by a clock and a wire of the test's own. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/reach/round.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config_case.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/kernel/read.h"

#define SENT_MOST 4096

/* --- fakes: the clock, the kernel's routes, the sockets */

static struct {
	int64_t us;
	struct echo sent[SENT_MOST];
	uint32_t sent_count;
	struct echo_answer came[SENT_MOST];
	uint32_t came_count;
	uint32_t heard;
	uint32_t drops;
	uint32_t lookups;
	int64_t read_us;	/* how long the agent is held up by reading */
	uint16_t size_most;	/* that arrives */
	struct ip gateway;	/* 0: each peer is on the link */
	int status;		/* of sending */
	bool silent_pods, deaf; /* no answer comes from pods' sides; from anyone */
	bool refused;		/* no socket */
} wire;

int64_t host_now_us(void)
{
	return wire.us;
}

int64_t host_now_ms(void)
{
	return wire.us / 1000;
}

int64_t host_wall_ms(void)
{
	return 1767225600000 + wire.us / 1000;
}

int kernel_lookup_route(struct netlink *netlink, const struct flow *flow, struct route *out,
			struct error *err)
{
	struct ip gateway = wire.gateway;

	(void)netlink;
	(void)err;
	wire.lookups++;
	if (!ip_is_set(&gateway)) {
		gateway = (struct ip){.family = AF_INET, .bytes = {10, 0, 0, 10}};
		gateway.bytes[3] = (uint8_t)(10 + flow->dst.bytes[2]);
	}
	*out = (struct route){.family = AF_INET, .oif = 2, .type = RTN_UNICAST};
	route_set_gateway(out, &gateway);
	return 0;
}

int kernel_match_route(struct netlink *netlink, const struct flow *flow, struct route *out,
		       uint32_t most, struct error *err)
{
	(void)most;
	(void)kernel_lookup_route(netlink, flow, out, err);
	out->protocol = 67;
	if (flow->dst.bytes[0] == 10 && flow->dst.bytes[2] == 1)
		out->type = RTN_LOCAL;
	return 1;
}

const char *pass_node_name(const struct pass *pass)
{
	(void)pass;
	return "worker-1";
}

int probe_open(uint8_t family, struct probe *out, struct error *err)
{
	if (wire.refused)
		return error_set(err, EPERM, "no socket");
	*out = (struct probe){.fd = -1, .family = family};
	return 0;
}

void probe_close(struct probe *probe)
{
	probe->fd = -1;
}

static void answer(const struct echo *echo, struct ip from)
{
	wire.came[wire.came_count++ % SENT_MOST] = (struct echo_answer){
		.kind = ECHO_ANSWERED, .from = from, .number = echo->number, .tag = echo->tag};
}

int probe_send(const struct probe *probe, const struct echo *echo)
{
	bool pods = echo->to.bytes[1] == 244;

	(void)probe;
	if (wire.status < 0)
		return wire.status;
	wire.sent[wire.sent_count++ % SENT_MOST] = *echo;
	if (!wire.deaf && !(pods && wire.silent_pods) &&
	    (wire.size_most == 0 || echo->size <= wire.size_most))
		answer(echo, echo->to);
	return 0;
}

int probe_receive(const struct probe *probe, struct echo_answer *out)
{
	(void)probe;
	if (wire.heard == wire.came_count) {
		wire.us += wire.read_us;
		return -EAGAIN;
	}
	*out = wire.came[wire.heard++ % SENT_MOST];
	return 1;
}

uint32_t probe_drops(const struct probe *probe)
{
	(void)probe;
	return wire.drops;
}

/* --- the agent's part */

static const char cluster[] = "version: 1\n"
			      "podNetwork: 10.244.0.0/16\n"
			      "reach: {every: 10s, timeout: 1s, lostAfter: 3}\n"
			      "nodes:\n"
			      "- {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"
			      "- {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n"
			      "- {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n";

static struct case_result world;
static struct pass pass;
static struct reach_round rounds;
static struct metrics metrics;
static struct log journal;

static int setup(void **state)
{
	struct selected *link = &pass.picture.family[0].link;

	(void)state;
	memset(&wire, 0, sizeof(wire));
	wire.us = 5000000;
	load_good(&world, cluster);
	memset(&pass, 0, sizeof(pass));
	pass.picture.config = &world.config;
	*link = (struct selected){.index = 2, .mtu = 1500, .name = "eth1"};
	assert_int_equal(ip_parse(text_of("10.0.0.11"), &link->address), 0);
	journal = log_open(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, memfd_create("log", 0));
	memset(&metrics, 0, sizeof(metrics));
	rounds = (struct reach_round){.log = &journal, .metrics = &metrics};
	reach_round_follow(&rounds, &pass);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	reach_round_end(&rounds);
	(void)close(journal.fd);
	log_close(&journal);
	case_free(&world);
	return 0;
}

static void turns(int64_t seconds)
{
	int64_t end = wire.us + seconds * 1000000;
	bool news;

	while (wire.us < end)
		wire.us += reach_round_turn(&rounds, &news) * 1000;
}

static uint64_t count(enum reach_path path, enum reach_kind kind)
{
	reach_round_count(&rounds);
	return metrics.reach[path][kind];
}

static uint32_t logged(const char *text)
{
	static char bytes[65536];
	ssize_t len = pread(journal.fd, bytes, sizeof(bytes) - 1, 0);
	uint32_t found = 0;

	assert_true(len >= 0);
	bytes[len] = '\0';
	for (const char *at = bytes; (at = strstr(at, text)) != NULL; at++)
		found++;
	return found;
}

static void all_answer(void)
{
	for (unsigned path = 0; path < REACH_KEPT; path++)
		assert_int_equal(count(path, REACH_ANSWERS), 2);
}

static void asks_each_way_once_a_round_and_the_kernel_once_a_pass(void **state)
{
	uint32_t sent;

	(void)state;
	turns(40);
	all_answer();
	sent = wire.sent_count;
	assert_in_range(sent, 22, 24);
	assert_in_range(wire.lookups, 2, 4);
	turns(20);
	assert_in_range(wire.sent_count - sent, 11, 13);
	assert_in_range(wire.lookups, 2, 4);
	reach_round_follow(&rounds, &pass);
	turns(20);
	assert_in_range(wire.lookups, 4, 7);
	assert_int_equal(logged("reach:"), 0);
}

static void an_answer_that_waited_is_no_loss_however_late_the_agent_wakes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 30; i++) {
		turns(10);
		wire.us += 60000000;
	}
	all_answer();
	assert_int_equal(logged("lost"), 0);
}

/* The agent is held up between reading the socket and judging: the answer came after it read. */
static void nor_is_one_that_comes_while_the_agent_is_held_up(void **state)
{
	bool news;

	(void)state;
	turns(40);
	wire.read_us = 5000000;
	for (uint32_t i = 0; i < 50; i++)
		wire.us += reach_round_turn(&rounds, &news) * 1000;
	all_answer();
	assert_int_equal(logged("lost"), 0);
	for (uint32_t i = 0; i < rounds.peers.count; i++) {
		const struct reach_row *row = rows_at(&rounds.peers, i);

		for (unsigned path = 0; path < REACH_KEPT; path++)
			assert_int_equal(row->path[path].missed, 0);
	}
}

static void forged_and_repeated_answers_change_nothing(void **state)
{
	const struct ip stranger = {.family = AF_INET, .bytes = {192, 0, 2, 1}};

	(void)state;
	wire.deaf = true;
	turns(10);
	for (uint32_t i = 0; i < 3000; i++) {
		struct echo echo = wire.sent[i % wire.sent_count];

		echo.number = i % 2 == 0 ? echo.number : i * 7919;
		echo.tag += i % 3;
		answer(&echo, stranger);
	}
	turns(40);
	assert_int_equal(count(REACH_NODE, REACH_ANSWERS), 0);
	assert_int_equal(count(REACH_NODE, REACH_LOST), 2);
	wire.deaf = false;
	turns(20);
	for (uint32_t i = 0; i < 3000; i++)
		answer(&wire.sent[i % wire.sent_count], wire.sent[i % wire.sent_count].to);
	turns(20);
	all_answer();
	assert_int_equal(metrics.reach_changes[REACH_NODE][METRICS_REACH_ANSWERS], 2);
}

static void a_full_buffer_counts_against_nobody(void **state)
{
	(void)state;
	turns(40);
	wire.deaf = true;
	for (uint32_t i = 0; i < 60; i++) {
		turns(1);
		wire.drops++;
	}
	all_answer();
	assert_int_equal(logged("a socket's buffer is full; what was under way is not counted"), 1);
	wire.deaf = false;
	turns(1);
	wire.status = -EAGAIN;
	reach_round_follow(&rounds, &pass);
	turns(60);
	all_answer();
	assert_int_equal(logged("a socket's buffer is full; probes wait until there is room"), 1);
	wire.status = 0;
	turns(20);
	all_answer();
}

static void a_large_packet_that_is_lost_is_told_with_the_size_that_arrives(void **state)
{
	(void)state;
	turns(40);
	wire.size_most = 1372;
	turns(80);
	assert_int_equal(count(REACH_FULL, REACH_LOST), 2);
	assert_int_equal(logged("packets of 1500 bytes are lost, of 1372 they arrive"), 2);
	assert_int_equal(logged("fix: MTU 1372 on eth1 of all nodes"), 2);
	turns(80); /* once */
	assert_int_equal(logged("they arrive"), 2);
	assert_int_equal(metrics.reach_changes[REACH_FULL][METRICS_REACH_LOST], 2);
	wire.size_most = 0;
	turns(40);
	all_answer();
	assert_int_equal(logged("path full answers again"), 2);
}

static void a_timeout_as_long_as_the_round_loses_no_round(void **state)
{
	(void)state;
	turns(40);
	world.config.reach.every_ms = 1000;
	reach_round_forget(&rounds);
	reach_round_follow(&rounds, &pass);
	turns(5);
	all_answer();
	wire.size_most = 1372;
	turns(8);
	assert_int_equal(count(REACH_FULL, REACH_LOST), 2);
	turns(20);
	assert_int_equal(logged("of 1372 they arrive"), 2);
}

static void a_device_that_drops_what_is_sent_holds_up_nobody(void **state)
{
	(void)state;
	turns(40);
	wire.status = -ENOBUFS;
	turns(60);
	assert_int_equal(count(REACH_NODE, REACH_LOST), 2);
	assert_int_equal(logged("buffer is full"), 0);
}

static void of_a_lost_way_no_old_answer_of_a_large_packet_is_kept(void **state)
{
	bool news = false;

	(void)state;
	turns(40);
	all_answer();
	wire.silent_pods = true;
	while (count(REACH_POD, REACH_LOST) == 0)
		wire.us += reach_round_turn(&rounds, &news) * 1000;
	assert_int_equal(count(REACH_FULL, REACH_UNKNOWN), count(REACH_POD, REACH_LOST));
}

static void a_path_that_comes_and_goes_does_not_fill_the_log(void **state)
{
	(void)state;
	turns(40);
	for (uint32_t i = 0; i < 10; i++) {
		wire.silent_pods = true;
		turns(40);
		wire.silent_pods = false;
		turns(20);
	}
	assert_int_equal(metrics.reach_changes[REACH_POD][METRICS_REACH_LOST], 20);
	assert_int_equal(logged("path pod is lost"), 2 * REACH_FLAPS);
	assert_int_equal(logged("it comes and goes"), 2);
}

static void a_node_that_is_down_is_one_line(void **state)
{
	(void)state;
	turns(40);
	wire.deaf = true;
	turns(60);
	assert_int_equal(count(REACH_NODE, REACH_LOST), 2);
	assert_int_equal(count(REACH_POD, REACH_LOST), 2);
	assert_int_equal(logged("is lost"), 2);
}

static void behind_a_router_packets_may_take_more_than_one_hop(void **state)
{
	(void)state;
	turns(40);
	assert_true(wire.sent[2].one_hop || wire.sent[3].one_hop || wire.sent[4].one_hop);
	wire.gateway = (struct ip){.family = AF_INET, .bytes = {10, 0, 0, 1}};
	reach_round_follow(&rounds, &pass);
	wire.sent_count = 0;
	turns(20);
	for (uint32_t i = 0; i < wire.sent_count; i++)
		assert_false(wire.sent[i].one_hop);
	wire.silent_pods = true;
	turns(60);
	assert_int_equal(logged("go by the router 10.0.0.1 and are lost, while worker-2 answers at "
				"10.0.0.12: the router lacks routes"),
			 1);
	assert_int_equal(logged("fix: on 10.0.0.1: a route to 10.244.2.0/24 via 10.0.0.12"), 1);
}

static void without_a_socket_it_says_so_once_and_nothing_is_lost(void **state)
{
	(void)state;
	reach_round_end(&rounds);
	wire.refused = true;
	reach_round_follow(&rounds, &pass);
	turns(60);
	reach_round_follow(&rounds, &pass);
	assert_int_equal(logged("peers are not probed"), 1);
	assert_int_equal(count(REACH_NODE, REACH_UNKNOWN), 2);
	assert_string_equal(rounds.trouble, "no socket");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(asks_each_way_once_a_round_and_the_kernel_once_a_pass),
		TEST(an_answer_that_waited_is_no_loss_however_late_the_agent_wakes),
		TEST(nor_is_one_that_comes_while_the_agent_is_held_up),
		TEST(forged_and_repeated_answers_change_nothing),
		TEST(a_full_buffer_counts_against_nobody),
		TEST(a_large_packet_that_is_lost_is_told_with_the_size_that_arrives),
		TEST(a_timeout_as_long_as_the_round_loses_no_round),
		TEST(a_device_that_drops_what_is_sent_holds_up_nobody),
		TEST(of_a_lost_way_no_old_answer_of_a_large_packet_is_kept),
		TEST(a_path_that_comes_and_goes_does_not_fill_the_log),
		TEST(a_node_that_is_down_is_one_line),
		TEST(behind_a_router_packets_may_take_more_than_one_hop),
		TEST(without_a_socket_it_says_so_once_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
