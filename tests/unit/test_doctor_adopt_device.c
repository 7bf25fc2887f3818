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
	assert_check(&patient, "adopt-mac", DOCTOR_FAILURE,
		     "flannel.1 has the MAC 2a:2c:18:5f:e2:99, to which peers send, and the file "
		     "names 2a:2c:18:5f:e2:01",
		     "in the entry of worker-1: vtepMAC: '2a:2c:18:5f:e2:99'");
	assert_check(&patient, "adopt-device", DOCTOR_OK, "taken over in place", "");
	adopting_link(&patient, PATIENT_DEVICE)->mac = adopting_mac("2a:2c:18:5f:e2:01");
	adopting_link(&patient, PATIENT_DEVICE_V6)->mac = adopting_mac("2a:2c:18:5f:e2:98");
	assert_check(&patient, "adopt-mac", DOCTOR_FAILURE, "flannel-v6.1 has the MAC",
		     "vtepMAC6: '2a:2c:18:5f:e2:98'");
	patient_close(&patient);
	adopting_open(&patient, ADOPTING_HEAD ADOPTING_TUNNEL "nodes:\n" ADOPTING_NODE("1", ""));
	assert_check(&patient, "adopt-mac", DOCTOR_FAILURE, "makes from the node's name",
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
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "it is of \"mine\"", "");
	(void)snprintf(link->alias, sizeof(link->alias), "croute");
	assert_check(&patient, "adopt-device", DOCTOR_OK, "flannel.1 is croute's already", "");
	link->alias[0] = '\0';
	(void)snprintf(link->kind, sizeof(link->kind), "dummy");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "is not a VXLAN device", "");
	patient_close(&patient);
}

static void what_is_changed_in_place_is_a_warning(void **state)
{
	struct patient patient;
	struct link *link;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	link = adopting_link(&patient, PATIENT_DEVICE);
	link->vxlan.learning = 1;
	link->vxlan.underlay = WORLD_ETH3;
	assert_check(&patient, "adopt-device", DOCTOR_WARNING,
		     "flannel.1 is not as the file says, and will be changed in place: link below, "
		     "learning",
		     "");
	link->vxlan.learning = 0;
	link->vxlan.underlay = WORLD_ETH1;
	link->txqlen = 1000;
	assert_check(&patient, "adopt-device", DOCTOR_OK, "flannel.1 is as the file says", "");
	patient_close(&patient);
}

static void a_device_of_another_name_is_not_taken(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	patient.facts.ipv4.device = "croute.1";
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE,
		     "flannel's device is flannel.1, VNI 1, port 8472, and the file calls it "
		     "croute.1",
		     "device: flannel.1");
	(void)snprintf(adopting_link(&patient, PATIENT_DEVICE)->name, LINK_NAME_MAX, "vx0");
	assert_check(&patient, "adopt-device", DOCTOR_WARNING,
		     "croute.1 does not exist: it will be created", "");
	patient.facts.ipv6.device = "gone";
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
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "flannel's tunnel flannel.1 is here",
		     "type: vxlan, vxlan: {vni: 1, port: 8472, device: flannel.1}");
	patient_close(&patient);
}

static void names_peers_without_a_mac(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_HEAD ADOPTING_TUNNEL
		      "nodes:\n" ADOPTING_NODE("1", "") ADOPTING_NODE("2", ADOPTING_MAC_4("2"))
			      ADOPTING_NODE("3", ADOPTING_MAC_4("3") ADOPTING_MAC_6("3"))
				      ADOPTING_NODE("4", "") ADOPTING_NODE("5", "")
					      ADOPTING_NODE("6", ""));
	assert_check(&patient, "adopt-peers", DOCTOR_WARNING,
		     "4 of 5 peers have no vtepMAC in the file, and flannel's device has a MAC "
		     "that no name gives away: worker-2, worker-4, worker-5 and 1 more",
		     "croute import --from kube-nodes --address flannel");
	patient.facts.ipv6.wanted = false;
	assert_check(&patient, "adopt-peers", DOCTOR_WARNING, "3 of 5", "import");
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
	assert_check(&patient, "adopt-peers", DOCTOR_OK, "as the kernel knows them", "");
	take_neigh(&patient, "10.244.3.0", "2a:2c:18:5f:e2:33");
	assert_check(&patient, "adopt-peers", DOCTOR_FAILURE, "their pods would be lost: worker-3",
		     "croute import");
	take_neigh(&patient, "fd10:244:0:3::", "52:6b:d0:7a:41:33");
	assert_int_equal(patient.facts.adopt.strangers.count, 1);
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_mac_that_the_file_must_have),
		cmocka_unit_test(a_device_that_would_be_made_anew_is_a_failure),
		cmocka_unit_test(what_is_changed_in_place_is_a_warning),
		cmocka_unit_test(a_device_of_another_name_is_not_taken),
		cmocka_unit_test(a_tunnel_beside_a_file_without_one_is_a_failure),
		cmocka_unit_test(names_peers_without_a_mac),
		cmocka_unit_test(names_peers_whose_mac_the_kernel_knows_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
