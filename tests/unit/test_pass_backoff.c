/* test_pass_backoff.c - an agent's skips a kernel in which something does not last. */
/* SPDX-License-Identifier: MIT */
#include <sys/socket.h>

#include "fake_device.h"
#include "fake_nft.h"

#include "croute/app/pass/pass.h"
#include "croute/core/report/report.h"

#define START 1000000
#define FILE_OF(more)                                                                              \
	"version: 1\n"                                                                             \
	"podNetwork: [10.244.0.0/16]\n" more "nodes:\n"                                            \
	"- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"          \
	"- {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n"                        \
	"- {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n"
#define VXLAN "backend: {type: vxlan, vxlan: {device: fake.1}}\n"

struct host {
	struct world world;
	struct pass *pass;
	struct backoff backoff;
	int64_t now;
};

/* A pass that an event of the kernel causes. Whether it changed anything. */
static bool run(struct host *host)
{
	const struct node_names names = {.count = 1, .name = {"worker-1"}};
	struct pass_request request = {.config = &host->world.config,
				       .names = &names,
				       .backoff = &host->backoff,
				       .now = host->now};
	struct error err = {0};

	fake.writes = 0;
	backoff_begin(&host->backoff);
	assert_int_equal(pass_run(host->pass, &request, &err), 0);
	return fake.writes > 0;
}

static void open_with(struct host *host, const char *yaml)
{
	struct error err = {0};

	*host = (struct host){.pass = pass_open(&err), .now = START};
	assert_non_null(host->pass);
	world_open(&host->world, yaml);
	fake = (struct fake_kernel){.world = &host->world};
	(void)run(host);
	(void)run(host);
	assert_false(run(host));
	host->backoff = (struct backoff){.due = 0};
}

static void close_host(struct host *host)
{
	pass_close(host->pass);
	world_close(&host->world);
}

/* Something undoes a thing before each pass, as long as the agent changes it, all in one moment.
 * How many passes changed anything. */
static uint32_t fight(struct host *host, void (*undo)(struct host *host))
{
	for (uint32_t passes = 0; passes < 100; passes++) {
		undo(host);
		if (!run(host))
			return passes;
	}
	fail_msg("it goes on for ever");
	return 0;
}

/* The step that says so, and how often nothing is said. */
static const struct device_change *find_step(const struct host *host, enum change_result result)
{
	for (uint32_t i = 0; i < host->pass->step_count; i++) {
		if (host->pass->steps[i].result == result)
			return &host->pass->steps[i];
	}
	return NULL;
}

/* The same, of a device, in words. */
static void assert_step(const struct host *host, enum change_result result, const char *wanted)
{
	struct report report = {.picture = &host->pass->picture};
	const struct device_change *step = find_step(host, result);
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	assert_non_null(step);
	report_add_device(&buf, &report, step);
	assert_string_equal(text, wanted);
}

static void do_nothing(struct host *host)
{
	(void)host;
}

/* A kernel that never takes an attribute of the device, or takes and does not report it. */
static void a_part_that_never_takes_is_set_five_times_and_then_seldom(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, FILE_OF(VXLAN));
	fake.deaf = DEVICE_PART_MODE;
	fake_link(FAKE_DEVICE)->addrgenmode = 0;
	assert_int_equal(fight(&host, do_nothing), BACKOFF_PATIENCE_PART);
	assert_step(&host, CHANGE_PUT_OFF, "fake.1 addrgenmode none");
	assert_int_equal(host.backoff.due, START + 200);
	assert_false(pass_fell_short(host.pass));
	assert_false(pass_lacks_interface(host.pass));
	host.now += 200;
	assert_true(run(&host));
	assert_false(run(&host));
	assert_int_equal(host.backoff.due, START + 200 + 400);
	close_host(&host);
}

static void it_is_named_once(void **state)
{
	struct host host;
	uint32_t named = 0;

	(void)state;
	open_with(&host, FILE_OF(VXLAN));
	fake.deaf = DEVICE_PART_MODE;
	fake_link(FAKE_DEVICE)->addrgenmode = 0;
	for (int i = 0; i < 20; i++, host.now += 10000) {
		(void)run(&host);
		named += host.pass->step_count > 0 && host.pass->steps[0].again != 0;
	}
	assert_int_equal(named, 1);
	close_host(&host);
}

/* Another part of the same device is repaired at once meanwhile. */
static void other_parts_are_set_meanwhile(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, FILE_OF(VXLAN));
	fake.deaf = DEVICE_PART_MODE;
	fake_link(FAKE_DEVICE)->addrgenmode = 0;
	(void)fight(&host, do_nothing);
	fake_link(FAKE_DEVICE)->mtu = 1300;
	assert_true(run(&host));
	assert_int_equal(fake_link(FAKE_DEVICE)->mtu, 1450);
	assert_non_null(find_step(&host, CHANGE_PUT_OFF));
	assert_step(&host, CHANGE_APPLIED, "fake.1 mtu 1450 (was 1300)");
	close_host(&host);
}

static void undo_mtu(struct host *host)
{
	(void)host;
	fake_link(FAKE_DEVICE)->mtu = 1300;
}

static void undo_mac(struct host *host)
{
	uint8_t *first = &fake_link(FAKE_DEVICE)->mac.bytes[0];

	(void)host;
	if (*first != 0x66)
		fake_drop(FAKE_DEVICE, 0, false); /* as the kernel does when a MAC changes */
	*first = 0x66;
}

static void undo_address(struct host *host)
{
	struct links *links = &host->world.picture.links;

	for (uint32_t i = links->addresses.count; i-- > 0;) {
		if (links_address_at(links, i)->link == FAKE_DEVICE)
			fake_remove(&links->addresses, i);
	}
}

