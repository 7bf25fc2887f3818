/* test_doctor_filters.c - packet filters that let pods pass, and those that do not. */
#include "app/doctor/chain.h"

#include "patient.h"

static void judge(struct patient *patient, uint8_t family, const char *listing)
{
	const char *name = family == AF_INET ? "iptables FORWARD" : "ip6tables FORWARD";
	struct doctor_hook hook = {.family = family};
	struct doctor_flow flow;

	(void)snprintf(hook.name, sizeof(hook.name), "%s", name);
	doctor_find_flow(&patient->facts, &flow);
	patient->facts.filters.chains.count = 0;
	doctor_judge_iptables(&flow, text_of(listing), &hook, &patient->facts.filters.chains);
}

static enum doctor_verdict verdict(const struct patient *patient)
{
	assert_int_equal(patient->facts.filters.chains.count, 1);
	return (enum doctor_verdict)patient->facts.filters.chains.hooks[0].verdict;
}

#define DROP "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"

static void judges_chains_of_iptables(void **state)
{
	static const struct {
		const char *listing;
		enum doctor_verdict verdict;
	} cases[] = {
		{"", DOCTOR_PASSES},
		{"-P FORWARD ACCEPT\n", DOCTOR_PASSES},
		{"-P INPUT DROP\n-P FORWARD ACCEPT\n", DOCTOR_PASSES},
		{DROP, DOCTOR_DROPS},
		/* what docker makes */
		{DROP "-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n"
		      "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
		      "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n"
		      "-A FORWARD -i docker0 -o docker0 -j ACCEPT\n-A DOCKER-USER -j RETURN\n",
		 DOCTOR_DROPS},
		{DROP "-A FORWARD -s 10.244.0.0/16 -j ACCEPT\n", DOCTOR_PASSES},
		{DROP
		 "-A FORWARD -d 10.0.0.0/8 -m comment --comment \"a -j DROP \\\" b\" -j ACCEPT\n",
		 DOCTOR_PASSES},
		{DROP "-A FORWARD -s 10.244.1.0/24 -j ACCEPT\n", DOCTOR_PERHAPS},
		{DROP "-A FORWARD -s 192.168.0.0/16 -j ACCEPT\n", DOCTOR_DROPS},
		{DROP "-A FORWARD ! -s 192.168.0.0/16 -j ACCEPT\n", DOCTOR_PASSES},
		{DROP "-A FORWARD ! -i docker0 -j ACCEPT\n", DOCTOR_PASSES},
		{DROP "-A FORWARD -i eth+ -j ACCEPT\n", DOCTOR_PERHAPS},
		{DROP "-A FORWARD -i wlan+ -j ACCEPT\n", DOCTOR_DROPS},
		{DROP "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n",
		 DOCTOR_DROPS},
		{DROP "-A FORWARD -m conntrack ! --ctstate INVALID -j ACCEPT\n", DOCTOR_PASSES},
		{DROP "-A FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT\n", DOCTOR_PERHAPS},
		/* what flannel makes */
		{DROP "-N FLANNEL-FWD\n-A FORWARD -m comment --comment \"flanneld forward\" "
		      "-j FLANNEL-FWD\n-A FLANNEL-FWD -s 10.244.0.0/16 -j ACCEPT\n",
		 DOCTOR_PASSES},
		{DROP "-A FORWARD -j A\n-A A -j B\n-A B -j A\n", DOCTOR_DROPS},
		{"-P FORWARD ACCEPT\n-A FORWARD -j LOG --log-prefix \"x\"\n"
		 "-A FORWARD -j REJECT --reject-with icmp-host-prohibited\n",
		 DOCTOR_DROPS},
		{"-P FORWARD ACCEPT\n-A FORWARD -s 10.244.7.0/24 -j DROP\n", DOCTOR_PASSES},
		{"-P FORWARD ACCEPT\n-A FORWARD -i eth1 -j A\n-A A -j DROP\n", DOCTOR_PASSES},
	};
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		judge(&patient, AF_INET, cases[i].listing);
		if (verdict(&patient) != cases[i].verdict)
			fail_msg("%d, not %d: %s", verdict(&patient), cases[i].verdict,
				 cases[i].listing);
	}
	patient_close(&patient);
}

