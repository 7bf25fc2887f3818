/* test_reach.c - who is probed in what order, what becomes of a path, when it is due. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/reach/reach.h"

#include <string.h>

#include "config_case.h"
#include "croute/core/reach/words.h"

static const char cluster[] =
	"version: 1\n"
	"podNetwork: [10.244.0.0/16, 'fd10:244::/48']\n"
	"nodes:\n"
	"- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, "
	"'fd10:244:0:1::/64']}\n"
	"- {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.9.0/24, "
	"10.244.2.0/24]}\n"
	"- {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n";

struct row {
	struct reach_peer peer;
	struct reach_state path[REACH_KEPT];
};

static struct case_result world;
static struct rows peers;
static struct reach_view view;

static struct ip ip(const char *text)
{
	struct ip out = {.family = 0};

	assert_int_equal(ip_parse(text_of(text), &out), 0);
	return out;
}

static struct row *row(uint32_t i)
{
	return rows_at(&peers, i);
}

static int setup(void **state)
{
	(void)state;
	load_good(&world, cluster);
	view = (struct reach_view){.config = &world.config};
	view.way[0] = (struct reach_way){
		.node = ip("10.0.0.11"), .pod = ip("10.244.1.0"), .network = true};
	view.way[1] = (struct reach_way){.node = ip("fd00::11"), .pod = ip("fd10:244:0:1::1")};
	rows_init(&peers, sizeof(struct row), sizeof(uint64_t), 1000);
	assert_int_equal(reach_list(&peers, &world.config, 0, 0), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rows_release(&peers);
	case_free(&world);
	return 0;
}

static void lists_each_other_node_once_a_family_that_both_have(void **state)
{
	(void)state;
	assert_int_equal(peers.count, 3);
	assert_int_equal(row(0)->peer.node, 1);
	assert_int_equal(row(0)->peer.is_ipv6, 0);
	assert_int_equal(row(1)->peer.node, 1);
	assert_int_equal(row(1)->peer.is_ipv6, 1);
	assert_int_equal(row(1)->peer.podcidr, CONFIG_NOT_FOUND);
	assert_int_equal(row(2)->peer.node, 2);
}

static void lists_each_further_underlay_that_both_are_on(void **state)
{
	struct case_result two;
	struct rows rows;
	struct echo echo = {.size = 0};
	struct reach_view cards = {.config = &two.config};
	struct ip address;

	(void)state;
	load_good(&two, "version: 1\nnodes:\n"
			"- {name: a, address: [10.0.0.11, 10.1.0.11], podCIDRs: 10.244.1.0/24}\n"
			"- {name: b, address: [10.0.0.12, 10.1.0.12, 10.2.0.12], podCIDRs: "
			"10.244.2.0/24}\n");
	cards.way[0] = (struct reach_way){.node = ip("10.0.0.11"), .pod = ip("10.244.1.0")};
	cards.way[0].cards[1] = ip("10.1.0.11");
	rows_init(&rows, sizeof(struct row), sizeof(uint64_t), 1000);
	assert_int_equal(reach_list(&rows, &two.config, 0, 0), 0);
	assert_int_equal(rows.count, 2);
	assert_true(reach_aim(&cards, rows_at(&rows, 1), REACH_NODE, false, &echo));
	address = ip("10.1.0.11");
	assert_true(ip_same(&echo.from, &address));
	address = ip("10.1.0.12");
	assert_true(ip_same(&echo.to, &address));
	assert_false(reach_aim(&cards, rows_at(&rows, 1), REACH_POD, false, &echo));
	/* What comes of the first's pod path may bear any address of either node. */
	assert_true(reach_aim(&cards, rows_at(&rows, 0), REACH_POD, true, &echo));
	assert_int_equal(reach_judge(&cards, rows_at(&rows, 0), &echo,
				     &(struct echo_answer){.kind = ECHO_ANSWERED, .from = address}),
			 ECHO_ANSWERED);
	address = ip("10.1.0.11");
	assert_int_equal(reach_judge(&cards, rows_at(&rows, 0), &echo,
				     &(struct echo_answer){.kind = ECHO_ABSENT, .from = address}),
			 ECHO_UNHEARD);
	assert_int_equal(reach_list(&rows, &two.config, 0, 5), 0);
	for (uint32_t i = 0; i < 2; i++) {
		const struct reach_peer *peer = rows_at(&rows, i);

		assert_int_equal(reach_find_card(&rows, &two.config, peer, 1, 5),
				 peer->card == 1 ? i : 1 - i);
		assert_int_equal(reach_find_card(&rows, &two.config, peer, 2, 5), ROWS_NOT_FOUND);
	}
	rows_release(&rows);
	case_free(&two);
}

