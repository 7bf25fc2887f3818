/* test_interface.c - the interface that holds this node's address, and no other. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/interface.h"

#include "world.h"

#include <errno.h>

#define NODE                                                                                       \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"

/* A question about the address of worker-1, with a fence around it. */
static struct interface_ctx ask(struct world *world, const char *fence, const char *address)
{
	static const struct interface_reach none;
	struct interface_ctx question = {
		.config = &world->config, .links = &world->picture.links, .reach = &none};
	char yaml[1024];

	(void)snprintf(yaml, sizeof(yaml), NODE "%s", fence);
	*world = (struct world){0};
	world_open(world, yaml);
	question.address = world_prefix(address).ip;
	return question;
}

static enum interface_verdict judge(const struct interface_ctx *question, uint32_t index)
{
	return interface_judge(question, links_find_index(question->links, index));
}

static void assert_taken(const struct interface_ctx *question, const char *name)
{
	struct selected selected = {0};

	assert_int_equal(interface_select(question, &selected), 0);
	assert_string_equal(selected.name, name);
	assert_true(ip_same(&selected.address, &question->address));
	assert_int_equal(selected.mtu, 1500);
}

static void takes_the_interface_that_holds_the_address(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.0.0.11");

	(void)state;
	assert_taken(&question, "eth1");
	question.address = world_prefix("fd00::11").ip;
	assert_taken(&question, "eth1");
	world_close(&world);
}

static void each_other_interface_has_its_reason(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.0.0.11");

	(void)state;
	assert_int_equal(judge(&question, WORLD_LOOPBACK), INTERFACE_LOOPBACK);
	question.address = world_prefix("127.0.0.1").ip;
	assert_int_equal(judge(&question, WORLD_LOOPBACK), INTERFACE_NEEDS_TUNNEL);
	question.address = world_prefix("10.0.0.11").ip;
	assert_int_equal(judge(&question, WORLD_CNI0), INTERFACE_VIRTUAL);
	assert_int_equal(judge(&question, WORLD_ETH2), INTERFACE_DOWN);
	assert_int_equal(judge(&question, WORLD_ETH3), INTERFACE_NO_ADDRESS);
	world_add_address(&world, WORLD_ETH3, "10.3.0.11/24");
	assert_int_equal(judge(&question, WORLD_ETH3), INTERFACE_OTHER_ADDRESS);
	world_close(&world);
}

static void a_link_local_address_is_no_address(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "fd00::11");

	(void)state;
	world_add_address(&world, WORLD_ETH3, "fe80::5/64");
	assert_int_equal(judge(&question, WORLD_ETH3), INTERFACE_NO_ADDRESS);
	world_close(&world);
}

static void a_bridge_that_holds_the_address_is_taken(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.244.1.1");

	(void)state;
	assert_taken(&question, "cni0");
	world_close(&world);
}

static void the_holder_is_not_taken_while_it_is_down(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.2.0.11");
	struct selected selected = {.index = 77};

	(void)state;
	assert_int_equal(interface_select(&question, &selected), -ENODEV);
	assert_int_equal(selected.index, 77);
	world_close(&world);
}

static void a_name_fences_all_others_out(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "interface: {name: [bond1, eth3]}\n",
					    "10.0.0.11");

	(void)state;
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_NOT_NAMED);
	world_close(&world);
	question = ask(&world, "interface: {name: [bond1, eth1]}\n", "10.0.0.11");
	assert_taken(&question, "eth1");
	world_close(&world);
}

static void takes_bond1_and_never_veth17f90f70_for_eth1_or_bond1(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "interface: {regex: ['eth1|bond1']}\n",
					    "10.9.0.11");

	(void)state;
	world_add_link(&world, 17, "veth17f90f70", "veth", IFF_UP);
	world_add_address(&world, 17, "10.9.0.11/24");
	world_add_link(&world, 18, "bond1", "bond", IFF_UP);
	world_add_address(&world, 18, "10.9.0.11/32");
	assert_int_equal(judge(&question, 17), INTERFACE_NOT_MATCHED);
	assert_taken(&question, "bond1");
	world_close(&world);
}

