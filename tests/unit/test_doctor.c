/* test_doctor.c - each check is ok on a healthy host, and reports an illness with its fix. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include "croute/app/agent/cmd.h"
#include "patient.h"

#include <errno.h>
#include <jansson.h>

static void assert_healthy(const char *yaml)
{
	struct patient patient;

	patient_open(&patient, yaml);
	doctor_run(&patient.facts, &patient.report);
	for (uint32_t i = 0; i < patient.report.count; i++) {
		const struct doctor_check *check = &patient.report.checks[i];

		/* Nobody was asked for peers. */
		if (strcmp(check->name, "peers") != 0 &&
		    (check->result != DOCTOR_OK || check->fix[0] != '\0' || check->text[0] == '\0'))
			fail_msg("%s: %d: %s", check->name, (int)check->result, check->text);
	}
	assert_int_equal(patient.report.results[DOCTOR_OK], patient.report.count - 1);
	patient_close(&patient);
}

static void finds_nothing_wrong_with_a_healthy_host(void **state)
{
	(void)state;
	assert_healthy(PATIENT_HOST_GW);
	assert_healthy(PATIENT_VXLAN);
}

static void knows_little_without_a_file_and_checks_the_rest(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient.facts.config = NULL;
	patient.facts.self = CONFIG_NOT_FOUND;
	patient.facts.family[0] = (struct doctor_family){.device = ""};
	patient.facts.family[1] = (struct doctor_family){.device = ""};
	patient.facts.routes_seen = false;
	patient.facts.file.errors = 3;
	patient.facts.file.problem = "nodes.yaml:3:1: error: bad";
	patient.host.forwarding[0] = 0;
	assert_check(&patient, "file", DOCTOR_FAILURE, "nodes.yaml:3:1: error: bad; 2 more",
		     "croute validate nodes.yaml");
	assert_check(&patient, "forwarding", DOCTOR_FAILURE, "ip_forward is 0", "ip_forward=1");
	assert_check(&patient, "foreign-routes", DOCTOR_UNKNOWN, "valid file", "");
	assert_check(&patient, "forward-chain", DOCTOR_UNKNOWN, "valid file", "");
	assert_check(&patient, "agent", DOCTOR_OK, "an agent runs", "");
	patient_close(&patient);
}

static void tells_of_a_host_that_is_not_in_the_file(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient.facts.node_problem = "no node \"other\"";
	assert_check(&patient, "file", DOCTOR_FAILURE, "no node \"other\"", "--node");
	patient.facts.node_problem = "";
	patient.facts.file.warnings = 1;
	patient.facts.file.problem = "nodes.yaml:3:1: warning: odd";
	assert_check(&patient, "file", DOCTOR_WARNING, "warning: odd", "");
	patient_close(&patient);
}

static void wants_forwarding_of_both_families_and_of_each_link(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	patient.host.forwarding[1] = 0;
	assert_check(&patient, "forwarding", DOCTOR_FAILURE, "not forward IPv6 packets",
		     "sysctl -w net.ipv6.conf.all.forwarding=1");
	patient.host.forwarding[1] = 1;
	patient.host.links[1].forwarding = 0;
	assert_check(&patient, "forwarding", DOCTOR_FAILURE,
		     "net.ipv4.conf.croute.1.forwarding is 0",
		     "sysctl -w net/ipv4/conf/croute.1/forwarding=1");
	patient.host.links[1].forwarding = 1;
	patient.host.forwarding[0] = HOST_UNKNOWN;
	assert_check(&patient, "forwarding", DOCTOR_UNKNOWN, "cannot read net.ipv4.ip_forward", "");
	patient.facts.family[0].wanted = false;
	assert_check(&patient, "forwarding", DOCTOR_OK, "ipv6", "");
	patient_close(&patient);
}

