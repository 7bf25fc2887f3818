/* test_faults.c - whatever fails at whatever moment, the passes after it bring the right state. */
/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>

#include "fake_device.h"
#include "fake_nft.h"

#include "croute/app/pass/pass.h"

#define PASSES_MOST 8 /* after which all must be quiet */

/* A host before a pass: its file, and what is in its kernel. */
struct scene {
	const char *yaml;
	void (*furnish)(struct world *world);
	uint32_t conflicts;
	uint32_t nft_before; /* rules in the table of masquerading */
	uint32_t nft_after;
};

/* What may go wrong at one of the chances of a kind. */
struct trouble {
	enum fake_fault fault;
	int code;
};

static const struct trouble troubles[] = {
	{FAKE_ASK, EINTR},
	{FAKE_ASK, ENOBUFS},
	{FAKE_ASK, ENOMEM},
	{FAKE_ASK, EPERM},
	{FAKE_ASK, EBUSY},
	{FAKE_LOST, 0},
	{FAKE_LOST, 2},
	{FAKE_LOST, FAKE_BATCH},
	{FAKE_REFUSE, EPERM},
	{FAKE_REFUSE, ENOMEM},
	{FAKE_REFUSE, EINVAL},
	{FAKE_REFUSE, ENOBUFS},
	{FAKE_REFUSE, ENETUNREACH},
	{FAKE_VANISH, 0},
	{FAKE_TAKEN, 0},
	{FAKE_DOWN, 0},
};

/* --- the scenes */

#define HEAD                                                                                       \
	"version: 1\n"                                                                             \
	"guard: {maxDelete: 100%}\n"
#define NODES                                                                                      \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"                                   \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:1::/64']}\n"                                         \
	"  - {name: worker-2, address: [10.0.0.12, 'fd00::12'],"                                   \
	" podCIDRs: [10.244.2.0/24, 'fd10:244:2::/64']}\n"                                         \
	"  - {name: worker-3, address: [10.0.0.13, 'fd00::13'],"                                   \
	" podCIDRs: [10.244.3.0/24, 'fd10:244:3::/64']}\n"                                         \
	"  - {name: worker-4, address: 10.0.0.14, podCIDRs: [10.244.4.0/24, 10.244.5.0/24]}\n"
#define ROUTES "routes: [{to: 10.96.0.0/12, via: 10.0.0.12}, {to: 10.95.0.0/16, type: blackhole}]\n"
#define MASQUERADE "podNetwork: [10.244.0.0/16, 'fd10:244::/32']\nagent: {masquerade: true}\n"
#define MASQUERADE_RULES 11
#define VXLAN "backend: {type: vxlan, vxlan: {device: fake.1, deviceV6: fake-v6.1}}\n"

/* Of other programs: beside ours, and on a key of ours. */
static void put_strangers(struct world *world)
{
	world_put(world, "172.16.0.0/12 via 10.0.0.9 dev 3 proto 4");
	world_put(world, "10.244.3.0/24 via 10.0.0.9 dev 3 proto 4 metric 70000");
	world_put(world, "10.244.9.0/24 via 10.0.0.9 dev 3 proto 4");
}

static void furnish_little(struct world *world)
{
	put_strangers(world);
}

static void furnish_wrongly(struct world *world)
{
	put_strangers(world);
	world_put_pod(world, "10.244.2.0/24 via 10.0.0.99");
	world_put_pod(world, "10.244.3.0/24 via 10.0.0.13");
	world_put_pod(world, "10.244.3.0/24 via 10.0.0.98");
	world_put_pod(world, "fd10:244:2::/64 via fd00::99");
	world_put_pod(world, "10.244.7.0/24 via 10.0.0.17");
	world_put_pod(world, "10.244.8.0/24 via 10.0.0.18");
	world_put(world, "10.244.4.0/24 via 10.0.0.14 metric 9");
	world_put_pod(world, "10.244.5.0/24 via 10.0.0.9 dev 3 proto 4");
}

static void put_device(struct world *world, uint32_t index, const char *name, uint8_t family)
{
	struct device device = vxlan_device(family);
	struct link link = vxlan_link(&device, index);

	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	link.mtu = 1200;
	link.mac.bytes[5] = 0x99;
	assert_int_equal(rows_add(&world->picture.links.links, &link), 0);
}

static void put_tunnel_rows(struct world *world, uint32_t link)
{
	struct neigh neigh = {.link = link, .state = 0x80, .mac = {{2, 0, 0, 0, 0, 9}}};
	struct fdb fdb = {.link = link, .state = 0x80, .mac = {{2, 0, 0, 0, 0, 9}}};

	for (const char *const *at = (const char *const[]){"10.244.2.0", "10.244.8.0", NULL};
	     *at != NULL; at++) {
		assert_int_equal(ip_parse(text_of(*at), &neigh.ip), 0);
		assert_int_equal(rows_add(&world->kernel.rows[CHANGE_NEIGH], &neigh), 0);
		fdb.dst = neigh.ip;
		fdb.mac.bytes[5]++;
		assert_int_equal(rows_add(&world->kernel.rows[CHANGE_FDB], &fdb), 0);
	}
}

