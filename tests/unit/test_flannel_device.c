/* test_flannel_device.c - flannel's device is taken over as it is, or left with what to do. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/flannel/flannel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "vxlan_link.h"

#define FLANNELS 70

/* A host with flannel's device just as croute would have it. */
struct host {
	struct config config;
	struct links links;
	struct device device;
	struct vtep_action step;
	struct error err;
};

static struct link *open_host(struct host *host, uint8_t family)
{
	struct link_address address = {.link = FLANNELS};
	struct link link;

	*host = (struct host){.config = {.adopt = ADOPT_FLANNEL}, .device = vxlan_device(family)};
	(void)snprintf(host->device.name, sizeof(host->device.name),
		       family == AF_INET ? "flannel.1" : "flannel-v6.1");
	links_init(&host->links);
	link = vxlan_link(&host->device, FLANNELS);
	link.alias[0] = '\0';
	address.ip = host->device.address[FAMILY_INDEX(family)].ip;
	address.len = host->device.address[FAMILY_INDEX(family)].len;
	assert_int_equal(rows_add(&host->links.links, &link), 0);
	assert_int_equal(rows_add(&host->links.addresses, &address), 0);
	return rows_at(&host->links.links, 0);
}

static const struct link *find(const struct host *host)
{
	return flannel_find_device(&host->config, &host->device, &host->links);
}

/* Ends the host. */
static void assert_not_found(struct host *host)
{
	assert_null(find(host));
	links_release(&host->links);
}

static void assert_taken_over(struct host *host, uint32_t parts, bool address)
{
	const struct link *link = find(host);

	assert_non_null(link);
	assert_int_equal(
		flannel_device_action(&host->device, &host->links, link, &host->step, &host->err),
		0);
	assert_int_equal(host->step.action, VTEP_MEND);
	assert_true(host->step.adopt);
	assert_int_equal(host->step.index, FLANNELS);
	assert_int_equal(host->step.parts, parts | DEVICE_PART_ALIAS);
	assert_int_equal(host->step.address, address);
	links_release(&host->links);
}

static void assert_left_alone(struct host *host, const char *words)
{
	assert_int_equal(flannel_device_action(&host->device, &host->links, find(host), &host->step,
					       &host->err),
			 -EEXIST);
	if (strstr(host->err.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", host->err.text, words);
	assert_int_equal(host->step.index, 0);
	links_release(&host->links);
}

static void one_of_the_name_without_an_alias_is_found(void **state)
{
	struct host host;

	(void)state;
	(void)open_host(&host, AF_INET);
	assert_taken_over(&host, 0, false);
	(void)open_host(&host, AF_INET6);
	assert_taken_over(&host, 0, false);
}

static void nothing_else_is(void **state)
{
	struct host host;

	(void)state;
	(void)open_host(&host, AF_INET);
	host.config.adopt = ADOPT_NONE;
	assert_not_found(&host);
	(void)snprintf(open_host(&host, AF_INET)->name, LINK_NAME_MAX, "flannel.2");
	assert_not_found(&host);
	(void)snprintf(open_host(&host, AF_INET)->alias, LINK_ALIAS_MAX, "mine");
	assert_not_found(&host);
	(void)snprintf(open_host(&host, AF_INET)->alias, LINK_ALIAS_MAX, DEVICE_ALIAS);
	assert_not_found(&host);
	(void)snprintf(open_host(&host, AF_INET)->kind, LINK_NAME_MAX, "dummy");
	assert_not_found(&host);
	/* one that croute is just making */
	open_host(&host, AF_INET)->group = DEVICE_GROUP;
	assert_not_found(&host);
}

static void what_can_be_mended_is(void **state)
{
	struct host host;
	struct link *link;

	(void)state;
	link = open_host(&host, AF_INET);
	link->mtu = 1400;
	link->addrgenmode = 0;
	link->vxlan.learning = 1;
	rows_reset(&host.links.addresses);
	assert_taken_over(&host, DEVICE_PART_MTU | DEVICE_PART_MODE | DEVICE_PART_LEARNING, true);
}

static void what_needs_a_new_device_is_an_error_that_names_it(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET)->vxlan.vni = 7;
	assert_left_alone(&host, "flannel.1 has VNI 7, the file says 1");
	open_host(&host, AF_INET)->vxlan.port = 4789;
	assert_left_alone(&host, "flannel.1 has UDP port 4789, the file says 8472");
	open_host(&host, AF_INET)->vxlan.local.family = AF_INET6;
	assert_left_alone(&host, "flannel.1 has no IPv4 underlay");
	open_host(&host, AF_INET)->vxlan.local = (struct ip){0};
	assert_left_alone(&host, "flannel.1 has no IPv4 underlay");
	open_host(&host, AF_INET)->vxlan.odd = 1;
	assert_left_alone(&host, "flags that croute never sets");
	open_host(&host, AF_INET)->vxlan.udp_csum = 0;
	assert_left_alone(&host, "flannel.1 has its UDP checksums off");
	open_host(&host, AF_INET6)->vxlan.udp_csum = 0;
	assert_taken_over(&host, 0, false);
}

static void its_mac_is_never_changed(void **state)
{
	struct host host;

	(void)state;
	open_host(&host, AF_INET)->mac.bytes[5] = 0x77;
	assert_left_alone(&host,
			  "flannel.1 has MAC 02:00:00:00:00:77, and 02:00:00:00:00:0b would be");
	open_host(&host, AF_INET)->mac.bytes[5] = 0x77;
	assert_left_alone(&host, "write vtepMAC: '02:00:00:00:00:77'");
	open_host(&host, AF_INET6)->mac.bytes[5] = 0x77;
	assert_left_alone(&host, "write vtepMAC6: '02:00:00:00:00:77'");
}

/* All that device_needs_remake knows of is told before. */
static void nothing_is_ever_made_anew(void **state)
{
	struct host host;
	struct link *link = open_host(&host, AF_INET);

	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		link->vxlan.vni = 1 + (bits & 1);
		link->vxlan.port = bits & 2 ? 1 : 8472;
		link->vxlan.odd = (bits & 4) != 0;
		link->vxlan.udp_csum = (bits & 8) == 0;
		assert_int_equal(flannel_device_action(&host.device, &host.links, link, &host.step,
						       NULL) < 0,
				 device_needs_remake(&host.device, link));
	}
	links_release(&host.links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_the_name_without_an_alias_is_found),
		cmocka_unit_test(nothing_else_is),
		cmocka_unit_test(what_can_be_mended_is),
		cmocka_unit_test(what_needs_a_new_device_is_an_error_that_names_it),
		cmocka_unit_test(its_mac_is_never_changed),
		cmocka_unit_test(nothing_is_ever_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
