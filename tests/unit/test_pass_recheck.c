/* test_pass_recheck.c - a pass believes no look at the kernel that another contradicts. */
/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>

#include "fake_device.h"
#include "fake_nft.h"

#include "croute/app/pass/pass.h"

#define HEAD "version: 1\nguard: {maxDelete: 100%}\n"
#define NODE_1 "- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"
#define NODE_2 "- {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n"
#define NODES                                                                                      \
	"nodes:\n" NODE_1 NODE_2                                                                   \
	"- {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n"                        \
	"- {name: worker-4, address: 10.0.0.14, podCIDRs: 10.244.4.0/24}\n"                        \
	"- {name: worker-5, address: 10.0.0.15, podCIDRs: 10.244.5.0/24}\n"                        \
	"- {name: worker-6, address: 10.0.0.16, podCIDRs: 10.244.6.0/24}\n"
#define ROUTES_OF_NODES 5
#define VXLAN "backend: {type: vxlan, vxlan: {device: fake.1, deviceV6: fake-v6.1}}\n"

/* A host that has what one file asks for, and its passes. */
struct host {
	struct world world;
	struct pass *pass;
};

static void run(struct host *host, bool dry_run)
{
	const struct node_names names = {.count = 1, .name = {"worker-1"}};
	struct pass_request request = {
		.config = &host->world.config, .names = &names, .dry_run = dry_run};
	struct error err = {0};

	assert_int_equal(pass_run(host->pass, &request, &err), 0);
}

static void open_with(struct host *host, const char *yaml)
{
	struct error err = {0};

	*host = (struct host){.pass = pass_open(&err)};
	assert_non_null(host->pass);
	world_open(&host->world, yaml);
	fake = (struct fake_kernel){.world = &host->world};
	run(host, false);
	run(host, false);
	assert_int_equal(plan_change_count(&host->pass->picture.plan), 0);
}

static void another_file(struct host *host, const char *yaml)
{
	config_release(&host->world.config);
	world_read_config(&host->world, yaml);
	assert_int_equal(host->world.diags.errors, 0);
}

static void close_host(struct host *host)
{
	pass_close(host->pass);
	world_close(&host->world);
}

static uint32_t count_rows(enum change_kind kind)
{
	return fake_rows(kind)->count;
}

static struct plan_summary summary_of(const struct host *host)
{
	return plan_summarize(&host->pass->picture);
}

static void assert_said(const struct host *host, const char *words)
{
	for (uint32_t i = 0; i < plan_change_count(&host->pass->picture.plan); i++) {
		const struct change *change = plan_change_at(&host->pass->picture.plan, i);
		const struct failure *failure = plan_failure_of(&host->pass->picture.plan, change);

		if (failure != NULL && strstr(failure->words, words) != NULL)
			return;
	}
	fail_msg("nobody said \"%s\"", words);
}

/* Every route of IPv4 is named by both questions. */
static void a_kernel_without_ipv6_costs_no_route(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, HEAD NODES);
	fake.lie = FAKE_NO_IPV6;
	fake.writes = 0;
	for (int i = 0; i < 3; i++)
		run(&host, false);
	assert_int_equal(count_rows(CHANGE_ROUTE), ROUTES_OF_NODES);
	assert_int_equal(fake.writes, 0);
	close_host(&host);
}

/* A dump that is resumed after a change may bring a row again (rows_settle). */
static void a_row_that_comes_twice_is_not_surplus(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, HEAD VXLAN NODES);
	fake.lie = FAKE_REPEATS;
	fake.writes = 0;
	run(&host, false);
	assert_int_equal(plan_change_count(&host.pass->picture.plan), 0);
	assert_int_equal(summary_of(&host).unchanged, ROUTES_OF_NODES);
	assert_int_equal(fake.writes, 0);
	close_host(&host);
}

static void assert_ghosts_cost_nothing(enum fake_lie lie, const char *words)
{
	struct host host;

	open_with(&host, HEAD VXLAN NODES);
	fake.lie = lie;
	fake.writes = 0;
	for (int i = 0; i < 3; i++) {
		run(&host, i == 0);
		assert_int_equal(count_rows(CHANGE_ROUTE), ROUTES_OF_NODES);
		assert_int_equal(count_rows(CHANGE_NEIGH), ROUTES_OF_NODES);
		assert_int_equal(count_rows(CHANGE_FDB), ROUTES_OF_NODES);
		assert_true(summary_of(&host).failed > 0);
		assert_int_equal(summary_of(&host).remove, 0);
	}
	assert_int_equal(fake.writes, 0);
	assert_said(&host, words);
	fake.lie = FAKE_HONEST;
	run(&host, false);
	assert_int_equal(plan_change_count(&host.pass->picture.plan), 0);
	close_host(&host);
}

