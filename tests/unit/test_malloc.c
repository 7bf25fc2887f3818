/* test_malloc.c - what the agent takes from malloc: in a pass over the same file, nothing. */
/* SPDX-License-Identifier: MIT */
#include "app/agent/agent.h"

#include "folder.h"
#include "lan.h"

#include <event2/event.h>
#include <poll.h>

#include "croute/edge/host/clock.h"

#define PEERS 100
#define LOST 9 /* the peer that others take things from */

/* Calls so far, by whoever in this process; volatile, as compilers know that malloc counts nothing.
 */
static volatile size_t taken;
static volatile size_t given_back;

static void note_taken(const volatile void *thing, size_t size)
{
	(void)size;
	taken += thing != NULL;
}

static void note_given_back(const volatile void *thing)
{
	given_back += thing != NULL;
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#ifdef SANITIZED
#include <sanitizer/allocator_interface.h>

static void begin_counting(void)
{
	assert_true(__sanitizer_install_malloc_and_free_hooks(note_taken, note_given_back) != 0);
}
#else
/* These stand before the C library's own, for every library of the process. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *thing, size_t size);
extern void __libc_free(void *thing);

void *malloc(size_t size)
{
	void *thing = __libc_malloc(size);

	note_taken(thing, size);
	return thing;
}

void *calloc(size_t count, size_t size)
{
	void *thing = __libc_calloc(count, size);

	note_taken(thing, size);
	return thing;
}

void *realloc(void *thing, size_t size)
{
	note_given_back(thing);
	thing = __libc_realloc(thing, size);
	note_taken(thing, size);
	return thing;
}

void free(void *thing)
{
	note_given_back(thing);
	__libc_free(thing);
}

static void begin_counting(void)
{
}
#endif

/* An agent at work on a link of its own, and somebody else. */
struct house {
	struct netlink other;
	struct options options;
	struct agent agent;
	struct event_base *base;
};

/* Renamed into place, and so old that it need not settle. */
static void put_file(const char *backend, unsigned peers)
{
	struct timespec long_ago[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000 + peers}};
	FILE *file = fopen("nodes.new", "we");

	assert_non_null(file);
	(void)fprintf(file,
		      "version: 1\npodNetwork: 10.244.0.0/16\nbackend: {type: %s}\nnodes:\n"
		      "- {name: n0, address: 10.0.0.1, podCIDRs: 10.244.0.0/24}\n",
		      backend);
	for (unsigned i = 1; i <= peers; i++)
		(void)fprintf(file,
			      "- {name: n%u, address: 10.0.0.%u, podCIDRs: 10.244.%u.0/24, "
			      "vtepMAC: 02:00:00:00:00:%02x}\n",
			      i, i + 1, i, i);
	(void)fprintf(
		file,
		"agent: {listen: '', resync: 1h, masquerade: true, statusFile: status.json}\n");
	assert_int_equal(fclose(file), 0);
	assert_int_equal(utimensat(AT_FDCWD, "nodes.new", long_ago, 0), 0);
	assert_int_equal(rename("nodes.new", "nodes.yaml"), 0);
}

static void turn(struct house *house, unsigned hint)
{
	schedule_hint(&house->agent.schedule, hint, host_now_ms());
	(void)agent_turn(&house->agent);
	assert_int_equal(house->agent.status.pass.result, STATUS_DONE);
}

static void open_house(struct house *house, const char *backend)
{
	uint32_t link;

	lan_open(&house->other);
	lan_add_veth(&house->other, "eth1", "wire");
	link = if_nametoindex("eth1");
	lan_set_up(&house->other, link, true);
	lan_set_up(&house->other, if_nametoindex("wire"), true);
	lan_wait_up(&house->other, link);
	lan_change_address(&house->other, RTM_NEWADDR, link, "10.0.0.1");
	put_file(backend, PEERS);
	house->options = (struct options){
		.config = "nodes.yaml", .node = "n0", .log_level = LOG_LEVEL_ERROR};
	house->base = event_base_new();
	agent_open(&house->agent, &house->options, house->base, NULL);
	for (int i = 0; i < 4; i++)
		turn(house, SCHEDULE_KERNEL | SCHEDULE_RESYNC);
	assert_int_equal(house->agent.status.peers, PEERS);
}

