/* test_pass_write.c - what the kernel refuses for a reason that croute knows. */
/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>

#include "fake_device.h"
#include "fake_nft.h"

#include "croute/app/pass/pass.h"

#define NODES                                                                                      \
	"nodes:\n"                                                                                 \
	"- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 'fd10:244:1::/64'}\n"      \
	"- {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: 'fd10:244:2::/64'}\n"
#define PLAIN "version: 1\n" NODES
#define VXLAN                                                                                      \
	"version: 1\nbackend: {type: vxlan, vxlan: {device: fake.1, deviceV6: fake-v6.1}}\n" NODES
#define KEY "fd10:244:2::/64 metric 67000 via "

struct host {
	struct world world;
	struct pass *pass;
};

static void open_with(struct host *host, const char *yaml)
{
	struct error err = {0};

	*host = (struct host){.pass = pass_open(&err)};
	assert_non_null(host->pass);
	world_open(&host->world, yaml);
	fake = (struct fake_kernel){.world = &host->world};
}

static void close_host(struct host *host)
{
	pass_close(host->pass);
	world_close(&host->world);
}

static struct plan_summary run(struct host *host)
{
	const struct node_names names = {.count = 1, .name = {"worker-1"}};
	struct pass_request request = {
		.config = &host->world.config, .names = &names, .look_around = true};
	struct error err = {0};

	assert_int_equal(pass_run(host->pass, &request, &err), 0);
	return plan_summarize(&host->pass->picture);
}

/* A next hop of a route that several share. */
static void put_hop(struct host *host, const char *words)
{
	struct route route = world_route(words);

	(void)host;
	route.hops = 2;
	assert_int_equal(rows_add(fake_rows(CHANGE_ROUTE), &route), 0);
}

static uint32_t count_hops(const char *words)
{
	struct route wanted = world_route(words);
	uint32_t count = 0;

	for (uint32_t i = 0; i < fake_rows(CHANGE_ROUTE)->count; i++) {
		const struct route *row = rows_at(fake_rows(CHANGE_ROUTE), i);

		count += memcmp(row, &wanted, ROUTE_KEY_SIZE) == 0 && row->oif == wanted.oif &&
			 memcmp(row->gateway, wanted.gateway, sizeof(row->gateway)) == 0;
	}
	return count;
}

/* --- a next hop of another program on our IPv6 route, which its dump calls ours */

static void a_strangers_next_hop_is_a_conflict_and_nothing_is_replaced(void **state)
{
	struct host host;
	struct plan_summary s;

	(void)state;
	open_with(&host, PLAIN);
	put_hop(&host, KEY "fd00::12");
	put_hop(&host, KEY "fd00::66");
	fake.stranger = 0x66;
	s = run(&host);
	assert_int_equal(s.conflict, 1);
	assert_int_equal(s.change + s.failed, 0);
	assert_int_equal(count_hops(KEY "fd00::12"), 1);
	assert_int_equal(count_hops(KEY "fd00::66"), 1);
	close_host(&host);
}

static void one_of_ours_that_is_too_much_is_removed(void **state)
{
	struct host host;
	struct plan_summary s;

	(void)state;
	open_with(&host, PLAIN);
	put_hop(&host, KEY "fd00::12");
	put_hop(&host, KEY "fd00::66");
	s = run(&host);
	assert_int_equal(s.conflict, 0);
	assert_int_equal(count_hops(KEY "fd00::66"), 0);
	assert_int_equal(run(&host).unchanged, 1);
	close_host(&host);
}

/* No next hop, but a whole route: somebody was faster. */
static void a_row_that_is_gone_already_is_removed(void **state)
{
	struct host host;
	struct plan_summary s;

	(void)state;
	open_with(&host, PLAIN);
	world_put(&host.world, "fd10:244:9::/64 metric 67000 via fd00::66");
	fake.stranger = 0x66; /* the kernel does not find it */
	s = run(&host);
	assert_int_equal(s.conflict + s.failed, 0);
	assert_int_equal(s.remove, 1);
	close_host(&host);
}

/* --- a tunnel's route whose gateway another route leads elsewhere */

static void assert_in_the_tunnel(struct host *host)
{
	struct plan_summary s = run(host);

	assert_int_equal(s.failed, 0);
	assert_int_equal(count_hops(KEY "fd10:244:2:: dev 71"), 1);
	assert_int_equal(count_hops("fd10:244:2::/128 metric 67000 dev 71"), 0);
	assert_int_equal(run(host).unchanged, 1);
}

static void a_plain_route_moves_into_the_tunnel(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, VXLAN);
	fake.strict_onlink = true;
	world_put(&host.world, KEY "fd00::12");
	assert_in_the_tunnel(&host);
	close_host(&host);
}

static void a_route_is_added_to_the_tunnel_under_a_covering_one(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, VXLAN);
	fake.strict_onlink = true;
	world_put(&host.world, "fd10::/16 metric 1024 via fd00::1 proto 4");
	assert_in_the_tunnel(&host);
	assert_int_equal(count_hops("fd10::/16 metric 1024 via fd00::1 proto 4"), 1);
	close_host(&host);
}

/* A plain route is refused, and no host route could help it. */
static void other_refusals_are_failures(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, PLAIN);
	fake.fault = FAKE_REFUSE;
	fake.code = EOPNOTSUPP;
	fake.at = 1;
	assert_int_equal(run(&host).failed, 1);
	assert_int_equal(fake.writes, 1);
	close_host(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_strangers_next_hop_is_a_conflict_and_nothing_is_replaced),
		cmocka_unit_test(one_of_ours_that_is_too_much_is_removed),
		cmocka_unit_test(a_row_that_is_gone_already_is_removed),
		cmocka_unit_test(a_plain_route_moves_into_the_tunnel),
		cmocka_unit_test(a_route_is_added_to_the_tunnel_under_a_covering_one),
		cmocka_unit_test(other_refusals_are_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
