/* test_node.c - which entry of the file is this host. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/self.h"

#include "world.h"

#include <errno.h>

#define NODES                                                                                      \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-9, address: 10.0.0.19, podCIDRs: 10.244.9.0/24}\n"                      \
	"  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"                      \
	"  - {name: worker-6, address: 'fd00::16', podCIDRs: 'fd10:244:6::/64'}\n"

static void is_the_entry_of_its_name(void **state)
{
	struct node_names names = {.count = 1, .name = {"worker-9"}};
	struct node_found found;
	struct world world = {0};

	(void)state;
	world_open(&world, NODES);
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, NULL),
			 0);
	assert_int_equal(found.index, 0);
	assert_false(found.by_address);
	world_close(&world);
}

static void names_are_tried_in_order(void **state)
{
	struct node_names names = {.count = 3,
				   .name = {"worker-7.example.org", "worker-1", "worker-9"}};
	struct node_found found;
	struct world world = {0};

	(void)state;
	world_open(&world, NODES);
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, NULL),
			 0);
	assert_int_equal(found.index, 1);
	world_close(&world);
}

static void else_it_is_the_one_whose_address_this_host_holds(void **state)
{
	struct node_names names = {.count = 1, .name = {"elsewhere"}};
	struct node_found found;
	struct world world = {0};

	(void)state;
	world_open(&world, NODES);
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, NULL),
			 0);
	assert_int_equal(found.index, 1);
	assert_true(found.by_address);
	world_close(&world);
}

static void an_ipv6_address_tells_too(void **state)
{
	struct node_names names = {.count = 0};
	struct node_found found;
	struct world world = {0};

	(void)state;
	world_open(&world,
		   "version: 1\nnodes:\n"
		   "  - {name: worker-6, address: 'fd00::11', podCIDRs: 'fd10:244:6::/64'}\n");
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, NULL),
			 0);
	assert_int_equal(found.index, 0);
	assert_true(found.by_address);
	world_close(&world);
}

/* This host holds 10.0.0.11. */
#define TWO_OF_THIS_HOST                                                                           \
	"version: 1\nnodes:\n"                                                                     \
	"  - {name: one, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"                           \
	"  - {name: two, address: 'fd00::11', podCIDRs: 'fd10:244:6::/64'}\n"

static void several_by_address_are_refused_and_named(void **state)
{
	struct node_names names = {.count = 1, .name = {"elsewhere"}};
	struct node_found found = {.index = 77};
	struct world world = {0};
	struct error err = {0};

	(void)state;
	world_open(&world, TWO_OF_THIS_HOST);
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, &err),
			 -ESRCH);
	assert_string_equal(err.text, "addresses of 2 nodes are on this host: one, two; name the "
				      "node with --node or $NODE_NAME");
	assert_int_equal(found.index, 77);
	world_close(&world);
}

static void of_several_it_stays_who_it_was(void **state)
{
	struct node_names names = {.count = 1, .name = {"elsewhere"}, .known_as = "two"};
	struct node_found found;
	struct world world = {0};
	struct error err = {0};

	(void)state;
	world_open(&world, TWO_OF_THIS_HOST);
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, &err),
			 0);
	assert_int_equal(found.index, 1);
	names.known_as = "three";
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, &err),
			 -ESRCH);
	world_close(&world);
}

static void says_what_it_looked_for(void **state)
{
	struct node_names names = {.count = 2, .name = {"else\033where", "else"}};
	struct node_found found = {.index = 77};
	struct world world = {0};
	struct error err = {0};

	(void)state;
	world_open(&world, NODES);
	rows_reset(&world.picture.links.addresses);
	assert_int_equal(self_identify(&world.config, &names, &world.picture.links, &found, &err),
			 -ESRCH);
	assert_int_equal(err.code, ESRCH);
	assert_string_equal(
		err.text,
		"no entry for this node: none is named \"else?where\" or \"else\", and no "
		"node's address is on this host; name the node with --node or $NODE_NAME");
	assert_int_equal(found.index, 77);
	world_close(&world);
}

static void off_host_only_the_name_tells(void **state)
{
	struct node_names names = {.count = 1, .name = {"elsewhere"}};
	struct node_found found;
	struct world world = {0};
	struct error err = {0};

	(void)state;
	world_open(&world, NODES);
	assert_int_equal(self_identify(&world.config, &names, NULL, &found, &err), -ESRCH);
	assert_null(strstr(err.text, "address"));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_entry_of_its_name),
		cmocka_unit_test(names_are_tried_in_order),
		cmocka_unit_test(else_it_is_the_one_whose_address_this_host_holds),
		cmocka_unit_test(an_ipv6_address_tells_too),
		cmocka_unit_test(several_by_address_are_refused_and_named),
		cmocka_unit_test(of_several_it_stays_who_it_was),
		cmocka_unit_test(says_what_it_looked_for),
		cmocka_unit_test(off_host_only_the_name_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