static void keeps_the_order_of_a_long_file(void **state)
{
	static char text[64 * 1024];
	struct buf out = BUF_OVER(text);
	struct case_result many;
	struct rows wide;

	(void)state;
	buf_add(&out, "version: 1\nnodes:\n");
	for (unsigned i = 0; i < 700; i++)
		buf_add(&out, "- {name: n%u, address: 10.0.%u.%u, podCIDRs: 10.%u.%u.0/24}\n", i,
			i / 100, i % 100 + 1, 100 + i / 100, i % 100);
	load_good(&many, text);
	rows_init(&wide, 200, sizeof(uint64_t), 10000);
	assert_int_equal(reach_list(&wide, &many.config, 350, 0), 0);
	assert_int_equal(wide.count, 699);
	for (uint32_t i = 0; i < wide.count; i++) {
		const struct reach_peer *peer = rows_at(&wide, i);

		assert_int_equal(peer->node, i + (i >= 350));
		assert_int_equal(config_podcidr_at(&many.config, peer->podcidr)->node, peer->node);
	}
	rows_release(&wide);
	case_free(&many);
}

static void hosts_ask_in_orders_of_their_own(void **state)
{
	uint32_t differ = 0;

	(void)state;
	for (uint64_t salt = 1; salt < 20; salt++) {
		assert_int_equal(reach_list(&peers, &world.config, 0, salt), 0);
		assert_int_equal(peers.count, 3);
		differ += row(0)->peer.node != 1;
	}
	assert_in_range(differ, 1, 18);
}

static void a_peer_that_is_the_same_keeps_its_states_and_a_changed_one_does_not(void **state)
{
	struct rows old;
	struct case_result other;
	char text[sizeof(cluster)];

	(void)state;
	assert_int_equal(reach_list(&peers, &world.config, 0, 7), 0);
	for (uint32_t i = 0; i < peers.count; i++)
		row(i)->path[REACH_POD].kind = REACH_LOST;
	old = peers;
	memcpy(text, cluster, sizeof(text));
	memcpy(strstr(text, "10.244.3.0"), "10.244.4.0", 10);
	load_good(&other, text);
	rows_init(&peers, sizeof(struct row), sizeof(uint64_t), 1000);
	assert_int_equal(reach_list(&peers, &other.config, 0, 7), 0);
	reach_carry(&peers, &old);
	for (uint32_t i = 0; i < peers.count; i++)
		assert_int_equal(row(i)->path[REACH_POD].kind,
				 row(i)->peer.node == 2 ? REACH_UNKNOWN : REACH_LOST);
	rows_release(&old);
	case_free(&other);
}

static void aims(uint32_t i, enum reach_path path, bool other, const char *from, const char *to)
{
	struct echo echo = {.to = ip("10.244.2.7")};
	char text[IP_TEXT_MAX];

	assert_true(reach_aim(&view, &row(i)->peer, path, other, &echo));
	assert_string_equal(ip_format(&echo.from, text), from);
	assert_string_equal(ip_format(&echo.to, text), to);
}