/* Devices that are not quite right, with addresses and rows that are not. */
static void furnish_tunnels(struct world *world)
{
	furnish_wrongly(world);
	put_device(world, FAKE_DEVICE, "fake.1", AF_INET);
	put_device(world, 75, "left-over", AF_INET);
	world_add_address(world, FAKE_DEVICE, "10.244.7.0/32");
	put_tunnel_rows(world, FAKE_DEVICE);
	world_put_pod(world, "10.244.6.0/24 via 10.244.6.0 dev 70");
}

static const struct scene scenes[] = {
	{HEAD NODES, furnish_little, 0, 0, 0},
	{HEAD NODES ROUTES, furnish_wrongly, 1, 0, 0},
	{HEAD VXLAN NODES, furnish_little, 0, 0, 0},
	{HEAD VXLAN NODES ROUTES, furnish_tunnels, 1, 0, 0},
	/* Back to plain routes: the tunnel and all in it goes. */
	{HEAD NODES, furnish_tunnels, 1, 0, 0},
	{HEAD MASQUERADE NODES, furnish_little, 0, 0, MASQUERADE_RULES},
	{HEAD MASQUERADE NODES, furnish_wrongly, 1, 3, MASQUERADE_RULES},
	{HEAD NODES, furnish_little, 0, 3, 0},
};

/* --- runs */

struct run {
	struct world world;
	struct pass *pass;
};

static void run_open(struct run *run, const struct scene *scene)
{
	struct error err = {0};

	*run = (struct run){.pass = pass_open(&err)};
	assert_non_null(run->pass);
	world_open(&run->world, scene->yaml);
	scene->furnish(&run->world);
	fake = (struct fake_kernel){.world = &run->world, .nft_rules = scene->nft_before};
}

static void run_close(struct run *run)
{
	pass_close(run->pass);
	world_close(&run->world);
}

static int run_pass(struct run *run, bool look_around)
{
	const struct node_names names = {.count = 1, .name = {"worker-1"}};
	struct pass_request request = {
		.config = &run->world.config, .names = &names, .look_around = look_around};
	struct error err = {0};
	int status = pass_run(run->pass, &request, &err);

	fake.queued =
		0; /* of a pass that was given up; the real queue is emptied at its next use */
	return status;
}

static void run_until_quiet(struct run *run)
{
	for (int i = 0; i < PASSES_MOST; i++) {
		uint32_t before = fake.writes;

		if (run_pass(run, true) == 0 && fake.writes == before)
			return;
	}
	fail_msg("not quiet after %d passes", PASSES_MOST);
}

static void sort_all(struct world *world)
{
	state_settle(&world->kernel);
	rows_sort(&world->picture.links.addresses);
}

static void assert_same_rows(const struct rows *got, const struct rows *expected)
{
	assert_int_equal(got->count, expected->count);
	for (uint32_t i = 0; i < got->count; i++)
		assert_memory_equal(rows_at(got, i), rows_at(expected, i), got->size);
}

static void assert_same(struct run *got, struct run *expected)
{
	sort_all(&got->world);
	sort_all(&expected->world);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		assert_same_rows(&got->world.kernel.rows[kind], &expected->world.kernel.rows[kind]);
	assert_same_rows(&got->world.picture.links.addresses,
			 &expected->world.picture.links.addresses);
	assert_int_equal(got->world.picture.links.links.count,
			 expected->world.picture.links.links.count);
}

/* The rival of FAKE_TAKEN is left alone for as long as it is there; the link comes back. */
static void end_trouble(struct run *run, const struct trouble *trouble)
{
	struct rows *routes = fake_rows(CHANGE_ROUTE);

	if (trouble->fault == FAKE_DOWN)
		fake_set_up(WORLD_ETH1, true);
	if (trouble->fault != FAKE_TAKEN)
		return;
	run_until_quiet(run);
	for (uint32_t i = 0; i < routes->count; i++) {
		if (memcmp(rows_at(routes, i), &fake.rival, sizeof(fake.rival)) == 0) {
			fake_remove(routes, i);
			return;
		}
	}
	fail_msg("the stranger's route is gone");
}

/* One run with the trouble at its `at`-th chance. Whether there were that many. */
static bool strike(const struct scene *scene, const struct trouble *trouble, uint32_t at,
		   struct run *expected)
{
	struct run run;
	bool struck;

