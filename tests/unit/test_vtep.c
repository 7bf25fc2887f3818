/* test_vtep.c - the MACs of names, and the device that is wanted. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/vtep.h"

#include "peers.h"
#include "vxlan_link.h"

#include <errno.h>

/* The MAC of the only node of a file, on the underlay of a family. */
static void assert_mac(const char *node, uint8_t family, const char *wanted)
{
	struct world world = {0};
	char yaml[400];
	char text[MAC_TEXT_MAX];
	struct mac mac;

	(void)snprintf(
		yaml, sizeof(yaml),
		"version: 1\nnodes:\n  - {%s, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n",
		node);
	world_read_config(&world, yaml);
	assert_int_equal(world.diags.errors, 0);
	mac = config_vtep_mac(&world.config, config_node_at(&world.config, 0), family);
	assert_string_equal(mac_format(&mac, text), wanted);
	config_release(&world.config);
}

/* `printf worker-2 | sha256sum` begins with 1ce9fa3f65c1, of worker-3 with 1a093e229c85, of
 * worker-2/6 with 00def3b9820e. */
static void a_mac_is_the_first_six_bytes_of_the_names_sha256(void **state)
{
	(void)state;
	assert_mac("name: worker-2", AF_INET, PEERS_MAC_2);
	assert_mac("name: worker-3", AF_INET, PEERS_MAC_3);
}

static void on_the_ipv6_underlay_it_is_of_the_name_and_a_six(void **state)
{
	(void)state;
	assert_mac("name: worker-2", AF_INET6, PEERS_MAC6_2);
	assert_mac("name: worker-3", AF_INET6, "fe:90:d3:2b:5f:3f");
}

static void a_mac_of_the_file_wins_on_its_own_underlay(void **state)
{
	(void)state;
	assert_mac("name: worker-2, vtepMAC: '0e:00:0a:00:00:0b'", AF_INET, "0e:00:0a:00:00:0b");
	assert_mac("name: worker-2, vtepMAC: '0e:00:0a:00:00:0b'", AF_INET6, PEERS_MAC6_2);
	assert_mac("name: worker-2, vtepMAC6: '0e:00:0a:00:00:0b'", AF_INET6, "0e:00:0a:00:00:0b");
	assert_mac("name: worker-2, vtepMAC6: '0e:00:0a:00:00:0b'", AF_INET, PEERS_MAC_2);
}

static void every_derived_mac_is_unicast_and_locally_administered(void **state)
{
	struct world world = {0};
	char yaml[200];

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		struct mac mac;

		(void)snprintf(yaml, sizeof(yaml),
			       "version: 1\nnodes:\n"
			       "  - {name: n%u, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n",
			       i);
		world_read_config(&world, yaml);
		mac = config_vtep_mac(&world.config, config_node_at(&world.config, 0), AF_INET);
		assert_int_equal(mac.bytes[0] & 0x03, 0x02);
		config_release(&world.config);
	}
}

/* What is wanted of worker-1's device over an underlay; `settings` are backend.vxlan's. */
static int device_by(const char *settings, const struct selected *underlay, struct device *out,
		     struct error *err)
{
	struct world world = {0};
	char yaml[800];
	int status;

	(void)snprintf(yaml, sizeof(yaml),
		       "version: 1\nbackend: {type: vxlan, vxlan: {%s}}\nnodes:\n"
		       "  - {name: worker-1, address: [10.0.0.11, 'fd00::11'],"
		       " podCIDRs: [10.244.1.0/24, 'fd10:244:1::/64']}\n",
		       settings);
	world_open(&world, yaml);
	status = vtep_device(&world.config, config_node_at(&world.config, 0), underlay, out, err);
	if (status == 0) {
		vtep_join_vrf(out, &world.config, &world.picture.links);
		assert_int_equal(out->unknown, DEVICE_PART_MASTER); /* there is no VRF */
	}
	world_close(&world);
	return status;
}

