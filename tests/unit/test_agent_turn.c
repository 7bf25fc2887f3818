/* test_agent_turn.c - the agent's turn by a clock of the test's own, over a kernel in memory. */
/* SPDX-License-Identifier: MIT */
#include "app/agent/agent.h"

#include "fake_device.h"
#include "fake_nft.h"
#include "folder.h"

#include <event2/event.h>

#include "croute/edge/host/clock.h"

#define MINUTE_MS 60000
#define HOUR_MS (60 * MINUTE_MS)
#define YEAR_2026_MS 1767225600000

/* --- fakes: the clock, the lock, the events of the kernel */

static int64_t fake_now_ms;

int64_t host_now_ms(void)
{
	return fake_now_ms;
}

int64_t host_now_us(void)
{
	return fake_now_ms * 1000;
}

int64_t host_wall_ms(void)
{
	return YEAR_2026_MS + fake_now_ms;
}

int64_t host_clock_ms(clockid_t clock)
{
	return clock == CLOCK_REALTIME ? host_wall_ms() : fake_now_ms;
}

uint32_t netlink_port(const struct netlink *netlink)
{
	(void)netlink;
	return 1;
}

uint32_t nft_port(const struct nft *nft)
{
	(void)nft;
	return 1;
}

int lock_take(int wait_ms, struct lock *out, struct error *err)
{
	(void)wait_ms;
	(void)err;
	*out = (struct lock){.fd = -1};
	return 0;
}

void lock_release(struct lock *lock)
{
	(void)lock;
}

bool lock_hear(const struct lock *lock, struct lock_question *out)
{
	(void)lock;
	(void)out;
	return false;
}

void lock_answer(struct lock_question *question, const char *text)
{
	(void)question;
	(void)text;
}

int lock_answer_part(const struct lock_question *question, const char *text, size_t len)
{
	(void)question;
	(void)text;
	(void)len;
	return 0;
}

int kernel_watch_open(const struct kernel_filter *filter, struct kernel_watch *out,
		      struct error *err)
{
	(void)filter;
	(void)err;
	*out = (struct kernel_watch){.fd = INT_MAX};
	return 0;
}

int kernel_watch_set_filter(struct kernel_watch *watch, const struct kernel_filter *filter,
			    struct error *err)
{
	(void)watch;
	(void)filter;
	(void)err;
	return 0;
}

void kernel_watch_read(struct kernel_watch *watch, struct kernel_hints *out)
{
	(void)watch;
	*out = (struct kernel_hints){0};
}

void kernel_watch_close(struct kernel_watch *watch)
{
	watch->fd = -1;
}

/* --- a host with an agent */

struct house {
	struct world world;
	struct options options;
	struct event_base *base;
	struct agent agent;
};

#define HEAD "version: 1\n"
#define AGENT "listen: '', statusFile: '', resync: 1h"
#define NODE(n)                                                                                    \
	"  - {name: worker-" #n ", address: 10.0.0.1" #n ", podCIDRs: [10.244." #n ".0/24]}\n"
#define FOUR NODE(1) NODE(2) NODE(3) NODE(4)
#define EIGHT FOUR NODE(5) NODE(6) NODE(7) NODE(8)