/* To remove one of two neighbours of an address, of which there is but one, removes that one. */
static void surplus_rows_that_only_one_look_shows_are_not_removed(void **state)
{
	(void)state;
	assert_ghosts_cost_nothing(FAKE_GHOST_ROUTES,
				   "the kernel's two answers about 10.244.2.0/24 disagree");
	assert_ghosts_cost_nothing(FAKE_GHOST_NEIGHS,
				   "the kernel's two answers about 10.244.2.0 disagree");
	assert_ghosts_cost_nothing(FAKE_GHOST_FDB, "disagree; nothing was deleted");
}

static void a_mass_goes_when_two_looks_show_it(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, HEAD VXLAN NODES);
	another_file(&host, HEAD VXLAN "nodes:\n" NODE_1 NODE_2);
	run(&host, false);
	assert_int_equal(count_rows(CHANGE_ROUTE), 1);
	assert_int_equal(count_rows(CHANGE_NEIGH), 1);
	assert_int_equal(count_rows(CHANGE_FDB), 1);
	close_host(&host);
}

/* What is made is made anyway. */
static void a_mass_that_one_look_does_not_show_stays(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, HEAD VXLAN NODES);
	another_file(&host, HEAD VXLAN
		     "nodes:\n" NODE_1
		     "- {name: worker-7, address: 10.0.0.17, podCIDRs: 10.244.7.0/24}\n");
	fake.lie = FAKE_FORGETS;
	run(&host, false);
	assert_int_equal(count_rows(CHANGE_ROUTE), ROUTES_OF_NODES + 1);
	assert_int_equal(count_rows(CHANGE_NEIGH), ROUTES_OF_NODES + 1);
	assert_int_equal(count_rows(CHANGE_FDB), ROUTES_OF_NODES + 1);
	assert_said(&host, "nothing was deleted");
	close_host(&host);
}

static void a_device_stays_with_the_routes_that_are_in_doubt(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, HEAD VXLAN NODES);
	another_file(&host,
		     HEAD "backend: {type: none}\nroutes: [{to: 172.16.0.0/12, dev: eth1}]\n");
	fake.lie = FAKE_FORGETS;
	run(&host, false);
	assert_non_null(fake_link(FAKE_DEVICE));
	assert_int_equal(host.pass->steps[0].result, CHANGE_HELD);
	fake.lie = FAKE_HONEST;
	run(&host, false);
	assert_null(fake_link(FAKE_DEVICE));
	close_host(&host);
}

/* The list calls a device croute's, which it is not when it is asked for by itself. */
static void a_device_that_only_the_list_calls_ours_stays(void **state)
{
	struct host host;
	struct link link = {.index = 75, .name = "strange", .kind = "vxlan"};

	(void)state;
	open_with(&host, HEAD NODES);
	assert_int_equal(rows_add(&host.world.picture.links.links, &link), 0);
	fake.lie = FAKE_ALIAS;
	run(&host, false);
	assert_non_null(fake_link(75));
	assert_int_equal(host.pass->steps[0].result, CHANGE_FAILED);
	assert_string_equal(host.pass->steps[0].error,
			    "the kernel's two answers about strange disagree; it was not removed");
	close_host(&host);
}

static void a_dry_run_shows_it(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, HEAD NODES);
	another_file(&host, HEAD "nodes:\n" NODE_1);
	fake.lie = FAKE_FORGETS;
	run(&host, true);
	assert_int_equal(summary_of(&host).failed, ROUTES_OF_NODES);
	close_host(&host);
}

static void a_second_look_that_fails_deletes_nothing(void **state)
{
	struct host host;
	uint32_t at;

	(void)state;
	open_with(&host, HEAD NODES);
	another_file(&host, HEAD "nodes:\n" NODE_1);
	fake.fault = FAKE_ASK;
	fake.code = EBUSY;
	fake.at = UINT32_MAX;
	run(&host, true);
	at = fake.chance; /* the last question of a dry run is the second look */
	fake.chance = 0;
	fake.at = at;
	run(&host, false);
	assert_true(fake.struck);
	assert_int_equal(count_rows(CHANGE_ROUTE), ROUTES_OF_NODES);
	assert_said(&host, "no second look: as the test has it; nothing was deleted");
	close_host(&host);
}

/* A pass that deletes little, or nothing, looks once. */
static void the_second_look_costs_nothing_where_it_is_not_needed(void **state)
{
	struct host host;
	uint32_t dumps;

	(void)state;
	open_with(&host, HEAD NODES);
	fake.dumps = 0;
	run(&host, false);
	dumps = fake.dumps;
	another_file(&host,
		     HEAD "nodes:\n" NODE_1 NODE_2
			  "- {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n"
			  "- {name: worker-4, address: 10.0.0.14, podCIDRs: 10.244.4.0/24}\n");
	run(&host, false);
	assert_int_equal(count_rows(CHANGE_ROUTE), 3);
	assert_int_equal(fake.dumps, 2 * dumps);
	close_host(&host);
}