static void each_path_has_its_ends(void **state)
{
	struct echo echo = {.size = 0};

	(void)state;
	aims(0, REACH_NODE, false, "10.0.0.11", "10.0.0.12");
	aims(0, REACH_POD, false, "10.244.1.0", "10.244.9.0");
	aims(0, REACH_POD, true, "10.244.1.0", "10.244.9.1");
	aims(0, REACH_FULL, false, "10.244.1.0", "10.244.9.0");
	aims(0, REACH_TO, false, "10.0.0.11", "10.244.9.0");
	aims(0, REACH_FROM, false, "10.244.1.0", "10.0.0.12");
	aims(0, REACH_ADDRESS, false, "10.244.1.0", "10.244.2.7");
	assert_false(reach_aim(&view, &row(1)->peer, REACH_POD, false, &echo));
	view.way[0].network = false;
	aims(0, REACH_POD, false, "10.244.1.0", "10.244.9.1");
	view.way[0].pod.family = 0;
	assert_false(reach_aim(&view, &row(0)->peer, REACH_POD, false, &echo));
}

static int judged(enum echo_kind kind, const char *to, const char *from)
{
	struct echo echo = {.to = ip(to)};
	struct echo_answer answer = {.kind = kind, .from = ip(from)};

	return reach_judge(&view, &row(0)->peer, &echo, &answer);
}

static void an_answer_counts_by_who_sent_it(void **state)
{
	(void)state;
	assert_int_equal(judged(ECHO_ANSWERED, "10.0.0.12", "10.0.0.12"), ECHO_ANSWERED);
	assert_int_equal(judged(ECHO_ANSWERED, "10.0.0.12", "10.0.0.13"), -1);
	assert_int_equal(judged(ECHO_ANSWERED, "10.0.0.12", "10.244.9.1"), -1);
	assert_int_equal(judged(ECHO_ANSWERED, "10.244.9.0", "10.244.9.1"), ECHO_ANSWERED);
	assert_int_equal(judged(ECHO_ANSWERED, "10.244.9.0", "10.244.3.1"), -1);
	assert_int_equal(judged(ECHO_ANSWERED, "10.244.9.0", "10.0.0.12"), ECHO_ANSWERED);
	assert_int_equal(judged(ECHO_ABSENT, "10.244.9.0", "10.0.0.12"), ECHO_ABSENT);
	assert_int_equal(judged(ECHO_ABSENT, "10.244.9.0", "10.244.9.1"), ECHO_ABSENT);
	assert_int_equal(judged(ECHO_ABSENT, "10.244.9.0", "10.0.0.1"), ECHO_NO_ROUTE);
	assert_int_equal(judged(ECHO_ABSENT, "10.0.0.12", "10.0.0.11"), ECHO_UNHEARD);
	assert_int_equal(judged(ECHO_ABSENT, "10.244.9.0", "10.244.1.0"), ECHO_UNHEARD);
	assert_int_equal(judged(ECHO_TOO_BIG, "10.244.9.0", "10.0.0.1"), ECHO_TOO_BIG);
}

static enum reach_event after(struct reach_state *state, enum echo_kind kind, uint32_t seconds)
{
	struct reach_clock clock = {.seconds = seconds, .rtt_us = 50, .lost_after = 3};

	state->waits = 1;
	return reach_take(state, kind, &clock);
}

static void a_path_is_lost_after_so_many_and_back_at_once(void **state)
{
	struct reach_state path = {.kind = REACH_UNKNOWN};

	(void)state;
	assert_int_equal(after(&path, ECHO_ANSWERED, 1000), REACH_SAME);
	assert_int_equal(path.kind, REACH_ANSWERS);
	assert_int_equal(path.since, 1000);
	assert_int_equal(path.waits, 0);
	assert_int_equal(after(&path, ECHO_SILENT, 1030), REACH_SAME);
	assert_int_equal(after(&path, ECHO_SILENT, 1060), REACH_SAME);
	assert_int_equal(path.kind, REACH_ANSWERS);
	assert_int_equal(after(&path, ECHO_SILENT, 1090), REACH_GONE);
	assert_int_equal(path.kind, REACH_LOST);
	assert_int_equal(path.since, 1090);
	assert_int_equal(after(&path, ECHO_SILENT, 1120), REACH_SAME);
	assert_int_equal(path.since, 1090);
	assert_int_equal(after(&path, ECHO_ANSWERED, 1150), REACH_BACK);
	assert_int_equal(path.rtt_us, 50);
	assert_int_equal(path.missed, 0);
	assert_int_equal(after(&path, ECHO_SILENT, 1180), REACH_SAME);
}