	run_open(&run, scene);
	fake.fault = trouble->fault;
	fake.code = trouble->code;
	fake.at = at;
	(void)run_pass(&run, at % 2 == 0);
	struck = fake.struck;
	if (struck) {
		end_trouble(&run, trouble);
		run_until_quiet(&run);
		assert_same(&run, expected);
		assert_int_equal(fake.nft_rules, scene->nft_after);
	}
	run_close(&run);
	return struck;
}

static uint32_t strike_everywhere(const struct scene *scene, const struct trouble *trouble)
{
	struct run expected;
	uint32_t at = 0;

	run_open(&expected, scene);
	run_until_quiet(&expected);
	do {
		at++;
	} while (strike(scene, trouble, at, &expected));
	run_close(&expected);
	return at - 1;
}

static void whatever_fails_the_end_is_right(void **state)
{
	uint32_t runs = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		for (size_t j = 0; j < sizeof(troubles) / sizeof(troubles[0]); j++)
			runs += strike_everywhere(&scenes[i], &troubles[j]);
	}
	print_message("# %u runs\n", runs);
	assert_true(runs > 500);
}

/* Wanted rows that the kernel has not got. */
static uint32_t count_missing(const struct run *run)
{
	uint32_t missing = 0;

	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		const struct rows *want = &run->pass->picture.desired.want.rows[kind];
		const struct rows *have = &run->world.kernel.rows[kind];

		for (uint32_t i = 0; i < want->count; i++) {
			uint32_t at = rows_find(have, rows_at(want, i));

			missing += at == ROWS_NOT_FOUND ||
				   memcmp(rows_at(have, at), rows_at(want, i), have->size) != 0;
		}
	}
	return missing;
}

/* Rows of croute's, whether wanted or not. */
static uint32_t count_owned(void)
{
	const struct rows *routes = fake_rows(CHANGE_ROUTE);
	uint32_t count = fake_rows(CHANGE_NEIGH)->count + fake_rows(CHANGE_FDB)->count;

	for (uint32_t i = 0; i < routes->count; i++)
		count += ((const struct route *)rows_at(routes, i))->protocol == 67;
	return count;
}

static uint32_t count_wanted(const struct run *run)
{
	uint32_t count = 0;

	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		count += run->pass->picture.desired.want.rows[kind].count;
	return count;
}

static void without_faults_the_end_is_what_the_file_asks_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct run run;

		run_open(&run, &scenes[i]);
		run_until_quiet(&run);
		sort_all(&run.world);
		assert_true(run.pass->picture.desired.want.rows[CHANGE_ROUTE].count > 5);
		assert_int_equal(count_missing(&run), scenes[i].conflicts);
		assert_int_equal(count_owned(), count_wanted(&run) - scenes[i].conflicts);
		assert_int_equal(fake.nft_rules, scenes[i].nft_after);
		run_close(&run);
	}
}

/* One skip a kernel whose `at`-th answer is that it knows no such thing. The step that tells so, of
 * masquerading, or NULL. */
static const struct device_change *lack(struct run *run, uint32_t at)
{
	fake.fault = FAKE_ASK;
	fake.code = EOPNOTSUPP;
	fake.at = at;
	if (run_pass(run, true) < 0 || run->pass->step_count == 0 ||
	    run->pass->steps[0].kind != DEVICE_CHANGE_TABLE ||
	    run->pass->steps[0].result != CHANGE_FAILED)
		return NULL;
	return &run->pass->steps[0];
}

static void without_nftables_that_is_told_and_all_else_goes_on(void **state)
{
	const struct scene scene = {HEAD MASQUERADE NODES, furnish_little, 0, 0, 0};
	const struct device_change *step;
	uint32_t told = 0;
	bool struck = true;

	(void)state;
	for (uint32_t at = 1; struck; at++) {
		struct run run;

		run_open(&run, &scene);
		step = lack(&run, at);
		struck = fake.struck;
		told += step != NULL;
		if (step != NULL) {
			assert_non_null(strstr(step->error, "modprobe -a nf_tables"));
			assert_true(pass_fell_short(run.pass));
			sort_all(&run.world);
			assert_int_equal(count_missing(&run), 0);
		}
		run_close(&run);
	}
	assert_int_equal(told, 3); /* the socket, the look, the transaction */
}

static void nobody_misses_nftables_who_has_not_asked_for_it(void **state)
{
	bool struck = true;

	(void)state;
	for (uint32_t at = 1; struck; at++) {
		struct run run;

		run_open(&run, &scenes[0]);
		assert_null(lack(&run, at));
		struck = fake.struck;
		run_close(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_faults_the_end_is_what_the_file_asks_for),
		cmocka_unit_test(whatever_fails_the_end_is_right),
		cmocka_unit_test(without_nftables_that_is_told_and_all_else_goes_on),
		cmocka_unit_test(nobody_misses_nftables_who_has_not_asked_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