/* An hour old by the clock of the test, so that it need not settle. */
static void put_old(const char *path, const char *text)
{
	const struct timespec hour_ago = {.tv_sec = (host_wall_ms() - HOUR_MS) / 1000};
	const struct timespec times[2] = {hour_ago, hour_ago};

	put(path, text);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void house_open(struct house *house, const char *yaml)
{
	fake_now_ms = 1000000;
	*house = (struct house){
		.options = {.config = "d", .node = "worker-1", .log_level = LOG_LEVEL_ERROR}};
	world_open(&house->world, HEAD "nodes:\n" FOUR);
	fake = (struct fake_kernel){.world = &house->world};
	put_folder("d");
	put_old("d/a.yaml", yaml);
	house->base = event_base_new();
	agent_open(&house->agent, &house->options, house->base, NULL);
}

static void house_close(struct house *house)
{
	agent_close(&house->agent);
	event_base_free(house->base);
	world_close(&house->world);
}

/* Turns until the agent wants to wait: how long. */
static int64_t turn_until_idle(struct house *house)
{
	for (int i = 0; i < 10; i++) {
		int64_t wait = agent_turn(&house->agent);

		if (wait > 0)
			return wait;
	}
	fail_msg("the agent spins");
	return 0;
}

/* The file is another one now. How long the agent waits after it. */
static int64_t turn_with_file(struct house *house, const char *path, const char *yaml)
{
	put_old(path, yaml);
	schedule_hint(&house->agent.schedule, SCHEDULE_FILE, fake_now_ms);
	return turn_until_idle(house);
}

static uint32_t owned(void)
{
	const struct rows *routes = fake_rows(CHANGE_ROUTE);
	uint32_t count = 0;

	for (uint32_t i = 0; i < routes->count; i++)
		count += ((const struct route *)rows_at(routes, i))->protocol == 67;
	return count;
}

static bool has_problem(const struct agent *agent, enum status_trouble trouble)
{
	for (uint32_t i = 0; i < agent->status.problem_count; i++) {
		if (agent->status.problems[i].trouble == trouble)
			return true;
	}
	return false;
}

/* --- promises */

static void the_first_turn_applies_the_file_and_waits_for_the_resync(void **state)
{
	struct house house;

	(void)state;
	house_open(&house, HEAD "agent: {" AGENT "}\nnodes:\n" FOUR);
	assert_int_equal(turn_until_idle(&house), HOUR_MS);
	assert_int_equal(owned(), 3);
	assert_true(house.agent.status.ready);
	house_close(&house);
}

static void a_pass_that_failed_has_not_run(void **state)
{
	struct house house;

	(void)state;
	house_open(&house, HEAD "agent: {" AGENT "}\nnodes:\n" FOUR);
	fake.fault = FAKE_ASK;
	fake.code = EPERM;
	fake.at = 1;
	(void)agent_turn(&house.agent);
	assert_true(fake.struck);
	assert_false(house.agent.has_run);
	assert_false(house.agent.status.ready);
	(void)turn_until_idle(&house);
	assert_true(house.agent.has_run);
	assert_true(house.agent.status.ready);
	house_close(&house);
}

/* The kernel refuses the first question of each pass. */
static void a_pass_that_fails_is_tried_again_less_and_less_often(void **state)
{
	static const int64_t waits[] = {200,  400,   800,   1600,  3200,
					6400, 12800, 25600, 30000, 30000};
	struct house house;

	(void)state;
	house_open(&house, HEAD "agent: {" AGENT "}\nnodes:\n" NODE(1) NODE(2));
	(void)turn_until_idle(&house);
	put_old("d/a.yaml", HEAD "agent: {" AGENT "}\nnodes:\n" NODE(1) NODE(2) NODE(3));
	schedule_hint(&house.agent.schedule, SCHEDULE_FILE, fake_now_ms);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		fake.fault = FAKE_ASK;
		fake.code = EPERM;
		fake.at = 1;
		fake.chance = 0;
		fake.struck = false;
		assert_int_equal(turn_until_idle(&house), waits[i]);
		fake_now_ms += waits[i];
	}
	fake.fault = FAKE_NONE;
	(void)turn_until_idle(&house);
	assert_int_equal(owned(), 2);
	house_close(&house);
}

static void a_file_older_than_stale_after_is_a_problem(void **state)
{
	struct house house;

	(void)state;
	house_open(&house, HEAD "agent: {" AGENT ", staleAfter: 90m}\nnodes:\n" FOUR);
	(void)turn_until_idle(&house);
	assert_false(has_problem(&house.agent, STATUS_TROUBLE_STALE));
	fake_now_ms += HOUR_MS;
	(void)turn_until_idle(&house);
	assert_true(has_problem(&house.agent, STATUS_TROUBLE_STALE));
	assert_true(house.agent.status.ready);
	assert_true(house.agent.metrics.config_stale);
	house_close(&house);
}

static void two_generations_side_by_side_are_reported_after_five_minutes(void **state)
{
	struct house house;

	(void)state;
	house_open(&house, HEAD "source: {serial: 1}\nagent: {" AGENT "}\nnodes:\n" FOUR);
	(void)turn_until_idle(&house);
	assert_int_equal(turn_with_file(&house, "d/b.yaml", HEAD "source: {serial: 2}\n"),
			 5 * MINUTE_MS);
	assert_string_equal(house.agent.status.config.error, "");
	assert_true(house.agent.status.ready);
	fake_now_ms += 5 * MINUTE_MS - 1;
	assert_int_equal(turn_until_idle(&house), 1);
	assert_string_equal(house.agent.status.config.error, "");
	fake_now_ms += 1;
	assert_in_range(turn_until_idle(&house), MINUTE_MS, HOUR_MS);
	assert_non_null(strstr(house.agent.status.config.error, "serial"));
	assert_int_equal(owned(), 3);
	(void)turn_with_file(&house, "d/b.yaml", HEAD "source: {serial: 1}\n");
	assert_string_equal(house.agent.status.config.error, "");
	house_close(&house);
}