static void warns_of_strict_rp_filter_under_a_tunnel_only(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	patient.host.links[0].rp_filter = 1;
	assert_check(&patient, "rp_filter", DOCTOR_WARNING, "eth1 filters strictly",
		     "sysctl -w net/ipv4/conf/eth1/rp_filter=2");
	patient.host.rp_filter_all = 2;
	assert_check(&patient, "rp_filter", DOCTOR_OK, "eth1 is loose", "");
	patient.host.links[0].rp_filter = 0;
	patient.host.rp_filter_all = 1;
	assert_check(&patient, "rp_filter", DOCTOR_WARNING, "croute.1 filters strictly", "eth1");
	patient_close(&patient);
	patient_open(&patient, PATIENT_HOST_GW);
	patient.host.links[0].rp_filter = 1;
	assert_check(&patient, "rp_filter", DOCTOR_OK, "only", "");
	patient_close(&patient);
}

static void unnumbered_links_need_a_hash_of_ports_and_no_filter(void **state)
{
	const uint32_t eth1 = WORLD_ETH1;
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	assert_check(&patient, "multipath", DOCTOR_OK, "only to tunnels over unnumbered links", "");
	patient.facts.uplinks = &eth1;
	patient.facts.uplink_count = 1;
	patient.facts.family[0].link.unnumbered = true;
	patient.facts.family[0].link.hops = 2;
	patient.host.hash_policy[0] = 2;
	assert_check(&patient, "multipath", DOCTOR_WARNING, "2 links lead to a peer",
		     "sysctl -w net.ipv4.fib_multipath_hash_policy=1");
	patient.host.hash_policy[0] = 1;
	assert_check(&patient, "multipath", DOCTOR_OK, "policy is 1", "");
	patient.host.hash_policy[0] = HOST_UNKNOWN;
	assert_check(&patient, "multipath", DOCTOR_UNKNOWN, "cannot read", "");
	patient.host.rp_filter_all = 2;
	assert_check(&patient, "rp_filter", DOCTOR_OK, "eth1 is loose", "");
	for (uint32_t i = 0; i < patient.facts.links->addresses.count; i++)
		((struct link_address *)links_address_at(patient.facts.links, i))->link =
			WORLD_ETH3;
	assert_check(&patient, "rp_filter", DOCTOR_WARNING, "eth1 has no IPv4 address",
		     "sysctl -w net/ipv4/conf/eth1/rp_filter=0");
	assert_check(&patient, "rp_filter", DOCTOR_WARNING, "even loosely",
		     "sysctl -w net.ipv4.conf.all.rp_filter=0");
	patient_close(&patient);
}

/* worker-3 of IPv4 is on the link by a route of its own, or behind a router: then the kernel keeps
 * no entry for it. */
static void counts_neighbours_on_the_link(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	assert_check(&patient, "neighbours", DOCTOR_OK, "2 IPv4 peers on the link", "");
	assert_check(&patient, "neighbours", DOCTOR_OK, "2 IPv6 peers on the link", "");
	patient.near = false;
	patient_find_peers(&patient);
	assert_check(&patient, "neighbours", DOCTOR_OK, "1 IPv4 peers on the link", "");
	patient.facts.near[0] = 600;
	assert_check(&patient, "neighbours", DOCTOR_WARNING, "gc_thresh2, which is 512",
		     "net.ipv4.neigh.default.gc_thresh2=2048");
	patient.facts.near[0] = 1024;
	assert_check(&patient, "neighbours", DOCTOR_FAILURE, "gc_thresh3, which is 1024",
		     "net.ipv4.neigh.default.gc_thresh3=4096");
	patient.host.gc_thresh2[0] = 1024;
	assert_check(&patient, "neighbours", DOCTOR_FAILURE, "gc_thresh3, which is 1024",
		     "net.ipv4.neigh.default.gc_thresh3=4096");
	patient.facts.near[0] = 10000;
	assert_check(&patient, "neighbours", DOCTOR_FAILURE, "10000 IPv4", "gc_thresh3=65536");
	patient.host.gc_thresh3[0] = HOST_UNKNOWN;
	assert_check(&patient, "neighbours", DOCTOR_UNKNOWN, "visible only in the first", "");
	patient_close(&patient);
}

static void take(struct patient *patient, const char *words)
{
	struct route route = world_route(words);

	doctor_take_route(&patient->facts, &route);
}

