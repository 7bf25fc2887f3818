/* test_doctor_adopt.c - what would go wrong in a takeover from flannel is told before it. */
#include "croute/core/doctor_adopt.h"

#include "patient.h"

#include <linux/neighbour.h>

#define MAC_4(n) ", vtepMAC: '2a:2c:18:5f:e2:0" n "'"
#define MAC_6(n) ", vtepMAC6: '52:6b:d0:7a:41:0" n "'"
#define NODE(n, macs)                                                                              \
	"- {name: worker-" n ", address: [10.0.0.1" n ", 'fd00::1" n "'], podCIDRs: [10.244." n    \
	".0/24, 'fd10:244:0:" n "::/64']" macs "}\n"
#define HEAD "version: 1\nadopt: flannel\n" PATIENT_NETWORK
#define TUNNEL "backend: {type: vxlan, vxlan: {device: flannel.1, deviceV6: flannel-v6.1}}\n"
#define NODES                                                                                      \
	"nodes:\n" NODE("1", MAC_4("1") MAC_6("1")) NODE("2", MAC_4("2") MAC_6("2"))               \
		NODE("3", MAC_4("3") MAC_6("3"))
#define ADOPTING_VXLAN HEAD TUNNEL NODES
#define ADOPTING_HOST_GW HEAD NODES

static struct mac mac_of(const char *text)
{
	struct mac mac;

	assert_int_equal(mac_parse(text_of(text), &mac), 0);
	return mac;
}

static struct link *link_at(struct patient *patient, uint32_t index)
{
	struct rows *links = &patient->world.links.links;

	for (uint32_t i = 0; i < links->count; i++) {
		struct link *link = rows_at(links, i);

		if (link->index == index)
			return link;
	}
	fail_msg("no link %u", index);
	return NULL;
}

/* As flannel leaves it. */
static void make_flannels(struct patient *patient, uint32_t index, const char *name,
			  const char *mac, const struct ip *local)
{
	struct link *link = link_at(patient, index);

	(void)snprintf(link->name, sizeof(link->name), "%s", name);
	link->mac = mac_of(mac);
	link->vxlan.local = *local;
	link->vxlan.underlay = WORLD_ETH1;
	link->vxlan.udp_csum = 1;
}

static void adopting_open(struct patient *patient, const char *yaml)
{
	patient_open(patient, yaml);
	patient->facts.adopt.asked = true;
	if (patient->facts.config->backend != BACKEND_VXLAN)
		return;
	make_flannels(patient, PATIENT_DEVICE, "flannel.1", "2a:2c:18:5f:e2:01",
		      &patient->facts.ipv4.address);
	make_flannels(patient, PATIENT_DEVICE_V6, "flannel-v6.1", "52:6b:d0:7a:41:01",
		      &patient->facts.ipv6.address);
	patient->facts.ipv4.device = "flannel.1";
	patient->facts.ipv6.device = "flannel-v6.1";
}

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
		if (check->result != DOCTOR_OK || check->mend[0] != '\0' || check->text[0] == '\0')
			fail_msg("%s: %s: %s", check->name, doctor_result_word(check->result),
				 check->text);
	}
	assert_int_equal(seen, 8);
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
	static const char *const names[] = {"adopt",	   "adopt-device", "adopt-mac",
					    "adopt-peers", "adopt-routes", "adopt-cni"};
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	patient.facts.config = NULL;
	patient.facts.self = CONFIG_NOT_FOUND;
	patient.facts.ipv4 = (struct doctor_family){.device = ""};
	patient.facts.ipv6 = (struct doctor_family){.device = ""};
	patient.facts.routes_seen = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_check(&patient, names[i], DOCTOR_UNKNOWN, "takes a valid file", "");
	patient.facts.adopt.flanneld = 7;
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
	patient.facts.adopt.hidden = true;
	assert_check(&patient, "adopt-flanneld", DOCTOR_UNKNOWN, "hidden", "");
	patient.facts.adopt.flanneld = 4711;
	assert_check(&patient, "adopt-flanneld", DOCTOR_FAILURE, "flanneld runs, process 4711",
		     "stop flanneld on this host");
	patient_close(&patient);
}

