/* test_doctor_adopt.c - what would go wrong in a takeover from flannel is told before it. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include "adopting.h"

#include <linux/neighbour.h>

static void assert_ready(const char *yaml)
{
	struct patient patient;
	uint32_t seen = 0;

	adopting_open(&patient, yaml);
	doctor_run(&patient.facts, &patient.report);
	for (uint32_t i = 0; i < patient.report.count; i++) {
		const struct doctor_check *check = &patient.report.checks[i];

		if (strncmp(check->name, "adopt", 5) != 0)
			continue;
		seen++;
		if (check->result != DOCTOR_OK || check->fix[0] != '\0' || check->text[0] == '\0')
			fail_msg("%s: %d: %s", check->name, (int)check->result, check->text);
	}
	assert_int_equal(seen, 4);
	patient_close(&patient);
}

static void finds_nothing_in_the_way_of_a_prepared_host(void **state)
{
	(void)state;
	assert_ready(ADOPTING_HOST_GW);
	assert_ready(ADOPTING_VXLAN);
}

static void looks_only_when_asked(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	doctor_run(&patient.facts, &patient.report);
	for (uint32_t i = 0; i < patient.report.count; i++)
		assert_true(strncmp(patient.report.checks[i].name, "adopt", 5) != 0);
	patient_close(&patient);
}

static void knows_little_without_a_file(void **state)
{
	static const char *const names[] = {"adopt", "adopt-peers", "adopt-cni"};
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	patient.facts.config = NULL;
	patient.facts.file.errors = 1;
	patient.facts.self = CONFIG_NOT_FOUND;
	patient.facts.family[0] = (struct doctor_family){.device = ""};
	patient.facts.family[1] = (struct doctor_family){.device = ""};
	patient.facts.routes_seen = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_check(&patient, names[i], DOCTOR_UNKNOWN, "needs a valid file", "");
	patient.facts.flanneld = 7;
	assert_check(&patient, "adopt-flanneld", DOCTOR_FAILURE, "process 7", "stop flanneld");
	patient_close(&patient);
}

static void wants_the_file_to_say_so(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, PATIENT_HOST_GW);
	assert_check(&patient, "adopt", DOCTOR_WARNING, "nothing would be taken over",
		     "adopt: flannel");
	patient_close(&patient);
}

static void a_running_flanneld_is_a_failure(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_HOST_GW);
	patient.host.is_container = true;
	assert_check(&patient, "adopt-flanneld", DOCTOR_UNKNOWN, "no flanneld is visible", "");
	patient.facts.flanneld = 4711;
	assert_check(&patient, "adopt-flanneld", DOCTOR_FAILURE, "flanneld runs, process 4711",
		     "stop flanneld on this host");
	patient_close(&patient);
}

static void take(struct patient *patient, const char *words, uint8_t flags)
{
	struct route route = world_route(words);

	route.flags = flags;
	doctor_take_route(&patient->facts, &route);
}

static void routes_of_flannel_are_fine_where_they_are_taken_over(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	assert_check(&patient, "foreign-routes", DOCTOR_OK, "no other program", "");
	take(&patient, "10.244.2.0/24 via 10.244.2.0 dev 7 proto 3", ROUTE_ONLINK);
	take(&patient, "fd10:244:0:2::/64 via fd10:244:0:2:: dev 8 proto 3 metric 1024",
	     ROUTE_ONLINK);
	take(&patient, "10.244.3.0/24 via 10.0.0.13 proto 3", 0); /* DirectRouting */
	take(&patient, "10.244.1.0/24 dev 3 proto 2", 0);	  /* our own pods */
	assert_check(&patient, "foreign-routes", DOCTOR_OK,
		     "3 routes of flannel's will be taken over", "");
	take(&patient, "10.244.8.0/24 via 10.0.0.1 proto 4", 0);
	assert_check(&patient, "foreign-routes", DOCTOR_WARNING,
		     "10.244.8.0/24 via 10.0.0.1 proto static", "ip route del 10.244.8.0/24");
	patient_close(&patient);
}

static void warns_of_a_subnet_env_that_nobody_keeps(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_HOST_GW);
	patient.facts.has_env = true;
	assert_check(&patient, "adopt-cni", DOCTOR_WARNING, "the CNI plugin flannel starts no pod",
		     "agent: {subnetEnv: /run/flannel/subnet.env}");
	patient.world.config.agent.subnet_env = 1;
	assert_check(&patient, "adopt-cni", DOCTOR_OK, "croute keeps", "");
	patient_close(&patient);
}

static void names_the_mac_that_the_file_must_have(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	adopting_link(&patient, PATIENT_DEVICE)->mac = adopting_mac("2a:2c:18:5f:e2:99");
	assert_check(&patient, "vxlan", DOCTOR_FAILURE,
		     "flannel.1 has MAC 2a:2c:18:5f:e2:99, and 2a:2c:18:5f:e2:01 would be this "
		     "node's by the file",
		     "in the entry of worker-1: vtepMAC: '2a:2c:18:5f:e2:99'");
	adopting_link(&patient, PATIENT_DEVICE)->mac = adopting_mac("2a:2c:18:5f:e2:01");
	adopting_link(&patient, PATIENT_DEVICE_V6)->mac = adopting_mac("2a:2c:18:5f:e2:98");
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "flannel-v6.1 has MAC",
		     "vtepMAC6: '2a:2c:18:5f:e2:98'");
	patient_close(&patient);
	adopting_open(&patient, ADOPTING_HEAD ADOPTING_TUNNEL "nodes:\n" ADOPTING_NODE("1", ""));
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "would be this node's",
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
	assert_check(&patient, "vxlan", DOCTOR_OK, "no other device", "");
	link->vxlan.vni = 7;
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "flannel.1 has VNI 7, the file says 1",
		     "vni: 7, port: 8472, device: flannel.1");
	link->vxlan.vni = 1;
	link->vxlan.port = 4789;
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "flannel.1 has UDP port 4789",
		     "vni: 1, port: 4789");
	link->vxlan.port = 8472;
	(void)snprintf(link->alias, sizeof(link->alias), "mine");
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "it has the alias mine", "ip link del");
	link->alias[0] = '\0';
	(void)snprintf(link->kind, sizeof(link->kind), "dummy");
	assert_check(&patient, "vxlan", DOCTOR_FAILURE, "is not croute's device", "ip link del");
	patient_close(&patient);
}

static void a_tunnel_beside_a_file_without_one_is_a_failure(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_HOST_GW);
	assert_check(&patient, "adopt", DOCTOR_OK, "says adopt: flannel", "");
	patient_add_vxlan(&patient, 20, "flannel.1");
	assert_check(&patient, "adopt", DOCTOR_FAILURE,
		     "flannel's tunnel flannel.1 is here, and the file asks for none",
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
		cmocka_unit_test(finds_nothing_in_the_way_of_a_prepared_host),
		cmocka_unit_test(looks_only_when_asked),
		cmocka_unit_test(knows_little_without_a_file),
		cmocka_unit_test(wants_the_file_to_say_so),
		cmocka_unit_test(a_running_flanneld_is_a_failure),
		cmocka_unit_test(routes_of_flannel_are_fine_where_they_are_taken_over),
		cmocka_unit_test(warns_of_a_subnet_env_that_nobody_keeps),
		cmocka_unit_test(names_the_mac_that_the_file_must_have),
		cmocka_unit_test(a_device_that_would_be_made_anew_is_a_failure),
		cmocka_unit_test(a_tunnel_beside_a_file_without_one_is_a_failure),
		cmocka_unit_test(names_peers_whose_mac_the_kernel_knows_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
