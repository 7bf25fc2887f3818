/* test_netlink.c - how an answer ends, and what is taken for one at all. */
/* SPDX-License-Identifier: MIT */
#include "fake_peer.h"

static int count(void *context, const struct nlmsghdr *answer)
{
	(void)answer;
	++*(uint32_t *)context;
	return 0;
}

static const struct rtmsg ipv4 = {.rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_table = 254};

static void begin_dump(struct netlink *netlink)
{
	struct rtmsg header = {.rtm_family = AF_INET};

	(void)netlink_begin(netlink, RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header));
}

/* A dump whose first part holds a row; what comes next is the test's. */
static struct netlink *begin_with_row(void)
{
	struct netlink *netlink = peer_begin();

	begin_dump(netlink);
	(void)peer_datagram(1);
	(void)peer_route(&ipv4, "10.244.1.0");
	return netlink;
}

/* The dump's status; its rows. */
static int ask(struct netlink *netlink, uint32_t *rows, struct error *err)
{
	*rows = 0;
	return netlink_ask(netlink, count, rows, err);
}

static void expect(struct netlink *netlink, int status, uint32_t rows)
{
	struct error err = {0};
	uint32_t seen;

	assert_int_equal(ask(netlink, &seen, &err), status);
	assert_int_equal(err.code, -status);
	assert_int_equal(seen, rows);
}

static void a_dump_ends_with_its_last_message(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	(void)peer_datagram(1);
	(void)peer_route(&ipv4, "10.244.2.0");
	(void)peer_done(0);
	(void)peer_route(&ipv4, "10.244.3.0");
	expect(netlink, 0, 2);
}

static void the_code_at_the_end_of_a_dump_is_its_result(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	(void)peer_done(EINVAL);
	expect(netlink, -EINVAL, 1);
}

static void the_kernels_words_at_the_end_of_a_dump_are_kept(void **state)
{
	struct netlink *netlink = begin_with_row();
	struct nlmsghdr *done = peer_done(EINVAL);
	struct error err = {0};
	uint32_t rows;

	(void)state;
	done->nlmsg_flags |= NLM_F_ACK_TLVS;
	(void)peer_put(done, NLMSGERR_ATTR_MSG, "Invalid values in header", 25);
	assert_int_equal(ask(netlink, &rows, &err), -EINVAL);
	assert_string_equal(err.text, "Invalid values in header");
}

static void words_without_their_end_are_not_printed(void **state)
{
	struct netlink *netlink = begin_with_row();
	struct nlmsghdr *done = peer_done(EINVAL);
	struct error err = {0};
	uint32_t rows;

	(void)state;
	done->nlmsg_flags |= NLM_F_ACK_TLVS;
	(void)peer_put(done, NLMSGERR_ATTR_MSG, "Invalid", 7);
	assert_int_equal(ask(netlink, &rows, &err), -EINVAL);
	assert_string_equal(err.text, strerror(EINVAL));
}

static void an_end_without_its_code_is_an_error(void **state)
{
	static const uint8_t half_a_code[2] = {0};
	struct netlink *netlink = begin_with_row();

	(void)state;
	(void)peer_say(NLMSG_DONE, half_a_code, sizeof(half_a_code));
	expect(netlink, -EBADMSG, 1);
}

static void a_dump_without_an_end_is_an_error(void **state)
{
	(void)state;
	expect(begin_with_row(), -EBADMSG, 1);
}

static void an_acknowledgement_does_not_end_a_dump_well(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	(void)peer_ack(0);
	expect(netlink, -EBADMSG, 1);
}

static void a_refusal_ends_a_dump_with_its_code(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	(void)peer_ack(EBUSY);
	expect(netlink, -EBUSY, 1);
}

static void an_acknowledgement_that_is_too_short_is_an_error(void **state)
{
	struct netlink *netlink = begin_with_row();
	int32_t code = -EPERM;

	(void)state;
	(void)peer_say(NLMSG_ERROR, &code, sizeof(code));
	expect(netlink, -EBADMSG, 1);
}

static void a_table_that_changed_under_a_dump_is_read_again(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	peer_done(0)->nlmsg_flags |= NLM_F_DUMP_INTR;
	expect(netlink, -EINTR, 1);
}