static void mends_with_the_prefixes_of_the_family(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	assert_check(&patient, "forward-chain", DOCTOR_OK, "no packet filter", "");
	judge(&patient, AF_INET6, DROP);
	assert_check(&patient, "forward-chain", DOCTOR_FAILURE,
		     "ip6tables FORWARD drops IPv6 packets",
		     "ip6tables -I FORWARD -s fd10:244::/48 -j ACCEPT\n"
		     "ip6tables -I FORWARD -d fd10:244::/48 -j ACCEPT");
	assert_null(strstr(patient_check(&patient, "forward-chain")->mend, "10.244"));
	judge(&patient, AF_INET, DROP "-A FORWARD -p tcp -j ACCEPT\n");
	assert_check(&patient, "forward-chain", DOCTOR_WARNING, "further conditions",
		     "iptables -I FORWARD -s 10.244.0.0/16 -j ACCEPT");
	patient_close(&patient);
}

static void says_what_it_could_not_see(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	(void)snprintf(patient.facts.filters.unseen, 100, "nftables (it takes root)");
	assert_check(&patient, "forward-chain", DOCTOR_UNKNOWN, "could not see nftables", "");
	judge(&patient, AF_INET, DROP);
	assert_check(&patient, "forward-chain", DOCTOR_FAILURE, "could not see nftables", "-I");
	patient_close(&patient);
}

static void without_podnetwork_its_own_podcidrs_count(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, "version: 1\n" PATIENT_NODES);
	judge(&patient, AF_INET, DROP "-A FORWARD -s 10.244.1.0/24 -j ACCEPT\n");
	assert_int_equal(verdict(&patient), DOCTOR_PASSES);
	judge(&patient, AF_INET, DROP "-A FORWARD -s 10.244.2.0/24 -j ACCEPT\n");
	assert_int_equal(verdict(&patient), DOCTOR_DROPS);
	patient_close(&patient);
}

#define META "{\"metainfo\":{\"version\":\"1.0.6\",\"json_schema_version\":1}},"
#define CHAIN(family, policy)                                                                      \
	"{\"chain\":{\"family\":\"" family "\",\"table\":\"t\",\"name\":\"fo\",\"handle\":1,"      \
	"\"type\":\"filter\",\"hook\":\"forward\",\"prio\":0,\"policy\":\"" policy "\"}}"
#define RULE(expressions)                                                                          \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"fo\",\"handle\":2,\"expr\":"  \
	"[" expressions "]}}"
#define LIST(inside) "{\"nftables\":[" META inside "]}"
#define SADDR(protocol, op, address, len)                                                          \
	"{\"match\":{\"op\":\"" op "\",\"left\":{\"payload\":{\"protocol\":\"" protocol            \
	"\",\"field\":\"saddr\"}},\"right\":{\"prefix\":{\"addr\":\"" address "\",\"len\":" len    \
	"}}}}"
#define ACCEPT "{\"accept\":null}"

static void judges_chains_of_nftables_for_each_family(void **state)
{
	static const struct {
		const char *json;
		enum doctor_verdict ipv4;
		enum doctor_verdict ipv6;
	} cases[] = {
		{LIST(CHAIN("inet", "accept")), DOCTOR_PASSES, DOCTOR_PASSES},
		{LIST(CHAIN("inet", "drop")), DOCTOR_DROPS, DOCTOR_DROPS},
		{LIST(CHAIN("inet", "drop") RULE(
			 SADDR("ip", "==", "10.244.0.0", "16") ",{\"counter\":{}}," ACCEPT)),
		 DOCTOR_PASSES, DOCTOR_DROPS},
		{LIST(CHAIN("inet", "drop") RULE(SADDR("ip", "==", "10.244.1.0", "24") "," ACCEPT)),
		 DOCTOR_PERHAPS, DOCTOR_DROPS},
		{LIST(CHAIN("inet", "drop") RULE(SADDR("ip", "!=", "10.244.0.0", "8") "," ACCEPT)),
		 DOCTOR_DROPS, DOCTOR_PASSES},
		{LIST(CHAIN("inet", "drop") RULE(
			 "{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":"
			 "\"state\"}},\"right\":[\"established\",\"related\"]}}," ACCEPT)),
		 DOCTOR_DROPS, DOCTOR_DROPS},
		{LIST(CHAIN("inet", "drop")
			      RULE("{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":"
				   "\"iifname\"}},\"right\":\"docker0\"}}," ACCEPT)),
		 DOCTOR_DROPS, DOCTOR_DROPS},
		{LIST(CHAIN("inet", "drop") RULE("{\"xt\":null}," ACCEPT)), DOCTOR_PERHAPS,
		 DOCTOR_PERHAPS},
		{LIST(CHAIN("inet", "accept")
			      RULE("{\"jump\":{\"target\":\"x\"}}") ",{\"rule\":{\"chain\":\"x\","
								    "\"expr\":[{\"reject\":{}}]}}"),
		 DOCTOR_DROPS, DOCTOR_DROPS},
	};
	struct patient patient;
	struct doctor_flow flow;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	doctor_find_flow(&patient.facts, &flow);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doctor_chains chains = {.count = 0};

		assert_int_equal(doctor_judge_nft(&flow, text_of(cases[i].json), &chains), 0);
		assert_int_equal(chains.count, 2);
		if (chains.hooks[0].verdict != cases[i].ipv4 ||
		    chains.hooks[1].verdict != cases[i].ipv6)
			fail_msg("%u and %u: %s", chains.hooks[0].verdict, chains.hooks[1].verdict,
				 cases[i].json);
	}
	patient_close(&patient);
}

