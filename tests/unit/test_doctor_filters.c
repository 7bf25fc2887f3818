/* test_doctor_filters.c - packet filters whose policy drops what is forwarded, and flannel's. */
/* SPDX-License-Identifier: MIT */
#include "patient.h"

static void drops(struct patient *patient, struct chain chain)
{
	chain.forwards = chain.drops = true;
	patient->facts.filters.chains[0] = chain;
	patient->facts.filters.chain_count = 1;
}

static void names_the_rule_of_the_program_that_has_the_chain(void **state)
{
	static const struct {
		struct chain chain;
		const char *text;
		const char *fix;
	} cases[] = {
		{{.table = "filter", .name = "FORWARD", .family = AF_INET},
		 "chain FORWARD of nftables table ip filter drops what no rule accepts",
		 "iptables -I FORWARD -s 10.244.0.0/16 -j ACCEPT\n"
		 "iptables -I FORWARD -d 10.244.0.0/16 -j ACCEPT"},
		{{.table = "filter", .name = "FORWARD", .family = AF_INET6, .legacy = true},
		 "chain FORWARD of legacy iptables table ip6 filter drops",
		 "ip6tables-legacy -I FORWARD -s fd10:244::/48 -j ACCEPT"},
		{{.table = "t", .name = "fo", .family = AF_UNSPEC},
		 "chain fo of nftables table inet t drops",
		 "nft insert rule inet t fo ip saddr 10.244.0.0/16 accept\n"
		 "nft insert rule inet t fo ip daddr 10.244.0.0/16 accept\n"
		 "nft insert rule inet t fo ip6 saddr fd10:244::/48 accept"},
		{{.table = "t", .name = "fo", .family = AF_INET6},
		 "chain fo of nftables table ip6 t drops",
		 "nft insert rule ip6 t fo ip6 saddr fd10:244::/48 accept"},
	};
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	assert_check(&patient, "forward-chain", DOCTOR_OK, "policy drop", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		drops(&patient, cases[i].chain);
		assert_check(&patient, "forward-chain", DOCTOR_WARNING, cases[i].text,
			     cases[i].fix);
		assert_check(&patient, "forward-chain", DOCTOR_WARNING, cases[i].text,
			     "croute reach POD-ADDRESS");
	}
	patient_close(&patient);
}

static void a_chain_of_a_family_without_pods_says_nothing(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, "version: 1\npodNetwork: 10.244.0.0/16\nnodes:\n"
			       "- {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n");
	drops(&patient, (struct chain){.table = "t", .name = "fo", .family = AF_INET6});
	assert_check(&patient, "forward-chain", DOCTOR_OK, "policy drop", "");
	patient_close(&patient);
}

static void without_podnetwork_its_own_podcidrs_count(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, "version: 1\n" PATIENT_NODES);
	drops(&patient, (struct chain){.table = "t", .name = "fo", .family = AF_INET});
	assert_check(&patient, "forward-chain", DOCTOR_WARNING, "fo", "saddr 10.244.1.0/24");
	assert_null(strstr(patient_check(&patient, "forward-chain")->fix, "10.244.2.0"));
	patient_close(&patient);
}

static void what_cannot_be_read_is_unknown(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	(void)snprintf(patient.facts.filters.unseen, 100, "nftables (needs CAP_NET_ADMIN)");
	assert_check(&patient, "forward-chain", DOCTOR_UNKNOWN, "cannot read nftables", "");
	assert_check(&patient, "masquerade", DOCTOR_UNKNOWN, "cannot read nftables", "");
	drops(&patient, (struct chain){.table = "filter", .name = "FORWARD", .family = AF_INET});
	assert_check(&patient, "forward-chain", DOCTOR_WARNING, "cannot read nftables", "-I");
	patient_close(&patient);
}

static void warns_of_flannels_masquerading(void **state)
{
	struct patient patient;

	(void)state;
	patient_open(&patient, PATIENT_HOST_GW);
	(void)snprintf(patient.facts.filters.flannel, 64, "iptables, table nat");
	assert_check(&patient, "masquerade", DOCTOR_WARNING, "agent.masquerade is false",
		     "masquerade: true");
	patient.world.config.agent.masquerade = true;
	assert_check(&patient, "masquerade", DOCTOR_WARNING, "beside croute's own", "flannel");
	patient_close(&patient);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_rule_of_the_program_that_has_the_chain),
		cmocka_unit_test(a_chain_of_a_family_without_pods_says_nothing),
		cmocka_unit_test(without_podnetwork_its_own_podcidrs_count),
		cmocka_unit_test(what_cannot_be_read_is_unknown),
		cmocka_unit_test(warns_of_flannels_masquerading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