static void a_peer_without_the_address_is_unknown_but_lost_where_another_probe_was_silent(
	void **state)
{
	struct reach_state path = {.kind = REACH_UNKNOWN};

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(after(&path, i % 2 ? ECHO_ABSENT : ECHO_UNSENT, i), REACH_SAME);
	assert_int_equal(path.kind, REACH_UNKNOWN);
	assert_int_equal(after(&path, ECHO_SILENT, 9), REACH_GONE);
	assert_int_equal(after(&path, ECHO_ABSENT, 10), REACH_SAME);
	assert_int_equal(path.kind, REACH_LOST);
	assert_int_equal(after(&path, ECHO_ANSWERED, 11), REACH_BACK);
	for (uint32_t i = 0; i < 3; i++)
		(void)after(&path, ECHO_ABSENT, 20 + i);
	assert_int_equal(path.kind, REACH_UNKNOWN);
}

static void tries_the_other_address_until_one_answered(void **state)
{
	struct reach_state path = {.kind = REACH_UNKNOWN};

	(void)state;
	(void)after(&path, ECHO_SILENT, 1);
	assert_int_equal(path.other, 1);
	(void)after(&path, ECHO_ANSWERED, 2);
	(void)after(&path, ECHO_SILENT, 3);
	(void)after(&path, ECHO_SILENT, 4);
	assert_int_equal(path.other, 1);
	(void)after(&path, ECHO_ABSENT, 5);
	assert_int_equal(path.other, 1);
}

static void losses_that_follow_each_other_count_as_flapping_until_it_is_calm(void **state)
{
	struct reach_state path = {.kind = REACH_UNKNOWN};
	uint32_t now = 100000;

	(void)state;
	(void)after(&path, ECHO_ANSWERED, now);
	for (uint32_t round = 1; round <= 5; round++) {
		for (uint32_t i = 0; i < 3; i++)
			(void)after(&path, ECHO_SILENT, now += 10);
		assert_int_equal(path.flaps, round);
		(void)after(&path, ECHO_ANSWERED, now += 10);
	}
	(void)after(&path, ECHO_SILENT, now + 1);
	(void)after(&path, ECHO_SILENT, now + 2);
	(void)after(&path, ECHO_SILENT, now + REACH_CALM_S);
	assert_int_equal(path.flaps, 0);
}

static void halving_finds_the_largest_that_arrives(void **state)
{
	(void)state;
	for (uint16_t arrives = 60; arrives < 1500; arrives++) {
		struct reach_halving halving = {.low = 60, .high = 1500};
		uint32_t steps = 0;
		uint16_t size;

		while ((size = reach_halve(&halving)) != 0) {
			if (size <= arrives)
				halving.low = size;
			else
				halving.high = size;
			assert_true(++steps <= 11);
		}
		assert_int_equal(halving.low, arrives);
	}
}

static uint32_t sent_in(struct reach_pace *pace, int64_t from, int64_t us, int64_t step)
{
	uint32_t sent = 0;

	for (int64_t now = from; now < from + us; now += step)
		sent += reach_pace_due(pace, now);
	return sent;
}

static void a_round_takes_its_time_and_no_more_than_so_many_a_second(void **state)
{
	struct config_reach reach = {.every_ms = 30000, .per_second = 200};
	struct reach_pace pace;

	(void)state;
	reach_pace_begin(&pace, &reach, 3000, 0);
	assert_int_equal(reach_pace_round_ms(&pace), 30000);
	assert_in_range(sent_in(&pace, 0, 30000000, 10000), 2998, 3001);
	reach_pace_begin(&pace, &reach, 300000, 0);
	assert_int_equal(reach_pace_round_ms(&pace), 1500000);
	assert_in_range(sent_in(&pace, 0, 10000000, 10000), 1990, 2001);
	/* what a stall held up is not caught up with */
	assert_in_range(reach_pace_due(&pace, 60000000), 1, 21);
	reach_pace_begin(&pace, &reach, 0, 0);
	assert_int_equal(reach_pace_due(&pace, 60000000), 0);
	reach.per_second = 3;
	reach_pace_begin(&pace, &reach, 1000000, 0);
	assert_in_range(sent_in(&pace, 0, 100000000, 10000), 298, 300);
}