static void a_table_of_one_family_says_nothing_of_the_other(void **state)
{
	struct patient patient;
	struct doctor_flow flow;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	doctor_find_flow(&patient.facts, &flow);
	assert_int_equal(doctor_judge_nft(&flow, text_of(LIST(CHAIN("ip6", "drop"))),
					  &patient.facts.filters.chains),
			 0);
	assert_int_equal(patient.facts.filters.chains.count, 1);
	assert_check(&patient, "forward-chain", DOCTOR_FAILURE,
		     "nftables ip6 t fo drops IPv6 packets",
		     "nft insert rule ip6 t fo ip6 saddr fd10:244::/48 accept");
	assert_true(doctor_judge_nft(&flow, text_of("no json"), &patient.facts.filters.chains) < 0);
	assert_true(doctor_judge_nft(&flow, text_of(""), &patient.facts.filters.chains) < 0);
	patient_close(&patient);
}

static void finds_the_tables_to_look_through(void **state)
{
	struct doctor_nft found;

	(void)state;
	assert_int_equal(
		doctor_find_nft(
			text_of(LIST(CHAIN("inet", "drop") "," CHAIN("ip", "drop") "," CHAIN(
				"inet", "accept") ",{\"chain\":{\"family\":\"ip\",\"table\":"
						  "\"flannel-ipv4\",\"name\":\"postrtg\"}}")),
			&found),
		0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.tables[0].family, "inet");
	assert_string_equal(found.tables[1].name, "t");
	assert_true(found.flannel);
	assert_true(doctor_find_nft(text_of("[]"), &found) < 0);
}

static void tells_flannels_masquerading(void **state)
{
	struct patient patient;

	(void)state;
	assert_true(doctor_sees_flannel(text_of("-A POSTROUTING -m comment --comment \"flanneld "
						"masq\" -j FLANNEL-POSTRTG\n")));
	assert_false(doctor_sees_flannel(text_of("-A POSTROUTING -j MASQUERADE\n")));
	patient_open(&patient, PATIENT_HOST_GW);
	(void)snprintf(patient.facts.filters.flannel, 64, "iptables, table nat");
	assert_check(&patient, "masquerade", DOCTOR_OK, "agent.masquerade is false", "");
	patient.world.config.agent.masquerade = true;
	assert_check(&patient, "masquerade", DOCTOR_WARNING, "beside croute's own", "flannel");
	patient.facts.filters.flannel[0] = '\0';
	patient.facts.filters.flannel_asked = false;
	assert_check(&patient, "masquerade", DOCTOR_UNKNOWN, "could not see", "");
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_chains_of_iptables),
		cmocka_unit_test(mends_with_the_prefixes_of_the_family),
		cmocka_unit_test(says_what_it_could_not_see),
		cmocka_unit_test(without_podnetwork_its_own_podcidrs_count),
		cmocka_unit_test(judges_chains_of_nftables_for_each_family),
		cmocka_unit_test(a_table_of_one_family_says_nothing_of_the_other),
		cmocka_unit_test(finds_the_tables_to_look_through),
		cmocka_unit_test(tells_flannels_masquerading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
