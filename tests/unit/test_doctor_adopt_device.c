/* test_doctor_adopt_device.c - what of flannel's device and MACs does not fit the file is told. */
#include "app/doctor/doctor.h"

#include "adopting.h"

#include <linux/neighbour.h>

static void names_the_mac_that_the_file_must_have(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	adopting_link(&patient, PATIENT_DEVICE)->mac = adopting_mac("2a:2c:18:5f:e2:99");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE,
		     "flannel.1 has MAC 2a:2c:18:5f:e2:99, and 2a:2c:18:5f:e2:01 would be this "
		     "node's by the file",
		     "in the entry of worker-1: vtepMAC: '2a:2c:18:5f:e2:99'");
	adopting_link(&patient, PATIENT_DEVICE)->mac = adopting_mac("2a:2c:18:5f:e2:01");
	adopting_link(&patient, PATIENT_DEVICE_V6)->mac = adopting_mac("2a:2c:18:5f:e2:98");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "flannel-v6.1 has MAC",
		     "vtepMAC6: '2a:2c:18:5f:e2:98'");
	patient_close(&patient);
	adopting_open(&patient, ADOPTING_HEAD ADOPTING_TUNNEL "nodes:\n" ADOPTING_NODE("1", ""));
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "would be this node's",
		     "vtepMAC: '2a:2c:18:5f:e2:01'");
	patient_close(&patient);
}

static void a_device_that_would_be_made_anew_is_a_failure(void **state)
{
	struct patient patient;
	struct link *link;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	link = adopting_link(&patient, PATIENT_DEVICE);
	link->vxlan.vni = 7;
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE,
		     "flannel.1 has VNI 7, the file says 1",
		     "vni: 7, port: 8472, device: flannel.1");
	link->vxlan.vni = 1;
	link->vxlan.port = 4789;
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "flannel.1 has UDP port 4789",
		     "vni: 1, port: 4789");
	link->vxlan.port = 8472;
	link->vxlan.udp_csum = 0;
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "UDP checksums off", "");
	link->vxlan.udp_csum = 1;
	(void)snprintf(link->alias, sizeof(link->alias), "mine");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "it is of \"mine\"", "another name");
	(void)snprintf(link->alias, sizeof(link->alias), "croute");
	assert_check(&patient, "adopt-device", DOCTOR_OK, "flannel.1 is croute's already", "");
	link->alias[0] = '\0';
	(void)snprintf(link->kind, sizeof(link->kind), "dummy");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "is not a VXLAN device",
		     "another name");
	patient_close(&patient);
}

static void a_device_of_another_name_is_not_taken(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	patient.facts.family[0].device = "croute.1";
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE,
		     "flannel's tunnel is flannel.1, and the file calls it croute.1",
		     "device: flannel.1");
	(void)snprintf(adopting_link(&patient, PATIENT_DEVICE)->name, LINK_NAME_MAX, "vx0");
	assert_check(&patient, "adopt-device", DOCTOR_WARNING,
		     "croute.1 does not exist: it will be created", "");
	patient.facts.family[1].device = "gone";
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "flannel-v6.1",
		     "deviceV6: flannel-v6.1");
	patient_close(&patient);
}

static void a_tunnel_beside_a_file_without_one_is_a_failure(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_HOST_GW);
	assert_check(&patient, "adopt-device", DOCTOR_OK, "flannel left none", "");
	patient_add_vxlan(&patient, 20, "flannel.1");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE,
		     "flannel's tunnel is flannel.1, and the file asks for none",
		     "type: vxlan, vxlan: {vni: 1, port: 8472, device: flannel.1}");
	patient_close(&patient);
}

static void take_neigh(struct patient *patient, const char *address, const char *mac)
{
	struct neigh row = {.link = PATIENT_DEVICE,
			    .ip = world_prefix(address).ip,
			    .mac = adopting_mac(mac),
			    .state = NUD_PERMANENT};

	doctor_take_adopted(&patient->facts, &row);
}

static void names_peers_whose_mac_the_kernel_knows_otherwise(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	take_neigh(&patient, "10.244.2.0", "2a:2c:18:5f:e2:02");
	take_neigh(&patient, "fd10:244:0:2::", "52:6b:d0:7a:41:02");
	take_neigh(&patient, "10.244.9.0", "2a:2c:18:5f:e2:09"); /* nobody's */
	take_neigh(&patient, "10.244.3.7", "2a:2c:18:5f:e2:09"); /* no network address */
	take_neigh(&patient, "10.244.1.0", "2a:2c:18:5f:e2:09"); /* this node's */
	assert_check(&patient, "adopt-peers", DOCTOR_OK, "that the kernel knows", "");
	take_neigh(&patient, "10.244.3.0", "2a:2c:18:5f:e2:33");
	assert_check(&patient, "adopt-peers", DOCTOR_FAILURE, "would be lost: worker-3",
		     "croute import");
	take_neigh(&patient, "fd10:244:0:3::", "52:6b:d0:7a:41:33");
	assert_int_equal(patient.facts.strangers.count, 1);
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_mac_that_the_file_must_have),
		cmocka_unit_test(a_device_that_would_be_made_anew_is_a_failure),
		cmocka_unit_test(a_device_of_another_name_is_not_taken),
		cmocka_unit_test(a_tunnel_beside_a_file_without_one_is_a_failure),
		cmocka_unit_test(names_peers_whose_mac_the_kernel_knows_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
