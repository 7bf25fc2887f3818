/* test_doctor_network.c - what is wrong with links, tunnels and addresses. */
/* SPDX-License-Identifier: MIT */
#include "patient.h"

static struct link *link_of(struct patient *patient, const char *name)
{
	return rows_at(&patient->world.picture.links.links,
		       (uint32_t)(links_find_name(&patient->world.picture.links, name) -
				  links_at(&patient->world.picture.links, 0)));
}

static void wants_room_for_the_tunnel_around_packets(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	/* The pod bridge has 1500: more than the tunnel carries. */
	link_of(&patient, "cni0")->mtu = 1500;
	assert_check(&patient, "mtu", DOCTOR_WARNING, "cni0 may send 1500 bytes", "\"mtu\": 1430");
	link_of(&patient, "cni0")->mtu = 1430;
	assert_check(&patient, "mtu", DOCTOR_OK, "croute.1 has 1450", "");
	link_of(&patient, "croute.1")->mtu = 1451;
	assert_check(&patient, "mtu", DOCTOR_FAILURE, "big packets do not fit", "mtu: 1450");
	link_of(&patient, "croute.1")->mtu = 1450;
	link_of(&patient, "croute-v6.1")->mtu = 1450;
	assert_check(&patient, "mtu", DOCTOR_FAILURE, "with 70 bytes", "mtu: 1430");
	patient.facts.family[0].device = "gone";
	patient.facts.family[1].link.index = 0;
	assert_check(&patient, "mtu", DOCTOR_UNKNOWN, "gone does not exist yet", "");
	patient_close(&patient);
}

static void names_the_device_that_is_in_the_way(void **state)
{
	struct patient patient;
	struct link *other;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	other = patient_add_vxlan(&patient, 20, "flannel.1");
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "flannel.1 already uses VNI 1 on port 8472",
		     "adopt: flannel");
	other->vxlan.vni = 2;
	assert_check(&patient, "vxlan", DOCTOR_OK, "no other device", "");
	other->vxlan.odd = 1;
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "with other flags", "device: flannel.1");
	(void)snprintf(other->name, sizeof(other->name), "vx0");
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "vx0", "ip link del vx0");
	other->vxlan.port = 4789;
	assert_check(&patient, "vxlan", DOCTOR_OK, "no other", "");
	patient_close(&patient);
}

static void a_tunnel_that_lost_its_alias_is_a_failure(void **state)
{
	struct patient patient;
	struct link *link;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	link = link_of(&patient, "croute.1");
	link->alias[0] = '\0';
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "croute.1 has lost its alias \"croute\"",
		     "ip link set dev croute.1 alias croute");
	link->vxlan.vni = 9;
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "croute.1 is not croute's device",
		     "ip link del croute.1");
	link->vxlan.vni = 1;
	(void)snprintf(link->alias, sizeof(link->alias), "mine");
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "it has the alias mine", "ip link del");
	patient_close(&patient);
}

static void a_tunnel_belongs_into_no_bridge_and_into_the_vrf_of_its_routes(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	world_add_link(&patient.world, 30, "red", "vrf", IFF_UP);
	link_of(&patient, "croute.1")->master = 30;
	link_of(&patient, "red")->vrf_table = patient.world.config.kernel.table;
	assert_check(&patient, "vxlan", DOCTOR_OK, "no other device", "");
	link_of(&patient, "red")->vrf_table = 100;
	assert_check(&patient, "vxlan", DOCTOR_WARNING, "looked up in table 100",
		     "kernel: {table: 100}");
	link_of(&patient, "croute.1")->master = WORLD_CNI0;
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "croute.1 is a port of bridge cni0",
		     "ip link set dev croute.1 nomaster");
	patient_close(&patient);
}

static struct link_address *address_of(struct patient *patient, const char *text)
{
	struct link_address key = {.ip = world_prefix(text).ip};
	struct rows *rows = &patient->world.picture.links.addresses;

	return rows_at(rows, rows_find(rows, &key));
}

static void an_address_that_another_host_has_is_a_failure(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	address_of(&patient, "10.2.0.11")->flags = LINK_ADDRESS_FAILED; /* of no link of ours */
	assert_check(&patient, "addresses", DOCTOR_OK, "no address", "");
	address_of(&patient, "fd00::11")->flags = LINK_ADDRESS_TENTATIVE;
	assert_check(&patient, "addresses", DOCTOR_UNKNOWN, "fd00::11 on eth1 is tentative", "");
	address_of(&patient, "fd00::11")->flags = LINK_ADDRESS_TENTATIVE | LINK_ADDRESS_FAILED;
	assert_check(&patient, "addresses", DOCTOR_FAILURE, "fd00::11 on eth1 failed duplicate",
		     "ip addr del fd00::11/64 dev eth1 && ip addr add fd00::11/64 dev eth1");
	patient_close(&patient);
}

/* The tunnel's device has an address of the podCIDR, too. */
static void the_tunnel_is_no_link_of_pods_and_its_addresses_count(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	world_add_address(&patient.world, PATIENT_DEVICE, "10.244.1.0/32");
	assert_check(&patient, "mtu", DOCTOR_OK, "croute.1 has 1450", "");
	world_add_address(&patient.world, PATIENT_DEVICE_V6, "fe80::9/64");
	address_of(&patient, "fe80::9")->flags = LINK_ADDRESS_FAILED;
	assert_check(&patient, "addresses", DOCTOR_FAILURE, "fe80::9 on croute-v6.1", "ip addr");
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wants_room_for_the_tunnel_around_packets),
		cmocka_unit_test(names_the_device_that_is_in_the_way),
		cmocka_unit_test(a_tunnel_that_lost_its_alias_is_a_failure),
		cmocka_unit_test(a_tunnel_belongs_into_no_bridge_and_into_the_vrf_of_its_routes),
		cmocka_unit_test(an_address_that_another_host_has_is_a_failure),
		cmocka_unit_test(the_tunnel_is_no_link_of_pods_and_its_addresses_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