static void undo_device(struct host *host)
{
	(void)host;
	if (fake_link(FAKE_DEVICE) != NULL)
		fake_remove_device(FAKE_DEVICE);
}

static void undo_fdb(struct host *host)
{
	(void)host;
	if (fake_rows(CHANGE_FDB)->count == 2)
		fake_remove(fake_rows(CHANGE_FDB), 1);
}

static void undo_neigh(struct host *host)
{
	(void)host;
	if (fake_rows(CHANGE_NEIGH)->count == 2)
		fake_remove(fake_rows(CHANGE_NEIGH), 1);
}

static void undo_route(struct host *host)
{
	(void)host;
	if (fake_rows(CHANGE_ROUTE)->count == 2)
		fake_remove(fake_rows(CHANGE_ROUTE), 1);
}

/* A route of croute's protocol that nobody wants is put there again. */
static void undo_removal(struct host *host)
{
	for (uint32_t i = 0; i < fake_rows(CHANGE_ROUTE)->count; i++) {
		if (((const struct route *)rows_at(fake_rows(CHANGE_ROUTE), i))->metric == 7)
			return;
	}
	world_put(&host->world, "10.245.0.0/24 via 10.0.0.9 metric 7");
}

static void undo_surplus(struct host *host)
{
	const struct route *right = rows_at(fake_rows(CHANGE_ROUTE), 0);
	struct route row = *right;

	(void)host;
	row.gateway[3] = 99;
	if (fake_rows(CHANGE_ROUTE)->count == 2)
		assert_int_equal(rows_add(fake_rows(CHANGE_ROUTE), &row), 0);
}

static void undo_table(struct host *host)
{
	(void)host;
	fake.nft_rules = 0;
}

static void nothing_is_done_for_ever_whatever_is_undone(void **state)
{
	static const struct {
		void (*undo)(struct host *host);
		uint32_t passes;
	} kinds[] = {
		{undo_mtu, BACKOFF_PATIENCE_PART},
		{undo_mac, BACKOFF_PATIENCE_PART + 1}, /* its neighbours, which went with it */
		{undo_address, BACKOFF_PATIENCE_PART},
		{undo_device, BACKOFF_PATIENCE},
		{undo_fdb, BACKOFF_PATIENCE},
		{undo_neigh, BACKOFF_PATIENCE},
		{undo_route, BACKOFF_PATIENCE},
		{undo_removal, BACKOFF_PATIENCE},
		{undo_surplus, BACKOFF_PATIENCE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct host host;

		open_with(&host, FILE_OF(VXLAN));
		assert_int_equal(fight(&host, kinds[i].undo), kinds[i].passes);
		assert_int_equal(host.backoff.due, START + 200);
		host.now += 200;
		assert_true(run(&host));
		close_host(&host);
	}
}

static void nor_a_table(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, FILE_OF("agent: {masquerade: true}\n"));
	assert_int_equal(fight(&host, undo_table), BACKOFF_PATIENCE);
	assert_int_equal(find_step(&host, CHANGE_PUT_OFF)->todo.action, VTEP_MAKE);
	close_host(&host);
}

/* A device of croute's that nobody wants, made again and again. */
static void put_device(struct host *host)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, 75);

	if (fake_link(75) == NULL)
		assert_int_equal(rows_add(&host->world.picture.links.links, &link), 0);
}

static void nor_is_a_device_removed_for_ever(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, FILE_OF(""));
	assert_int_equal(fight(&host, put_device), BACKOFF_PATIENCE);
	assert_step(&host, CHANGE_PUT_OFF, "croute.1 vni 1 port 8472");
	close_host(&host);
}

/* While its device must wait, a family is left as it is. */
static void rows_of_a_device_that_waits_stay(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, FILE_OF(VXLAN));
	(void)fight(&host, undo_device);
	assert_true(host.pass->picture.family[0].stuck);
	assert_int_equal(plan_change_count(&host.pass->picture.plan), 0);
	host.now += 200;
	assert_true(run(&host));
	assert_int_equal(fake_rows(CHANGE_ROUTE)->count, 2);
	close_host(&host);
}

static bool warns_of_mac(struct host *host, uint8_t last_byte)
{
	fake_link(FAKE_DEVICE)->mac.bytes[5] ^= last_byte;
	(void)run(host);
	return (host->pass->picture.notes & NOTE_CHANGED_MAC) != 0;
}

static void putting_back_its_own_mac_loses_no_packets(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, FILE_OF(VXLAN));
	assert_false(warns_of_mac(&host, 1));
	host.pass->mac[0] = (struct mac){0}; /* as in another process */
	assert_false(warns_of_mac(&host, 1));
	close_host(&host);
}

static void a_mac_that_follows_from_another_address_is_new_to_the_peers(void **state)
{
	struct host host;

	(void)state;
	open_with(&host, FILE_OF(VXLAN));
	host.pass->mac[0] = (struct mac){0};
	fake_link(FAKE_DEVICE)->vxlan.local.bytes[3] ^= 1;
	assert_true(warns_of_mac(&host, 1));
	assert_false(warns_of_mac(&host, 1));
	close_host(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_that_never_takes_is_set_five_times_and_then_seldom),
		cmocka_unit_test(it_is_named_once),
		cmocka_unit_test(other_parts_are_set_meanwhile),
		cmocka_unit_test(nothing_is_done_for_ever_whatever_is_undone),
		cmocka_unit_test(nor_a_table),
		cmocka_unit_test(nor_is_a_device_removed_for_ever),
		cmocka_unit_test(putting_back_its_own_mac_loses_no_packets),
		cmocka_unit_test(a_mac_that_follows_from_another_address_is_new_to_the_peers),
		cmocka_unit_test(rows_of_a_device_that_waits_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