static void never_wakes_twice_in_ten_milliseconds(void **state)
{
	struct config_reach reach = {.every_ms = 1000, .per_second = 10000};
	struct reach_pace pace;

	(void)state;
	reach_pace_begin(&pace, &reach, 100000, 0);
	(void)reach_pace_due(&pace, 0);
	assert_true(reach_pace_wait(&pace, 0) >= REACH_WAKE_US);
	assert_true(reach_pace_due(&pace, REACH_WAKE_US) >= 90);
}

/* Each line of what is wrong, for states of the three kept paths. */
static const char *line_of(enum reach_line line, const struct reach_state *path)
{
	static char text[1024];
	struct buf out = BUF_OVER(text);
	struct reach_finding finding = {.view = &view,
					.peer = &row(0)->peer,
					.path = path,
					.here = "worker-1",
					.link = "eth1",
					.device = "",
					.elsewhere = "",
					.size = 1500};

	text[0] = '\0';
	return reach_add_line(&out, &finding, line) ? text : NULL;
}

static void words_are_of_the_first_path_that_is_lost(void **state)
{
	struct reach_state path[REACH_KEPT] = {
		{.kind = REACH_ANSWERS}, {.kind = REACH_ANSWERS}, {.kind = REACH_ANSWERS}};

	(void)state;
	assert_null(line_of(REACH_CAUSE, path));
	path[REACH_FULL].kind = REACH_LOST;
	assert_non_null(strstr(line_of(REACH_CAUSE, path), "packets of 1500 bytes are lost"));
	assert_string_equal(line_of(REACH_COMMAND, path), "croute reach worker-2");
	path[REACH_POD].kind = REACH_LOST;
	assert_non_null(strstr(line_of(REACH_CAUSE, path),
			       "while worker-2 answers at 10.0.0.12: the network drops them"));
	assert_non_null(strstr(line_of(REACH_FIX, path), "allow 10.244.0.0/16 on the ports"));
	path[REACH_POD].why = ECHO_UNROUTED;
	assert_string_equal(line_of(REACH_CAUSE, path), "this host has no way to 10.244.9.0");
	path[REACH_NODE].kind = REACH_LOST;
	assert_non_null(strstr(line_of(REACH_CAUSE, path), "does not answer at 10.0.0.12"));
	path[REACH_NODE].why = ECHO_UNHEARD;
	assert_string_equal(line_of(REACH_COMMAND, path), "ip neigh show 10.0.0.12 dev eth1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(lists_each_other_node_once_a_family_that_both_have),
		TEST(lists_each_further_underlay_that_both_are_on),
		TEST(keeps_the_order_of_a_long_file),
		TEST(hosts_ask_in_orders_of_their_own),
		TEST(a_peer_that_is_the_same_keeps_its_states_and_a_changed_one_does_not),
		TEST(each_path_has_its_ends),
		TEST(an_answer_counts_by_who_sent_it),
		TEST(a_path_is_lost_after_so_many_and_back_at_once),
		TEST(a_peer_without_the_address_is_unknown_but_lost_where_another_probe_was_silent),
		TEST(tries_the_other_address_until_one_answered),
		TEST(losses_that_follow_each_other_count_as_flapping_until_it_is_calm),
		TEST(halving_finds_the_largest_that_arrives),
		TEST(a_round_takes_its_time_and_no_more_than_so_many_a_second),
		TEST(never_wakes_twice_in_ten_milliseconds),
		TEST(words_are_of_the_first_path_that_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