static struct selected underlay_of(const char *address, uint32_t mtu)
{
	return (struct selected){
		.index = 2, .mtu = mtu, .name = "eth1", .address = world_prefix(address).ip};
}

static void the_device_is_what_the_file_says_over_the_chosen_interface(void **state)
{
	struct selected underlay = underlay_of("10.0.0.11", 1500);
	struct prefix address = world_prefix("10.244.1.0/32");
	struct mac mac = peers_mac("12:02:9f:9e:83:d1");
	struct device device = {.name = ""};
	struct error err = {0};

	(void)state;
	assert_int_equal(device_by("vni: 7, port: 4789, device: tun7", &underlay, &device, &err),
			 0);
	assert_string_equal(device.name, "tun7");
	assert_int_equal(device.vni, 7);
	assert_int_equal(device.port, 4789);
	assert_int_equal(device.underlay, 2);
	assert_int_equal(device.mtu, 1450);
	assert_true(ip_same(&device.local, &underlay.address));
	assert_true(mac_same(&device.mac, &mac));
	assert_true(prefix_same(&device.address[address.ip.family == AF_INET ? 0 : 1], &address));
}

static void the_ipv6_underlay_has_a_device_of_its_own(void **state)
{
	struct selected underlay = underlay_of("fd00::11", 1500);
	struct prefix address = world_prefix("fd10:244:1::/128");
	struct device device = {.name = ""};
	struct error err = {0};

	(void)state;
	assert_int_equal(device_by("vni: 7", &underlay, &device, &err), 0);
	assert_string_equal(device.name, "croute-v6.7");
	assert_int_equal(device.mtu, 1430);
	assert_true(prefix_same(&device.address[address.ip.family == AF_INET ? 0 : 1], &address));
}

static void a_given_mtu_is_taken_as_it_is(void **state)
{
	struct selected underlay = underlay_of("10.0.0.11", 9000);
	struct device device = {.name = ""};
	struct error err = {0};

	(void)state;
	assert_int_equal(device_by("mtu: 1400", &underlay, &device, &err), 0);
	assert_int_equal(device.mtu, 1400);
}

static void an_mtu_that_ipv6_cannot_use_says_what_to_do(void **state)
{
	struct selected small = underlay_of("fd00::11", 1349);
	struct selected enough = underlay_of("fd00::11", 1350);
	struct device device = {.mtu = 77};
	struct error err = {0};

	(void)state;
	assert_int_equal(device_by("mtu: auto", &small, &device, &err), -EINVAL);
	assert_string_equal(err.text, "an MTU of 1279 is below the 1280 that IPv6 needs: raise the "
				      "MTU of eth1 to 1350 or more");
	assert_int_equal(device.mtu, 77);
	assert_int_equal(device_by("mtu: 1279", &enough, &device, &err), -EINVAL);
	assert_string_equal(err.text, "an MTU of 1279 is below the 1280 that IPv6 needs: raise "
				      "backend.vxlan.mtu");
	assert_int_equal(device_by("mtu: auto", &enough, &device, &err), 0);
	assert_int_equal(device.mtu, 1280);
	small = underlay_of("10.0.0.11", 1200);
	assert_int_equal(device_by("mtu: auto", &small, &device, &err), 0);
	assert_int_equal(device.mtu, 1150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mac_is_the_first_six_bytes_of_the_names_sha256),
		cmocka_unit_test(on_the_ipv6_underlay_it_is_of_the_name_and_a_six),
		cmocka_unit_test(a_mac_of_the_file_wins_on_its_own_underlay),
		cmocka_unit_test(every_derived_mac_is_unicast_and_locally_administered),
		cmocka_unit_test(the_device_is_what_the_file_says_over_the_chosen_interface),
		cmocka_unit_test(the_ipv6_underlay_has_a_device_of_its_own),
		cmocka_unit_test(a_given_mtu_is_taken_as_it_is),
		cmocka_unit_test(an_mtu_that_ipv6_cannot_use_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