static void says_where_an_unanchored_match_would_have_differed(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "interface: {regex: ['eth1|bond1']}\n",
					    "10.9.0.11");
	char text[1024];
	struct buf buf = BUF_OVER(text);

	(void)state;
	world_add_link(&world, 17, "veth17f90f70", "veth", IFF_UP);
	world_add_address(&world, 17, "10.9.0.11/24");
	interface_explain(&question, &buf);
	assert_string_equal(
		text,
		"no interface for this node's address 10.9.0.11: lo is the loopback, eth1 does not "
		"have the address, cni0 is virtual and not named by interface.name, eth2 is down, "
		"eth3 has no address of this family, veth17f90f70 is not matched whole by "
		"interface.regex (eth1|bond1 matches only a part of the name)");
	world_close(&world);
}

static void a_cidr_keeps_the_links_with_an_address_inside(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "interface: {cidr: [10.3.0.0/16]}\n",
					    "10.0.0.11");

	(void)state;
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_NOT_IN_CIDR);
	world_close(&world);
	question = ask(&world, "interface: {cidr: [10.3.0.0/16, 10.0.0.0/24]}\n", "10.0.0.11");
	assert_taken(&question, "eth1");
	world_close(&world);
}

static void rules_of_one_family_do_not_bind_the_other(void **state)
{
	struct world world;
	struct interface_ctx question =
		ask(&world, "interface: {cidr: [10.3.0.0/16], canReach: 10.0.0.1}\n", "fd00::11");

	(void)state;
	assert_taken(&question, "eth1");
	world_close(&world);
}

static void can_reach_keeps_the_link_of_the_kernels_way(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "interface: {canReach: 10.0.0.1}\n",
					    "10.0.0.11");
	struct interface_reach reach = {.count = 1, .oif = {WORLD_CNI0}};

	(void)state;
	question.reach = &reach;
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_NOT_REACHING);
	reach.oif[0] = WORLD_ETH1;
	assert_taken(&question, "eth1");
	world_close(&world);
}

static void an_address_that_was_not_asked_for_is_no_way(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "interface: {canReach: 10.0.0.1}\n",
					    "10.0.0.11");

	(void)state;
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_NOT_REACHING);
	world_close(&world);
}

static void of_several_holders_the_first_by_name_is_taken(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.0.0.11");

	(void)state;
	world_add_link(&world, 18, "bond1", "bond", IFF_UP);
	world_add_address(&world, 18, "10.0.0.11/32");
	assert_taken(&question, "bond1");
	world_close(&world);
}

static struct link *add_holder(struct world *world, uint32_t index, const char *name,
			       const char *address)
{
	world_add_link(world, index, name, "bridge", IFF_UP);
	world_add_address(world, index, address);
	return rows_at(&world->picture.links.links, world->picture.links.links.count - 1);
}

static void a_port_never_wins_over_its_master(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.0.0.11");
	struct link *bond;

	(void)state;
	question.present = WORLD_ETH1;
	add_holder(&world, 19, "vmbr0", "10.0.0.11/24");
	bond = add_holder(&world, 18, "bond1", "10.0.0.12/24");
	bond->master = 19;
	((struct link *)rows_at(&world.picture.links.links, 1))->master = 18;
	assert_taken(&question, "vmbr0");
	world_close(&world);
}

#define PEER "  - {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n"

static void a_prefix_that_holds_peers_wins_over_a_single_address(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, PEER, "10.0.0.11");
	struct selected taken = {.index = WORLD_ETH1};

	(void)state;
	add_holder(&world, 18, "anycast0", "10.0.0.11/32");
	question.present = 18;
	assert_taken(&question, "eth1");
	assert_string_equal(interface_other_holder(&question, &taken, 0)->name, "anycast0");
	assert_null(interface_other_holder(&question, &taken, 1));
	world_close(&world);
}

static void the_present_choice_wins_over_the_name(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.0.0.11");

	(void)state;
	add_holder(&world, 18, "bond1", "10.0.0.11/24");
	question.present = WORLD_ETH1;
	assert_taken(&question, "eth1");
	question.present = 18;
	assert_taken(&question, "bond1");
	world_close(&world);
}

static void an_address_that_is_not_this_hosts_alone_is_not_used(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "fd00::11");
	struct selected selected;

	(void)state;
	for (uint32_t i = 0; i < world.picture.links.addresses.count; i++) {
		struct link_address *address = rows_at(&world.picture.links.addresses, i);

		address->flags = LINK_ADDRESS_TENTATIVE;
	}
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_TENTATIVE);
	for (uint32_t i = 0; i < world.picture.links.addresses.count; i++) {
		struct link_address *address = rows_at(&world.picture.links.addresses, i);

		address->flags |= LINK_ADDRESS_FAILED;
	}
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_DUPLICATE);
	assert_int_equal(interface_select(&question, &selected), -ENODEV);
	world_close(&world);
}