static void a_datagram_that_was_cut_is_an_error(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	(void)peer_done(0);
	peer_last()->flags = MSG_TRUNC;
	expect(netlink, -EBADMSG, 0);
}

static void a_message_longer_than_its_datagram_is_an_error(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	peer_route(&ipv4, "10.244.2.0")->nlmsg_len += 4;
	(void)peer_datagram(1);
	(void)peer_done(0);
	expect(netlink, -EBADMSG, 1);
}

static void a_message_shorter_than_its_header_is_an_error(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	(void)peer_say(RTM_NEWROUTE, &ipv4, sizeof(ipv4) - 4);
	(void)peer_done(0);
	expect(netlink, -EBADMSG, 1);
}

/* Any process with CAP_NET_ADMIN can send to the socket. */
static void what_another_process_says_is_not_heard(void **state)
{
	struct netlink *netlink = peer_begin();

	(void)state;
	begin_dump(netlink);
	peer_datagram(1)->port = 77;
	(void)peer_route(&ipv4, "10.244.9.0");
	(void)peer_done(0);
	(void)peer_datagram(1);
	(void)peer_route(&ipv4, "10.244.1.0");
	peer_datagram(1)->port = 77;
	peer_last()->flags = MSG_TRUNC;
	(void)peer_datagram(1);
	(void)peer_route(&ipv4, "10.244.2.0");
	(void)peer_done(0);
	expect(netlink, 0, 2);
}

static void what_answers_an_earlier_question_is_not_heard(void **state)
{
	struct netlink *netlink = peer_begin();

	(void)state;
	netlink->sequence = 7;
	begin_dump(netlink);
	(void)peer_datagram(1);
	peer_route(&ipv4, "10.244.9.0")->nlmsg_seq = 7;
	peer_ack(ENODEV)->nlmsg_seq = 7;
	peer_done(0)->nlmsg_seq = 7;
	(void)peer_route(&ipv4, "10.244.1.0");
	(void)peer_done(0);
	expect(netlink, 0, 1);
}

static int stop(void *context, const struct nlmsghdr *answer)
{
	(void)context;
	(void)answer;
	return -ENOSPC;
}

static void whoever_takes_the_rows_can_end_a_dump(void **state)
{
	struct netlink *netlink = begin_with_row();

	(void)state;
	assert_int_equal(netlink_ask(netlink, stop, NULL, NULL), -ENOSPC);
}

/* --- changes */

static void begin_change(struct netlink *netlink)
{
	struct ifinfomsg header = {.ifi_index = 4};

	(void)netlink_begin(netlink, RTM_NEWLINK, NLM_F_ACK, &header, sizeof(header));
}

static void a_change_is_made_when_it_is_acknowledged(void **state)
{
	struct netlink *netlink = peer_begin();

	(void)state;
	begin_change(netlink);
	(void)peer_datagram(1);
	(void)peer_ack(0);
	assert_int_equal(netlink_command(netlink, NULL), 0);
}

static void a_change_that_nobody_acknowledged_is_not_made(void **state)
{
	struct netlink *netlink = peer_begin();

	(void)state;
	begin_change(netlink);
	peer_datagram(1)->port = 77;
	(void)peer_ack(0);
	(void)peer_datagram(1);
	peer_ack(0)->nlmsg_seq = 99;
	assert_int_equal(netlink_command(netlink, NULL), -EBADMSG);
}

/* A kernel has no such codes; none of them may pass for success. */
static void a_code_that_makes_no_sense_is_a_refusal(void **state)
{
	static const int codes[] = {-5, 4096, INT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct netlink *netlink = peer_begin();

		begin_change(netlink);
		(void)peer_datagram(1);
		(void)peer_ack(codes[i]);
		assert_int_equal(netlink_command(netlink, NULL), -EBADMSG);
	}
}

struct refusals {
	uint32_t count;
	uint32_t token;
	int code;
};

static void take_refusal(void *context, uint32_t token, int code, const char *words)
{
	struct refusals *refusals = context;

	(void)words;
	*refusals = (struct refusals){.count = refusals->count + 1, .token = token, .code = code};
}