/* A pass after an event does not look at what others have, unless it is to replace something. */
static void a_strangers_row_on_the_key_is_seen_before_a_replace(void **state)
{
	struct host host;
	struct route *own;
	struct route stranger;

	(void)state;
	open_with(&host, HEAD NODES);
	own = rows_at(fake_rows(CHANGE_ROUTE), 0);
	stranger = *own;
	stranger.protocol = 4;
	own->gateway[3] = 99;
	assert_int_equal(rows_add(fake_rows(CHANGE_ROUTE), &stranger), 0);
	run(&host, false);
	for (uint32_t i = 0; i < count_rows(CHANGE_ROUTE); i++)
		if (memcmp(rows_at(fake_rows(CHANGE_ROUTE), i), &stranger, sizeof(stranger)) == 0)
			stranger.protocol = 0;
	assert_int_equal(stranger.protocol, 0);
	assert_int_equal(summary_of(&host).conflict, 1);
	close_host(&host);
}

/* Whatever fails of a device that needs repair, what stands on it stays. */
static void what_is_on_a_device_that_cannot_be_repaired_stays(void **state)
{
	const struct node_names names = {.count = 1, .name = {"worker-1"}};
	bool struck = true;

	(void)state;
	for (uint32_t at = 1; struck; at++) {
		struct host host;
		struct error err;

		open_with(&host, HEAD VXLAN NODES);
		fake_link(FAKE_DEVICE)->mtu = 1300;
		fake.fault = FAKE_ASK;
		fake.code = EBUSY;
		fake.at = at;
		(void)pass_run(
			host.pass,
			&(struct pass_request){.config = &host.world.config, .names = &names},
			&err);
		struck = fake.struck;
		assert_int_equal(count_rows(CHANGE_ROUTE), ROUTES_OF_NODES);
		assert_int_equal(count_rows(CHANGE_NEIGH), ROUTES_OF_NODES);
		assert_int_equal(count_rows(CHANGE_FDB), ROUTES_OF_NODES);
		close_host(&host);
	}
}

#define HALF "version: 1\nguard: {maxDelete: 50%, alwaysAllow: 0}\nnodes:\n"
#define FOUR_MORE                                                                                  \
	"- {name: worker-7, address: 10.0.0.17, podCIDRs: 10.244.7.0/24}\n"                        \
	"- {name: worker-8, address: 10.0.0.18, podCIDRs: 10.244.8.0/24}\n"                        \
	"- {name: worker-9, address: 10.0.0.19, podCIDRs: 10.244.9.0/24}\n"                        \
	"- {name: worker-10, address: 10.0.0.20, podCIDRs: 10.244.10.0/24}\n"

static void run_with(struct host *host, struct hold *hold)
{
	const struct node_names names = {.count = 1, .name = {"worker-1"}};
	struct pass_request request = {
		.config = &host->world.config, .names = &names, .hold = hold};
	struct error err;

	assert_int_equal(pass_run(host->pass, &request, &err), 0);
}

/* Four of five routes are held, and stay so when they are four of nine. */
static void what_is_held_stays_held_over_a_pass_without_an_interface(void **state)
{
	struct host host;
	struct hold hold;
	struct rows *addresses = &host.world.picture.links.addresses;
	uint32_t count;

	(void)state;
	open_with(&host, HEAD NODES);
	hold_init(&hold);
	another_file(&host, HALF NODE_1 NODE_2 FOUR_MORE);
	run_with(&host, &hold);
	count = addresses->count;
	addresses->count = 0;
	run_with(&host, &hold);
	addresses->count = count;
	run_with(&host, &hold);
	assert_int_equal(count_rows(CHANGE_ROUTE), ROUTES_OF_NODES + 4);
	hold_release(&hold);
	close_host(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_without_ipv6_costs_no_route),
		cmocka_unit_test(a_row_that_comes_twice_is_not_surplus),
		cmocka_unit_test(surplus_rows_that_only_one_look_shows_are_not_removed),
		cmocka_unit_test(a_mass_goes_when_two_looks_show_it),
		cmocka_unit_test(a_mass_that_one_look_does_not_show_stays),
		cmocka_unit_test(a_device_stays_with_the_routes_that_are_in_doubt),
		cmocka_unit_test(a_device_that_only_the_list_calls_ours_stays),
		cmocka_unit_test(a_dry_run_shows_it),
		cmocka_unit_test(a_second_look_that_fails_deletes_nothing),
		cmocka_unit_test(the_second_look_costs_nothing_where_it_is_not_needed),
		cmocka_unit_test(a_strangers_row_on_the_key_is_seen_before_a_replace),
		cmocka_unit_test(what_is_held_stays_held_over_a_pass_without_an_interface),
		cmocka_unit_test(what_is_on_a_device_that_cannot_be_repaired_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