static void an_equal_serial_is_followed_and_a_lower_one_refused(void **state)
{
	struct house house;

	(void)state;
	house_open(&house, HEAD "source: {serial: 7}\nagent: {" AGENT "}\nnodes:\n" FOUR);
	(void)turn_until_idle(&house);
	(void)turn_with_file(&house, "d/a.yaml",
			     HEAD "source: {serial: 7}\nagent: {" AGENT "}\nnodes:\n" FOUR NODE(5));
	assert_int_equal(owned(), 4);
	(void)turn_with_file(&house, "d/a.yaml",
			     HEAD "source: {serial: 6}\nagent: {" AGENT "}\nnodes:\n" FOUR);
	assert_int_equal(owned(), 4);
	assert_non_null(strstr(house.agent.status.config.error, "raise the serial"));
	assert_false(house.agent.status.ready);
	house_close(&house);
}

static void a_hold_ends_by_itself_when_it_is_due(void **state)
{
	const char *held = HEAD "guard: {holdFor: 10m}\nagent: {" AGENT "}\nnodes:\n" NODE(1)
		NODE(2);
	struct house house;

	(void)state;
	house_open(&house, HEAD "guard: {holdFor: 10m}\nagent: {" AGENT "}\nnodes:\n" EIGHT);
	(void)turn_until_idle(&house);
	assert_int_equal(owned(), 7);
	assert_int_equal(turn_with_file(&house, "d/a.yaml", held), 10 * MINUTE_MS);
	assert_int_equal(owned(), 7);
	fake_now_ms += 10 * MINUTE_MS;
	(void)agent_turn(&house.agent);
	assert_int_equal(owned(), 1);
	assert_string_equal(house.agent.status.pass.reason, "a wait is over");
	house_close(&house);
}

/* Somebody removes the same route whenever it is back. */
static void what_is_undone_again_and_again_waits_and_is_done_when_due(void **state)
{
	struct house house;
	int64_t wait = 0;

	(void)state;
	house_open(&house, HEAD "agent: {" AGENT "}\nnodes:\n" NODE(1) NODE(2));
	(void)turn_until_idle(&house);
	for (int i = 0; i < 50 && owned() == 1; i++) {
		rows_reset(fake_rows(CHANGE_ROUTE));
		schedule_hint(&house.agent.schedule, SCHEDULE_KERNEL, fake_now_ms);
		wait = turn_until_idle(&house);
	}
	assert_int_equal(owned(), 0);
	assert_in_range(wait, 1, 30000);
	fake_now_ms += wait;
	(void)turn_until_idle(&house);
	assert_int_equal(owned(), 1);
	house_close(&house);
}

static void a_hangup_reads_the_same_file_again(void **state)
{
	struct house house;
	uint64_t loads;

	(void)state;
	house_open(&house, HEAD "agent: {" AGENT "}\nnodes:\n" FOUR);
	(void)turn_until_idle(&house);
	loads = house.agent.metrics.config_loads[METRICS_LOAD_SUCCESS];
	schedule_hint(&house.agent.schedule, SCHEDULE_FILE | SCHEDULE_RESYNC, fake_now_ms);
	(void)turn_until_idle(&house);
	assert_int_equal(house.agent.metrics.config_loads[METRICS_LOAD_SUCCESS], loads);
	agent_on_hangup(&house.agent);
	(void)turn_until_idle(&house);
	assert_int_equal(house.agent.metrics.config_loads[METRICS_LOAD_SUCCESS], loads + 1);
	house_close(&house);
}

/* What was written just now may not be whole. */
static void a_file_written_just_now_settles_before_it_is_read(void **state)
{
	const struct timespec times[2] = {{.tv_sec = (YEAR_2026_MS + 1000000) / 1000},
					  {.tv_sec = (YEAR_2026_MS + 1000000) / 1000}};
	struct house house;

	(void)state;
	house_open(&house, HEAD "agent: {" AGENT "}\nnodes:\n" FOUR);
	assert_int_equal(utimensat(AT_FDCWD, "d/a.yaml", times, 0), 0);
	assert_int_equal(turn_until_idle(&house), 1000);
	assert_int_equal(owned(), 0);
	fake_now_ms += 1000;
	(void)turn_until_idle(&house);
	assert_int_equal(owned(), 3);
	house_close(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(the_first_turn_applies_the_file_and_waits_for_the_resync),
		test_in_folder(a_pass_that_failed_has_not_run),
		test_in_folder(a_pass_that_fails_is_tried_again_less_and_less_often),
		test_in_folder(a_file_older_than_stale_after_is_a_problem),
		test_in_folder(two_generations_side_by_side_are_reported_after_five_minutes),
		test_in_folder(an_equal_serial_is_followed_and_a_lower_one_refused),
		test_in_folder(a_hold_ends_by_itself_when_it_is_due),
		test_in_folder(what_is_undone_again_and_again_waits_and_is_done_when_due),
		test_in_folder(a_hangup_reads_the_same_file_again),
		test_in_folder(a_file_written_just_now_settles_before_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