static void names_the_mac_that_the_file_must_have(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	link_at(&patient, PATIENT_DEVICE)->mac = mac_of("2a:2c:18:5f:e2:99");
	assert_check(&patient, "adopt-mac", DOCTOR_FAILURE,
		     "flannel.1 has the MAC 2a:2c:18:5f:e2:99, to which peers send, and the file "
		     "names 2a:2c:18:5f:e2:01",
		     "in the entry of worker-1: vtepMAC: '2a:2c:18:5f:e2:99'");
	assert_check(&patient, "adopt-device", DOCTOR_OK, "taken over in place", "");
	link_at(&patient, PATIENT_DEVICE)->mac = mac_of("2a:2c:18:5f:e2:01");
	link_at(&patient, PATIENT_DEVICE_V6)->mac = mac_of("2a:2c:18:5f:e2:98");
	assert_check(&patient, "adopt-mac", DOCTOR_FAILURE, "flannel-v6.1 has the MAC",
		     "vtepMAC6: '2a:2c:18:5f:e2:98'");
	patient_close(&patient);
	adopting_open(&patient, HEAD TUNNEL "nodes:\n" NODE("1", ""));
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
	link = link_at(&patient, PATIENT_DEVICE);
	link->vxlan.vni = 7;
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "it has VNI 7, the file says 1",
		     "vni: 7, port: 8472, device: flannel.1");
	link->vxlan.vni = 1;
	link->vxlan.port = 4789;
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "it has UDP port 4789",
		     "vni: 1, port: 4789");
	link->vxlan.port = 8472;
	link->vxlan.udp_csum = 0;
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "checksums are off", "");
	link->vxlan.udp_csum = 1;
	(void)snprintf(link->alias, sizeof(link->alias), "mine");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "it is of \"mine\"", "");
	(void)snprintf(link->alias, sizeof(link->alias), "croute");
	assert_check(&patient, "adopt-device", DOCTOR_OK, "flannel.1 is croute's already", "");
	link->alias[0] = '\0';
	(void)snprintf(link->kind, sizeof(link->kind), "dummy");
	assert_check(&patient, "adopt-device", DOCTOR_FAILURE, "no VXLAN device", "");
	patient_close(&patient);
}

static void what_is_changed_in_place_is_a_warning(void **state)
{
	struct patient patient;
	struct link *link;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	link = link_at(&patient, PATIENT_DEVICE);
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
	(void)snprintf(link_at(&patient, PATIENT_DEVICE)->name, LINK_NAME_MAX, "vx0");
	assert_check(&patient, "adopt-device", DOCTOR_WARNING,
		     "croute.1 is not there: it will be made", "");
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
	adopting_open(&patient, HEAD TUNNEL "nodes:\n" NODE("1", MAC_4("1") MAC_6("1"))
					NODE("2", MAC_4("2")) NODE("3", MAC_4("3") MAC_6("3"))
						NODE("4", "") NODE("5", "") NODE("6", ""));
	assert_check(&patient, "adopt-peers", DOCTOR_WARNING,
		     "4 of 5 peers have no vtepMAC in the file, and flannel's device has a MAC "
		     "that no name tells: worker-2, worker-4, worker-5 and 1 more",
		     "croute import --from kube-nodes --address flannel");
	patient.facts.ipv6.wanted = false;
	assert_check(&patient, "adopt-peers", DOCTOR_WARNING, "3 of 5", "import");
	patient_close(&patient);
}

static void take_neigh(struct patient *patient, const char *address, const char *mac)
{
	struct neigh row = {.link = PATIENT_DEVICE,
			    .ip = world_prefix(address).ip,
			    .mac = mac_of(mac),
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
	patient_close(&patient);
}

static void take(struct patient *patient, const char *words, uint8_t flags)
{
	struct route route = world_route(words);

	route.flags = flags;
	doctor_take_route(&patient->facts, &route);
}

static void counts_routes_that_would_go_and_stay(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_VXLAN);
	assert_check(&patient, "adopt-routes", DOCTOR_OK, "no route of flannel's is here", "");
	take(&patient, "10.244.2.0/24 via 10.244.2.0 dev 7 proto 3", ROUTE_ONLINK);
	take(&patient, "fd10:244:0:2::/64 via fd10:244:0:2:: dev 8 proto 3 metric 1024",
	     ROUTE_ONLINK);
	take(&patient, "10.244.3.0/24 via 10.0.0.13 proto 3", 0); /* DirectRouting */
	take(&patient, "10.244.1.0/24 dev 3 proto 2", 0);	  /* our own pods */
	assert_check(&patient, "adopt-routes", DOCTOR_OK,
		     "3 routes of flannel's would be taken over", "");
	take(&patient, "10.244.9.0/24 via 10.244.9.0 dev 7 proto 3", ROUTE_ONLINK);
	assert_check(&patient, "adopt-routes", DOCTOR_WARNING,
		     "of flannel's 4 routes 1 leads to no node of the file and would be removed: "
		     "10.244.9.0/24 via 10.244.9.0",
		     "dry-run");
	take(&patient, "10.244.8.0/24 via 10.0.0.1 proto 4", 0);
	assert_check(&patient, "adopt-routes", DOCTOR_WARNING,
		     "1 route inside the pod network is not of flannel's shape and would stay: "
		     "10.244.8.0/24 via 10.0.0.1 proto static",
		     "ip route del");
	patient.facts.routes_seen = false;
	assert_check(&patient, "adopt-routes", DOCTOR_UNKNOWN, "could not see the routes", "");
	patient_close(&patient);
}