static void tells_routes_of_others_and_who_made_them(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	take(&patient, "10.244.1.0/24 proto 2 dev 3");	     /* our own pods */
	take(&patient, "10.99.0.0/16 via 10.0.0.9 proto 4"); /* elsewhere */
	take(&patient, "10.244.2.0/24 via 10.0.0.9 proto 4 table 100");
	take(&patient, "0.0.0.0/0 via 10.0.0.1 proto 4");
	assert_check(&patient, "foreign-routes", DOCTOR_OK, "no other program", "");
	take(&patient, "10.244.2.0/24 via 10.0.0.12 proto 3");
	assert_check(&patient, "foreign-routes", DOCTOR_WARNING,
		     "1 of protocol boot: 10.244.2.0/24 via 10.0.0.12 proto boot metric 0",
		     "adopt: flannel removes the 1");
	assert_null(strstr(patient_check(&patient, "foreign-routes")->fix, "ip route del"));
	take(&patient, "10.244.99.0/24 via 10.0.0.12 proto 12");
	take(&patient, "fd10:244:0:9::/64 via fd00::12 proto 12");
	take(&patient, "fd10:244:0:a::/64 via fd00::12 proto 12");
	take(&patient, "fd10:244:0:b::/64 via fd00::12 proto 12");
	take(&patient, "fd10:244:0:c::/64 via fd00::12 proto 12");
	take(&patient, "fd10:244:0:d::/64 via fd00::12 proto 12");
	assert_check(&patient, "foreign-routes", DOCTOR_WARNING,
		     "1 of protocol boot, 6 of protocol bird",
		     "ip route del 10.244.99.0/24 via 10.0.0.12 proto bird metric 0\n"
		     "ip -6 route del fd10:244:0:9::/64 via fd00::12 proto bird");
	assert_check(&patient, "foreign-routes", DOCTOR_WARNING, "and 1 more", "ip route del");
	patient_close(&patient);
}

static void tells_who_else_uses_the_protocol_number(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, "version: 1\nroutes:\n- {to: 10.50.0.0/16, via: 10.0.0.9}\n"
			       "- {to: default, via: 10.0.0.9}\n" PATIENT_NODES);
	take(&patient, "10.244.2.0/24 via 10.0.0.12 metric 67002");
	take(&patient, "fd10:244:0:2::/64 via fd00::12 metric 67000");
	take(&patient, "10.244.9.0/24 via 10.0.0.12 metric 71095"); /* left over: the next pass's */
	take(&patient, "10.50.0.0/16 via 10.0.0.9");
	take(&patient, "0.0.0.0/0 via 10.0.0.9");
	assert_check(&patient, "protocol", DOCTOR_OK, "no other program uses protocol 67", "");
	take(&patient, "10.51.0.0/16 via 10.0.0.9 metric 71096");
	assert_check(&patient, "protocol", DOCTOR_WARNING, "1 route of protocol 67",
		     "another kernel.protocol");
	take(&patient, "10.244.2.0/24 via 10.0.0.12 metric 67002 table 100");
	assert_check(&patient, "protocol", DOCTOR_WARNING, "2 routes of protocol 67",
		     "another kernel.protocol");
	patient_close(&patient);
}

static void neigh(struct patient *patient, const char *address, uint16_t nud)
{
	struct neigh row = {.link = WORLD_ETH1, .ip = world_prefix(address).ip, .state = nud};

	doctor_take_neigh(&patient->facts, &row);
}

static void tells_peers_that_do_not_answer(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	assert_check(&patient, "peers", DOCTOR_UNKNOWN, "--peers", "");
	neigh(&patient, "10.0.0.12", 0x20); /* failed */
	neigh(&patient, "fd00::12", 0x02);  /* reachable */
	neigh(&patient, "10.0.0.99", 0x20); /* nobody's */
	neigh(&patient, "fd00::13", 0x04);  /* stale */
	doctor_count_peers(&patient.facts);
	assert_check(&patient, "peers", DOCTOR_FAILURE, "1 of 4 do not answer: worker-2",
		     "nud failed");
	patient_close(&patient);
	patient_open(&patient, PATIENT_HOST_GW);
	neigh(&patient, "fd00::12", 0x02);
	neigh(&patient, "fd00::13", 0x01); /* incomplete */
	doctor_count_peers(&patient.facts);
	assert_check(&patient, "peers", DOCTOR_UNKNOWN, "1 reachable, 3 not asked lately",
		     "croute reach");
	patient_close(&patient);
}

