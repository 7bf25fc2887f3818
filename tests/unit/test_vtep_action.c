/* test_vtep_action.c - what is done with the links that are there, for one wanted device. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/vtep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "vxlan_link.h"

#define OURS 70
#define OTHER 80

/* A host with an underlay, to which a test adds the rest. */
struct host {
	struct links links;
	struct device device;
	struct vtep_action step;
	struct error err;
};

static void open_host(struct host *host, uint8_t family)
{
	struct link eth1 = {.index = 2, .flags = IFF_UP, .mtu = 1500, .name = "eth1"};

	*host = (struct host){.device = vxlan_device(family)};
	links_init(&host->links);
	assert_int_equal(rows_add(&host->links.links, &eth1), 0);
}

static void add_address(struct host *host, uint32_t link, struct prefix address)
{
	struct link_address row = {.link = link, .ip = address.ip, .len = address.len};

	assert_int_equal(rows_add(&host->links.addresses, &row), 0);
}

/* A device that is just right, address and all. */
static struct link *add_ours(struct host *host)
{
	struct link link = vxlan_link(&host->device, OURS);

	assert_int_equal(rows_add(&host->links.links, &link), 0);
	add_address(host, OURS, host->device.address[FAMILY_INDEX(host->device.local.family)]);
	return rows_at(&host->links.links, host->links.links.count - 1);
}

/* The same under another name and of somebody else. */
static struct link *add_foreign(struct host *host, const char *name)
{
	struct link link = vxlan_link(&host->device, OTHER);

	link.alias[0] = '\0';
	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	assert_int_equal(rows_add(&host->links.links, &link), 0);
	return rows_at(&host->links.links, host->links.links.count - 1);
}

static int step(struct host *host)
{
	return vtep_decide(&host->device, &host->links, &host->step, &host->err);
}

/* Ends the host. */
static void assert_step(struct host *host, int action, uint32_t parts, bool address)
{
	assert_int_equal(step(host), 0);
	assert_int_equal(host->step.action, action);
	assert_int_equal(host->step.parts, parts);
	assert_int_equal(host->step.address, address);
	if (action != VTEP_MAKE)
		assert_int_equal(host->step.index, OURS);
	links_release(&host->links);
}

static void assert_refused(struct host *host, const char *words)
{
	host->step.index = 99;
	assert_int_equal(step(host), -EEXIST);
	assert_string_equal(host->err.text, words);
	assert_int_equal(host->step.index, 99);
	links_release(&host->links);
}

static void what_is_not_there_is_made(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	assert_step(&host, VTEP_MAKE, 0, true);
}

static void what_is_right_is_kept(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	(void)add_ours(&host);
	assert_step(&host, VTEP_KEEP, 0, false);
	open_host(&host, AF_INET6);
	(void)add_ours(&host);
	assert_step(&host, VTEP_KEEP, 0, false);
}

static void parts_that_differ_are_mended_together(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	open_host(&host, AF_INET);
	link = add_ours(&host);
	link->mtu = 1400;
	link->flags = 0;
	assert_step(&host, VTEP_MEND, DEVICE_PART_MTU | DEVICE_PART_UP, false);
}

static void an_address_alone_is_mended(void **state)
{
	struct prefix beside = {.ip = {.family = AF_INET, .bytes = {10, 9, 9, 9}}, .len = 32};
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	(void)add_ours(&host);
	rows_reset(&host.links.addresses);
	assert_step(&host, VTEP_MEND, 0, true);
	open_host(&host, AF_INET);
	(void)add_ours(&host);
	add_address(&host, OURS, beside);
	assert_step(&host, VTEP_MEND, 0, true);
	open_host(&host, AF_INET);
	(void)add_ours(&host);
	add_address(&host, 2, beside);
	assert_step(&host, VTEP_KEEP, 0, false);
}

static void an_address_of_another_length_is_mended(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	(void)add_ours(&host);
	((struct link_address *)rows_at(&host.links.addresses, 0))->len = 24;
	assert_step(&host, VTEP_MEND, 0, true);
}

static void a_link_local_address_goes_with_the_mode_that_made_it(void **state)
{
	struct prefix local = {.ip = {.family = AF_INET6, .bytes = {0xfe, 0x80, [15] = 1}},
			       .len = 64};
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	(void)add_ours(&host);
	add_address(&host, OURS, local);
	assert_step(&host, VTEP_KEEP, 0, false);
	open_host(&host, AF_INET);
	add_ours(&host)->addrgenmode = 0;
	add_address(&host, OURS, local);
	assert_step(&host, VTEP_MEND, DEVICE_PART_MODE, true);
}

static void another_vni_is_made_anew(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	add_ours(&host)->vxlan.vni = 2;
	assert_step(&host, VTEP_REMAKE, 0, true);
}

static void ours_under_another_name_is_made_anew(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	(void)snprintf(add_ours(&host)->name, LINK_NAME_MAX, "croute.old");
	assert_step(&host, VTEP_REMAKE, 0, true);
}

static void ours_on_another_vni_and_under_another_name_is_no_matter(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	open_host(&host, AF_INET);
	link = add_ours(&host);
	(void)snprintf(link->name, LINK_NAME_MAX, "croute.2");
	link->vxlan.vni = 2;
	assert_step(&host, VTEP_MAKE, 0, true);
}

static void a_name_that_a_foreign_link_has_is_refused(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	add_foreign(&host, "croute.1")->vxlan.port = 4789;
	assert_refused(&host, "croute.1 already exists and is not croute's: remove it, or name "
			      "another in backend.vxlan.device");
	open_host(&host, AF_INET);
	add_foreign(&host, "croute.1")->kind[0] = '\0';
	assert_refused(&host, "croute.1 already exists and is not croute's (nor virtual): remove "
			      "it, or name another in backend.vxlan.device");
}