static void counts_them_before_the_file_says_so(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, PATIENT_HOST_GW);
	take(&patient, "10.244.2.0/24 via 10.0.0.12 proto 3", 0);
	assert_check(&patient, "adopt-routes", DOCTOR_OK, "1 route of flannel's would be", "");
	patient_close(&patient);
}

static void warns_of_rules_that_only_flannel_makes(void **state)
{
	struct patient patient;
	struct doctor_filters *filters;

	(void)state;
	adopting_open(&patient, ADOPTING_HOST_GW);
	filters = &patient.facts.filters;
	(void)snprintf(filters->flannel, sizeof(filters->flannel), "iptables, table nat");
	assert_check(&patient, "adopt-rules", DOCTOR_WARNING,
		     "only flannel's rules (iptables, table nat) masquerade", "masquerade: true");
	patient.world.config.agent.masquerade = true;
	assert_check(&patient, "adopt-rules", DOCTOR_OK, "nothing depends", "");
	(void)snprintf(filters->flannel_forward, sizeof(filters->flannel_forward),
		       "iptables, table filter");
	assert_check(&patient, "adopt-rules", DOCTOR_WARNING, "accept forwarded packets of pods",
		     "iptables -I FORWARD -s 10.244.0.0/16 -j ACCEPT");
	assert_check(&patient, "adopt-rules", DOCTOR_WARNING, "accept forwarded packets",
		     "ip6tables -I FORWARD -d fd10:244::/48 -j ACCEPT");
	filters->flannel[0] = '\0';
	filters->flannel_forward[0] = '\0';
	filters->flannel_asked = false;
	assert_check(&patient, "adopt-rules", DOCTOR_UNKNOWN, "could not see", "");
	patient_close(&patient);
	assert_true(doctor_sees_flannel_forward(text_of("-A FORWARD -j FLANNEL-FWD\n")));
	assert_false(doctor_sees_flannel_forward(text_of("-A FORWARD -j KUBE-FORWARD\n")));
	assert_false(doctor_sees_flannel_forward((struct text){.at = NULL, .len = 0}));
}

static void warns_of_a_subnet_env_that_nobody_keeps(void **state)
{
	struct patient patient;

	(void)state;
	adopting_open(&patient, ADOPTING_HOST_GW);
	patient.facts.adopt.has_env = true;
	assert_check(&patient, "adopt-cni", DOCTOR_WARNING, "the CNI plugin flannel starts no pod",
		     "agent: {subnetEnv: /run/flannel/subnet.env}");
	patient.world.config.agent.subnet_env = 1;
	assert_check(&patient, "adopt-cni", DOCTOR_OK, "croute keeps", "");
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
		cmocka_unit_test(names_the_mac_that_the_file_must_have),
		cmocka_unit_test(a_device_that_would_be_made_anew_is_a_failure),
		cmocka_unit_test(what_is_changed_in_place_is_a_warning),
		cmocka_unit_test(a_device_of_another_name_is_not_taken),
		cmocka_unit_test(a_tunnel_beside_a_file_without_one_is_a_failure),
		cmocka_unit_test(names_peers_without_a_mac),
		cmocka_unit_test(names_peers_whose_mac_the_kernel_knows_otherwise),
		cmocka_unit_test(counts_routes_that_would_go_and_stay),
		cmocka_unit_test(counts_them_before_the_file_says_so),
		cmocka_unit_test(warns_of_rules_that_only_flannel_makes),
		cmocka_unit_test(warns_of_a_subnet_env_that_nobody_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