static void a_link_is_known_by_each_of_its_names(void **state)
{
	static const char *const fences[] = {"interface: {name: enp3s0}\n",
					     "interface: {regex: ['enp[0-9]s0']}\n"};
	struct link_altname altname = {.link = WORLD_ETH1, .name = "enp3s0"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world world;
		struct interface_ctx question = ask(&world, fences[i], "10.0.0.11");

		assert_int_equal(judge(&question, WORLD_ETH1),
				 i == 0 ? INTERFACE_NOT_NAMED : INTERFACE_NOT_MATCHED);
		assert_int_equal(rows_add(&world.picture.links.altnames, &altname), 0);
		assert_taken(&question, "eth1");
		assert_string_equal(links_find_name(&world.picture.links, "enp3s0")->name, "eth1");
		world_close(&world);
	}
}

static void a_virtual_link_may_be_named_exactly_by_a_regex(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "interface: {regex: [cni0]}\n", "10.0.0.11");

	(void)state;
	assert_int_equal(judge(&question, WORLD_CNI0), INTERFACE_OTHER_ADDRESS);
	world_close(&world);
	question = ask(&world, "interface: {regex: ['cni[0-9]']}\n", "10.0.0.11");
	assert_int_equal(judge(&question, WORLD_CNI0), INTERFACE_VIRTUAL);
	world_close(&world);
}

static void all_rules_must_hold(void **state)
{
	struct world world;
	struct interface_ctx question =
		ask(&world, "interface: {name: [eth1], regex: ['eth[0-9]'], cidr: [10.9.0.0/16]}\n",
		    "10.0.0.11");

	(void)state;
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_NOT_IN_CIDR);
	world_close(&world);
	question = ask(&world, "interface: {name: [eth1], regex: ['bond.*']}\n", "10.0.0.11");
	assert_int_equal(judge(&question, WORLD_ETH1), INTERFACE_NOT_MATCHED);
	world_close(&world);
}

static void names_of_links_cannot_drive_a_terminal(void **state)
{
	struct world world;
	struct interface_ctx question = ask(&world, "", "10.9.0.11");
	char text[1024];
	struct buf buf = BUF_OVER(text);

	(void)state;
	(void)snprintf(((struct link *)rows_at(&world.picture.links.links, 1))->name, LINK_NAME_MAX,
		       "eth\033[1m");
	interface_explain(&question, &buf);
	assert_null(strchr(text, '\033'));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_interface_that_holds_the_address),
		cmocka_unit_test(each_other_interface_has_its_reason),
		cmocka_unit_test(a_link_local_address_is_no_address),
		cmocka_unit_test(a_bridge_that_holds_the_address_is_taken),
		cmocka_unit_test(the_holder_is_not_taken_while_it_is_down),
		cmocka_unit_test(a_name_fences_all_others_out),
		cmocka_unit_test(takes_bond1_and_never_veth17f90f70_for_eth1_or_bond1),
		cmocka_unit_test(says_where_an_unanchored_match_would_have_differed),
		cmocka_unit_test(a_cidr_keeps_the_links_with_an_address_inside),
		cmocka_unit_test(rules_of_one_family_do_not_bind_the_other),
		cmocka_unit_test(can_reach_keeps_the_link_of_the_kernels_way),
		cmocka_unit_test(an_address_that_was_not_asked_for_is_no_way),
		cmocka_unit_test(of_several_holders_the_first_by_name_is_taken),
		cmocka_unit_test(a_port_never_wins_over_its_master),
		cmocka_unit_test(a_prefix_that_holds_peers_wins_over_a_single_address),
		cmocka_unit_test(the_present_choice_wins_over_the_name),
		cmocka_unit_test(an_address_that_is_not_this_hosts_alone_is_not_used),
		cmocka_unit_test(a_link_is_known_by_each_of_its_names),
		cmocka_unit_test(a_virtual_link_may_be_named_exactly_by_a_regex),
		cmocka_unit_test(all_rules_must_hold),
		cmocka_unit_test(names_of_links_cannot_drive_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