static void close_house(struct house *house)
{
	agent_close(&house->agent);
	event_base_free(house->base);
	lan_remove_link(&house->other, if_nametoindex("eth1"));
	netlink_close(&house->other);
}

/* The route of peer LOST, by whatever gateway. */
static void steal_route(struct house *house)
{
	struct prefix to = lan_prefix("10.244.9.0/24");
	struct rtmsg header = {.rtm_family = AF_INET,
			       .rtm_dst_len = 24,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = 67,
			       .rtm_scope = RT_SCOPE_NOWHERE};
	struct nl_msg *message = netlink_begin(&house->other, RTM_DELROUTE, NLM_F_ACK, &header,
					       sizeof(header));

	lan_put_ip(message, RTA_DST, &to.ip);
	lan_ask(&house->other);
}

static void steal_peer(struct house *house)
{
	uint32_t device = if_nametoindex("croute.1");
	struct neigh neigh = lan_neigh(device, "10.244.9.0", LOST);
	struct fdb fdb = lan_fdb(device, "10.0.0.10");

	lan_write_neigh(&house->other, CHANGE_DELETE, &neigh);
	lan_write_fdb(&house->other, CHANGE_DELETE, &fdb);
	steal_route(house);
}

static uint64_t additions(const struct house *house)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < METRICS_KINDS; kind++)
		sum += house->agent.metrics.changes[kind][METRICS_ADD];
	return sum;
}

/* What was stolen is back, before anything was taken from malloc. */
static void mend(struct house *house)
{
	struct pollfd event = {.fd = house->agent.kernel.fd, .events = POLLIN};
	uint64_t done = additions(house);

	assert_int_equal(poll(&event, 1, LAN_DEADLINE_MS), 1);
	taken = 0;
	given_back = 0;
	agent_on_kernel(&house->agent);
	turn(house, 0);
	turn(house, SCHEDULE_KERNEL);
	assert_true(additions(house) > done);
	assert_int_equal(taken, 0);
	assert_int_equal(given_back, 0);
}

static void a_pass_over_the_same_file_calls_malloc_not_once(void **state)
{
	struct house *house = *state;

	open_house(house, "host-gw");
	taken = 0;
	given_back = 0;
	turn(house, SCHEDULE_KERNEL);
	turn(house, SCHEDULE_RESYNC);
	assert_int_equal(taken, 0);
	steal_route(house);
	mend(house);
	close_house(house);
}

static void nor_does_one_that_mends_a_tunnel(void **state)
{
	struct house *house = *state;

	open_house(house, "vxlan");
	taken = 0;
	given_back = 0;
	turn(house, SCHEDULE_RESYNC);
	assert_int_equal(taken, 0);
	steal_peer(house);
	mend(house);
	close_house(house);
}

static void reading_a_file_leaves_nothing_allocated(void **state)
{
	struct house *house = *state;

	open_house(house, "host-gw");
	put_file("host-gw", PEERS + 1);
	turn(house, SCHEDULE_FILE);
	taken = 0;
	given_back = 0;
	for (unsigned peers = PEERS - 1; peers > PEERS - 4; peers--) {
		put_file("host-gw", peers);
		turn(house, SCHEDULE_FILE);
		assert_int_equal(house->agent.status.peers, peers);
	}
	assert_true(taken > 0);
	assert_int_equal(taken, given_back);
	close_house(house);
}

/* Otherwise all of the above would pass of itself. */
static void what_is_taken_is_counted(void **state)
{
	void *volatile thing;

	(void)state;
	taken = 0;
	given_back = 0;
	thing = malloc(1);
	assert_int_equal(taken, 1);
	free(thing); /* the test's */
	assert_int_equal(given_back, 1);
}

static int enter(void **state)
{
	static struct house house;
	void *folder;

	if (folder_make(&folder) < 0)
		return -1;
	begin_counting();
	*state = &house;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_counted),
		cmocka_unit_test(a_pass_over_the_same_file_calls_malloc_not_once),
		cmocka_unit_test(nor_does_one_that_mends_a_tunnel),
		cmocka_unit_test(reading_a_file_leaves_nothing_allocated),
	};

	lan_enter();
	return cmocka_run_group_tests(tests, enter, NULL);
}