/* Two changes in a batch, of which the second asks to be acknowledged. */
static struct netlink *queue_two(struct refusals *refusals)
{
	struct netlink *netlink = peer_begin();

	*refusals = (struct refusals){0};
	netlink->refused = take_refusal;
	netlink->refused_context = refusals;
	for (uint32_t token = 40; token < 42; token++) {
		(void)netlink_begin(netlink, RTM_NEWROUTE, 0, &ipv4, sizeof(ipv4));
		assert_int_equal(netlink_queue(netlink, token, NULL), 0);
	}
	(void)peer_datagram(1);
	return netlink;
}

static void a_batch_is_done_when_its_last_message_is_acknowledged(void **state)
{
	struct refusals refusals;
	struct netlink *netlink = queue_two(&refusals);

	(void)state;
	peer_ack(ENETDOWN)->nlmsg_seq = 1;
	peer_ack(0)->nlmsg_seq = 2;
	assert_int_equal(netlink_flush(netlink, NULL), 0);
	assert_int_equal(refusals.count, 1);
	assert_int_equal(refusals.token, 40);
	assert_int_equal(refusals.code, ENETDOWN);
}

static void a_batch_whose_end_is_not_acknowledged_is_lost(void **state)
{
	struct refusals refusals;
	struct netlink *netlink = queue_two(&refusals);

	(void)state;
	peer_ack(0)->nlmsg_seq = 1;
	assert_int_equal(netlink_flush(netlink, NULL), -EBADMSG);
}

static void acknowledgements_of_others_do_not_end_a_batch(void **state)
{
	struct refusals refusals;
	struct netlink *netlink = queue_two(&refusals);

	(void)state;
	peer_last()->port = 77;
	peer_ack(EPERM)->nlmsg_seq = 2;
	(void)peer_datagram(1);
	peer_ack(EPERM)->nlmsg_seq = 3;
	assert_int_equal(netlink_flush(netlink, NULL), -EBADMSG);
	assert_int_equal(refusals.count, 0);
}

static void acknowledgements_that_were_cut_are_lost(void **state)
{
	struct refusals refusals;
	struct netlink *netlink = queue_two(&refusals);

	(void)state;
	peer_ack(0)->nlmsg_seq = 2;
	peer_ack(0)->nlmsg_len += 4;
	assert_int_equal(netlink_flush(netlink, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dump_ends_with_its_last_message),
		cmocka_unit_test(the_code_at_the_end_of_a_dump_is_its_result),
		cmocka_unit_test(the_kernels_words_at_the_end_of_a_dump_are_kept),
		cmocka_unit_test(words_without_their_end_are_not_printed),
		cmocka_unit_test(an_end_without_its_code_is_an_error),
		cmocka_unit_test(a_dump_without_an_end_is_an_error),
		cmocka_unit_test(an_acknowledgement_does_not_end_a_dump_well),
		cmocka_unit_test(a_refusal_ends_a_dump_with_its_code),
		cmocka_unit_test(an_acknowledgement_that_is_too_short_is_an_error),
		cmocka_unit_test(a_table_that_changed_under_a_dump_is_read_again),
		cmocka_unit_test(a_datagram_that_was_cut_is_an_error),
		cmocka_unit_test(a_message_longer_than_its_datagram_is_an_error),
		cmocka_unit_test(a_message_shorter_than_its_header_is_an_error),
		cmocka_unit_test(what_another_process_says_is_not_heard),
		cmocka_unit_test(what_answers_an_earlier_question_is_not_heard),
		cmocka_unit_test(whoever_takes_the_rows_can_end_a_dump),
		cmocka_unit_test(a_change_is_made_when_it_is_acknowledged),
		cmocka_unit_test(a_change_that_nobody_acknowledged_is_not_made),
		cmocka_unit_test(a_code_that_makes_no_sense_is_a_refusal),
		cmocka_unit_test(a_batch_is_done_when_its_last_message_is_acknowledged),
		cmocka_unit_test(a_batch_whose_end_is_not_acknowledged_is_lost),
		cmocka_unit_test(acknowledgements_of_others_do_not_end_a_batch),
		cmocka_unit_test(acknowledgements_that_were_cut_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, peer_teardown);
}
