/* test_subnet_env.c - what the flannel CNI plugin reads, byte for byte. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/cni.h"

#include "world.h"

#include <errno.h>

#define HEAD "version: 1\nagent: {subnetEnv: /run/flannel/subnet.env}\n"

/* Of the node worker-1 of a file, with an MTU of 1450. */
static void assert_env(const char *yaml, const char *wanted)
{
	struct world world = {0};
	char text[1000] = "";
	struct buf buf = BUF_OVER(text);
	int64_t node;

	world_open(&world, yaml);
	node = config_find_node(&world.config, "worker-1");
	assert_int_equal(cni_make_subnet_env(&world.config, (uint32_t)node, 1450, &buf, NULL), 0);
	assert_string_equal(text, wanted);
	world_close(&world);
}

static void is_what_flanneld_writes(void **state)
{
	(void)state;
	assert_env(HEAD "podNetwork: 10.244.0.0/16\nnodes:\n"
			"  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n",
		   "FLANNEL_NETWORK=10.244.0.0/16\n"
		   "FLANNEL_SUBNET=10.244.1.1/24\n"
		   "FLANNEL_MTU=1450\n"
		   "FLANNEL_IPMASQ=false\n");
}

static void has_a_pair_for_each_family(void **state)
{
	(void)state;
	assert_env(HEAD "podNetwork: ['fd10:244::/48', 10.244.0.0/16]\nnodes:\n"
			"  - {name: worker-1, address: ['fd00::11', 10.0.0.11],"
			" podCIDRs: ['fd10:244:0:1::/64', 10.244.1.0/24]}\n",
		   "FLANNEL_NETWORK=10.244.0.0/16\n"
		   "FLANNEL_SUBNET=10.244.1.1/24\n"
		   "FLANNEL_IPV6_NETWORK=fd10:244::/48\n"
		   "FLANNEL_IPV6_SUBNET=fd10:244:0:1::1/64\n"
		   "FLANNEL_MTU=1450\n"
		   "FLANNEL_IPMASQ=false\n");
}

static void leaves_out_a_family_without_podcidr_or_address(void **state)
{
	(void)state;
	assert_env(HEAD "podNetwork: 'fd10:244::/48'\nnodes:\n"
			"  - {name: worker-1, address: ['fd00::11', 10.0.0.11],"
			" podCIDRs: 'fd10:244:0:1::/64'}\n",
		   "FLANNEL_IPV6_NETWORK=fd10:244::/48\n"
		   "FLANNEL_IPV6_SUBNET=fd10:244:0:1::1/64\n"
		   "FLANNEL_MTU=1450\n"
		   "FLANNEL_IPMASQ=false\n");
	assert_env(HEAD "podNetwork: ['fd10:244::/48', 10.244.0.0/16]\nnodes:\n"
			"  - {name: worker-1, address: 10.0.0.11,"
			" podCIDRs: ['fd10:244:0:1::/64', 10.244.1.0/24]}\n",
		   "FLANNEL_NETWORK=10.244.0.0/16\n"
		   "FLANNEL_SUBNET=10.244.1.1/24\n"
		   "FLANNEL_MTU=1450\n"
		   "FLANNEL_IPMASQ=false\n");
}

static void takes_the_first_podcidr_and_the_network_that_holds_it(void **state)
{
	(void)state;
	assert_env(HEAD "podNetwork: [10.244.0.0/16, 10.240.0.0/16, 10.0.0.0/8]\nnodes:\n"
			"  - {name: worker-0, address: 10.9.0.10, podCIDRs: 10.240.0.0/24}\n"
			"  - {name: worker-1, address: 10.9.0.11,"
			" podCIDRs: [10.240.7.0/24, 10.244.1.0/24, 10.240.6.0/24]}\n",
		   "FLANNEL_NETWORK=10.240.0.0/16\n"
		   "FLANNEL_SUBNET=10.240.7.1/24\n"
		   "FLANNEL_MTU=1450\n"
		   "FLANNEL_IPMASQ=false\n");
}

/* The first usable address of a podCIDR, with its length. */
static void assert_first(const char *podcidr, const char *wanted)
{
	bool ipv6 = strchr(podcidr, ':') != NULL;
	char yaml[500];
	char env[500];

	(void)snprintf(yaml, sizeof(yaml),
		       HEAD "podNetwork: '%s'\nnodes:\n  - {name: worker-1, address: '%s', "
			    "podCIDRs: '%s'}\n",
		       podcidr, ipv6 ? "fd00::11" : "10.0.0.11", podcidr);
	(void)snprintf(env, sizeof(env),
		       "FLANNEL_%sNETWORK=%s\nFLANNEL_%sSUBNET=%s\nFLANNEL_MTU=1450\n"
		       "FLANNEL_IPMASQ=false\n",
		       ipv6 ? "IPV6_" : "", podcidr, ipv6 ? "IPV6_" : "", wanted);
	assert_env(yaml, env);
}

static void a_podcidr_of_one_or_two_addresses_has_no_network_address(void **state)
{
	(void)state;
	assert_first("10.244.1.4/30", "10.244.1.5/30");
	assert_first("10.244.1.6/31", "10.244.1.6/31");
	assert_first("10.244.1.6/32", "10.244.1.6/32");
	assert_first("10.244.1.7/32", "10.244.1.7/32");
	assert_first("fd10::4/126", "fd10::5/126");
	assert_first("fd10::6/127", "fd10::6/127");
	assert_first("fd10::7/128", "fd10::7/128");
}

static void without_a_podcidr_there_is_nothing_to_write(void **state)
{
	struct world world = {0};
	char text[1000] = "";
	struct buf buf = BUF_OVER(text);
	struct error err;

	(void)state;
	world_open(&world,
		   HEAD "podNetwork: 'fd10::/16'\nnodes:\n"
			"  - {name: worker-1, address: 10.0.0.11, podCIDRs: 'fd10::/64'}\n");
	assert_int_equal(cni_make_subnet_env(&world.config, 0, 1450, &buf, &err), -ENOENT);
	assert_string_equal(err.text, "/run/flannel/subnet.env: cannot be written: this node has "
				      "no podCIDR");
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_flanneld_writes),
		cmocka_unit_test(has_a_pair_for_each_family),
		cmocka_unit_test(leaves_out_a_family_without_podcidr_or_address),
		cmocka_unit_test(takes_the_first_podcidr_and_the_network_that_holds_it),
		cmocka_unit_test(a_podcidr_of_one_or_two_addresses_has_no_network_address),
		cmocka_unit_test(without_a_podcidr_there_is_nothing_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