static void sampled(struct patient *patient, uint32_t node, enum reach_kind pod,
		    enum reach_kind full)
{
	struct reach_sample *sample = &patient->facts.sample;
	struct reach_sampled *peer = &sample->peers[sample->count++];

	*peer = (struct reach_sampled){.node = node, .family = AF_INET};
	peer->path[REACH_NODE].kind = REACH_ANSWERS;
	peer->path[REACH_POD].kind = pod & 3;
	peer->path[REACH_FULL].kind = full & 3;
}

static void says_what_was_measured_at_some_peers(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	sampled(&patient, 1, REACH_ANSWERS, REACH_LOST);
	sampled(&patient, 2, REACH_LOST, REACH_UNKNOWN);
	assert_check(&patient, "mtu", DOCTOR_WARNING,
		     "measured: the largest packets are lost on the way to worker-2, or back",
		     "croute reach");
	assert_check(&patient, "peers", DOCTOR_WARNING,
		     "are lost on the way to worker-3, or back; measured: "
		     "packets with pod addresses arrive at worker-2",
		     "croute reach");
	patient.facts.sample.peers[0].path[REACH_FULL].kind = REACH_ANSWERS;
	assert_check(&patient, "mtu", DOCTOR_OK,
		     "; measured: the largest packets arrive at worker-2", "");
	patient.facts.sample.peers[1].path[REACH_NODE].kind = REACH_LOST;
	doctor_count_peers(&patient.facts);
	assert_check(&patient, "peers", DOCTOR_UNKNOWN,
		     "1 reachable, 3 not asked lately; "
		     "measured: no echo comes back from worker-3; measured: packets with pod "
		     "addresses arrive at worker-2",
		     "croute reach");
	patient_close(&patient);
}

static void tells_what_croute_itself_lacks(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient.host.capabilities = 0;
	assert_check(&patient, "capabilities", DOCTOR_WARNING, "CAP_NET_ADMIN", "as root");
	patient.host.is_root = true;
	memcpy(patient.facts.agent_why, AGENT_HOLDS "2 of 3", sizeof(AGENT_HOLDS "2 of 3"));
	assert_check(&patient, "agent", DOCTOR_WARNING, "holds deletions: 2 of 3",
		     "croute release");
	patient.facts.agent = false;
	assert_check(&patient, "capabilities", DOCTOR_FAILURE, "CAP_NET_ADMIN", "NET_ADMIN");
	assert_check(&patient, "agent", DOCTOR_WARNING, "no agent",
		     "systemctl enable --now croute");
	patient.host.inotify_instances[0] = 100;
	assert_check(&patient, "inotify", DOCTOR_WARNING, "fs.inotify.max_user_instances is 100",
		     "sysctl -w fs.inotify.max_user_instances=1024 | tee -a /etc/sysctl.d/");
	patient.host.inotify_watches[1] = 10;
	assert_check(&patient, "inotify", DOCTOR_WARNING, "user.max_inotify_watches is 10",
		     "user.max_inotify_watches=65536");
	patient.host.inotify_errno = EMFILE;
	assert_check(&patient, "inotify", DOCTOR_FAILURE, "at each resync", "instances=1024");
	patient.facts.family[1].link.index = 0;
	assert_check(&patient, "interface", DOCTOR_FAILURE, "address fd00::11", "croute interface");
	patient_close(&patient);
}

static void warns_of_kernels_that_sum_wrong(void **state)
{
	static const struct {
		const char *release;
		enum doctor_result result;
	} cases[] = {
		{"3.10.0-1127.el7", DOCTOR_WARNING},
		{"4.19.122", DOCTOR_WARNING},
		{"4.19.123-generic", DOCTOR_OK},
		{"5.4.41", DOCTOR_OK},
		{"5.4.40", DOCTOR_WARNING},
		{"5.5.19", DOCTOR_WARNING},
		{"5.6.13", DOCTOR_OK},
		{"5.7-rc1", DOCTOR_OK},
		{"5.10.0", DOCTOR_OK},
		{"6.18.2", DOCTOR_OK},
		{"10.0", DOCTOR_OK},
		{"odd", DOCTOR_UNKNOWN},
	};
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_VXLAN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(patient.host.release, sizeof(patient.host.release), "%s",
			       cases[i].release);
		assert_check(&patient, "checksum", cases[i].result, "",
			     cases[i].result == DOCTOR_WARNING ? "ethtool -K croute.1" : "");
	}
	patient_close(&patient);
}