static void a_foreign_device_on_the_vni_and_port_is_named(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	(void)add_foreign(&host, "flannel.1");
	assert_refused(&host, "VXLAN device flannel.1, not croute's, uses VNI 1 and UDP port "
			      "8472: remove it, or give another backend.vxlan.vni or port than 1 "
			      "and 8472");
	open_host(&host, AF_INET);
	add_foreign(&host, "flannel.1")->flags = 0;
	assert_int_equal(step(&host), -EEXIST);
	links_release(&host.links);
	open_host(&host, AF_INET);
	add_foreign(&host, "flannel.1")->vxlan.local = (struct ip){0};
	assert_int_equal(step(&host), -EEXIST);
	links_release(&host.links);
}

static void a_foreign_device_on_another_vni_or_port_is_no_matter(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET);
	add_foreign(&host, "vxlan7")->vxlan.vni = 7;
	assert_step(&host, VTEP_MAKE, 0, true);
	open_host(&host, AF_INET);
	add_foreign(&host, "vxlan1")->vxlan.port = 4789;
	assert_step(&host, VTEP_MAKE, 0, true);
}

static void a_foreign_device_of_the_other_family_is_no_matter(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET6);
	add_foreign(&host, "flannel.1")->vxlan.local.family = AF_INET;
	assert_step(&host, VTEP_MAKE, 0, true);
	open_host(&host, AF_INET);
	add_foreign(&host, "flannel-v6.1")->vxlan.local.family = AF_INET6;
	assert_step(&host, VTEP_MAKE, 0, true);
}

static void one_with_other_flags_holds_the_port_while_it_is_up(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	open_host(&host, AF_INET);
	link = add_foreign(&host, "vxlan_sys_8472");
	link->vxlan.vni = 0;
	link->vxlan.odd = 1;
	assert_refused(&host, "VXLAN device vxlan_sys_8472, not croute's, uses UDP port 8472 with "
			      "other flags: remove it, or give another backend.vxlan.port");
	open_host(&host, AF_INET);
	link = add_foreign(&host, "vxlan_sys_8472");
	link->vxlan.odd = 1;
	link->flags = 0;
	assert_step(&host, VTEP_MAKE, 0, true);
}

static void with_other_flags_an_external_one_holds_the_port_of_both_families(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	open_host(&host, AF_INET6);
	link = add_foreign(&host, "vxlan_sys_8472");
	link->vxlan.local = (struct ip){0};
	link->vxlan.vni = 0;
	link->vxlan.odd = 1;
	assert_int_equal(step(&host), -EEXIST);
	link->vxlan.vni = 7;
	assert_step(&host, VTEP_MAKE, 0, true);
}

static void other_flags_hold_the_port_of_their_family_alone(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	open_host(&host, AF_INET6);
	link = add_foreign(&host, "gbp0");
	link->vxlan.odd = 1;
	link->vxlan.vni = 5;
	link->vxlan.local.family = AF_INET;
	assert_step(&host, VTEP_MAKE, 0, true);
	open_host(&host, AF_INET6);
	link = add_foreign(&host, "external0");
	link->vxlan.odd = 1;
	link->vxlan.vni = 0;
	link->vxlan.local.family = AF_INET;
	assert_int_equal(step(&host), -EEXIST);
	links_release(&host.links);
}

static void what_comes_beside_a_device_that_is_up_is_no_matter(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	open_host(&host, AF_INET);
	(void)add_ours(&host);
	link = add_foreign(&host, "vxlan_sys_8472");
	link->vxlan.odd = 1;
	assert_step(&host, VTEP_KEEP, 0, false);
	open_host(&host, AF_INET);
	add_ours(&host)->flags = 0;
	link = add_foreign(&host, "vxlan_sys_8472");
	link->vxlan.odd = 1;
	assert_int_equal(step(&host), -EEXIST);
	links_release(&host.links);
}

static void one_that_was_being_made_is_finished(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	open_host(&host, AF_INET);
	link = add_ours(&host);
	link->alias[0] = '\0';
	link->group = DEVICE_GROUP;
	link->flags = 0;
	assert_step(&host, VTEP_MEND, DEVICE_PART_ALIAS | DEVICE_PART_UP, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there_is_made),
		cmocka_unit_test(what_is_right_is_kept),
		cmocka_unit_test(parts_that_differ_are_mended_together),
		cmocka_unit_test(an_address_alone_is_mended),
		cmocka_unit_test(an_address_of_another_length_is_mended),
		cmocka_unit_test(a_link_local_address_goes_with_the_mode_that_made_it),
		cmocka_unit_test(another_vni_is_made_anew),
		cmocka_unit_test(ours_under_another_name_is_made_anew),
		cmocka_unit_test(ours_on_another_vni_and_under_another_name_is_no_matter),
		cmocka_unit_test(a_name_that_a_foreign_link_has_is_refused),
		cmocka_unit_test(a_foreign_device_on_the_vni_and_port_is_named),
		cmocka_unit_test(a_foreign_device_on_another_vni_or_port_is_no_matter),
		cmocka_unit_test(a_foreign_device_of_the_other_family_is_no_matter),
		cmocka_unit_test(one_with_other_flags_holds_the_port_while_it_is_up),
		cmocka_unit_test(with_other_flags_an_external_one_holds_the_port_of_both_families),
		cmocka_unit_test(other_flags_hold_the_port_of_their_family_alone),
		cmocka_unit_test(what_comes_beside_a_device_that_is_up_is_no_matter),
		cmocka_unit_test(one_that_was_being_made_is_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