static void says_it_in_lines_and_in_json(void **state)
{
	struct patient patient;
	char space[4 * DOCTOR_TEXT_MAX] = "";
	struct buf line = BUF_OVER(space);
	static char page[65536];
	struct buf text = BUF_OVER(page);
	struct json out = {.write = json_write_buf, .context = &text};
	json_t *json;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient.host.forwarding[0] = 0;
	patient.host.forwarding[1] = 0;
	patient.facts.agent = false;
	doctor_add_check(&line, patient_check(&patient, "forwarding"));
	assert_string_equal(space,
			    "FAIL forwarding: net.ipv4.ip_forward is 0: this host does not forward "
			    "IPv4 packets; net.ipv6.conf.all.forwarding is 0: this host does not "
			    "forward IPv6 packets\n"
			    "     fix: sysctl -w net.ipv4.ip_forward=1 | tee -a "
			    "/etc/sysctl.d/90-croute.conf\n"
			    "     fix: sysctl -w net.ipv6.conf.all.forwarding=1 | tee -a "
			    "/etc/sysctl.d/90-croute.conf");
	line = BUF_OVER(space);
	doctor_add_summary(&line, &patient.report);
	assert_string_equal(space, "Checked: 22 ok, 1 warning, 1 failure, 1 unknown.");
	json_open(&out, NULL, '{');
	doctor_put_json(&out, &patient.report);
	json_close(&out, '}');
	assert_int_equal(json_end(&out), 0);
	json = json_loads(page, 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "checks")), 25);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(json, "summary"), "failure")),
		1);
	json_decref(json);
	patient_close(&patient);
}

static void backend_none_misses_no_interface(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient.world.config.backend = BACKEND_NONE;
	patient.facts.family[0] = (struct doctor_family){.device = ""};
	patient.facts.family[1] = (struct doctor_family){.device = ""};
	assert_check(&patient, "interface", DOCTOR_OK, "needs no interface", "");
	assert_check(&patient, "addresses", DOCTOR_OK, "needs no interface", "");
	patient.world.config.backend = BACKEND_HOST_GW;
	assert_check(&patient, "interface", DOCTOR_UNKNOWN, "this node's entry", "");
	assert_check(&patient, "addresses", DOCTOR_UNKNOWN, "needs an interface", "");
	patient_close(&patient);
}

static void what_is_fine_is_left_out_beside_what_is_not(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	patient.host.forwarding[0] = 0;
	assert_null(strstr(patient_check(&patient, "forwarding")->text, "is 1"));
	patient.host.forwarding[0] = 1;
	patient.host.forwarding[1] = 0;
	assert_null(strstr(patient_check(&patient, "forwarding")->text, "is 1"));
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_wrong_with_a_healthy_host),
		cmocka_unit_test(knows_little_without_a_file_and_checks_the_rest),
		cmocka_unit_test(tells_of_a_host_that_is_not_in_the_file),
		cmocka_unit_test(wants_forwarding_of_both_families_and_of_each_link),
		cmocka_unit_test(warns_of_strict_rp_filter_under_a_tunnel_only),
		cmocka_unit_test(unnumbered_links_need_a_hash_of_ports_and_no_filter),
		cmocka_unit_test(counts_neighbours_on_the_link),
		cmocka_unit_test(tells_routes_of_others_and_who_made_them),
		cmocka_unit_test(tells_who_else_uses_the_protocol_number),
		cmocka_unit_test(tells_peers_that_do_not_answer),
		cmocka_unit_test(tells_what_croute_itself_lacks),
		cmocka_unit_test(warns_of_kernels_that_sum_wrong),
		cmocka_unit_test(says_what_was_measured_at_some_peers),
		cmocka_unit_test(says_it_in_lines_and_in_json),
		cmocka_unit_test(backend_none_misses_no_interface),
		cmocka_unit_test(what_is_fine_is_left_out_beside_what_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
