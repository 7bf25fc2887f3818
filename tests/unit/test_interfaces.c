/* test_interfaces.c - the choice of the interface as people and programs read it. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/interfaces.h"

#include "world.h"

#include <jansson.h>

#define NODE                                                                                       \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"

static const struct interface_reach no_reach;

static void choose(struct world *world, struct interfaces_ctx *view, unsigned family,
		   const char *address)
{
	view->question[family][0] = (struct interface_ctx){.config = &world->config,
							   .links = &world->picture.links,
							   .reach = &no_reach,
							   .address = world_prefix(address).ip};
	world->picture.family[family].link = (struct selected){.index = 0};
	(void)interface_select(&view->question[family][0], &world->picture.family[family].link);
}

static void unwant(struct world *world, struct interfaces_ctx *view, unsigned family)
{
	view->question[family][0].address = (struct ip){0};
	world->picture.family[family].link = (struct selected){.index = 0};
}

static struct interfaces_ctx open_view(struct world *world, const char *fence)
{
	char yaml[1024];
	struct interfaces_ctx view = {.node = "worker-1", .family = world->picture.family};

	(void)snprintf(yaml, sizeof(yaml), NODE "%s", fence);
	*world = (struct world){0};
	world_open(world, yaml);
	choose(world, &view, 0, "10.0.0.11");
	choose(world, &view, 1, "fd00::11");
	return view;
}

static json_t *json_of(const struct interfaces_ctx *view)
{
	char bytes[8192];
	struct buf page = BUF_OVER(bytes);
	json_t *object;

	assert_int_equal(interfaces_json(view, json_write_buf, &page), 0);
	object = json_loads(bytes, 0, NULL);
	assert_non_null(object);
	return object;
}

static void assert_reason(const struct interfaces_ctx *view, uint32_t index, const char *expected)
{
	json_t *object = json_of(view);
	const json_t *link = NULL;
	size_t i;

	json_array_foreach(json_object_get(object, "links"), i, link)
	{
		if (json_integer_value(json_object_get(link, "index")) == index)
			break;
	}
	assert_string_equal(json_string_value(json_object_get(link, "reason")), expected);
	json_decref(object);
}

static void families_are_told_apart_only_where_they_differ(void **state)
{
	struct world world;
	struct interfaces_ctx view = open_view(&world, "");

	(void)state;
	assert_reason(&view, WORLD_ETH1, "is taken");
	assert_reason(&view, WORLD_LOOPBACK, "is the loopback");
	assert_reason(&view, WORLD_CNI0,
		      "IPv4: is virtual and not named by interface.name; IPv6: has no address of "
		      "this family");
	world_close(&world);
}

static void a_family_that_is_not_wanted_is_not_told(void **state)
{
	struct world world;
	struct interfaces_ctx view = open_view(&world, "");

	(void)state;
	unwant(&world, &view, 1);
	assert_reason(&view, WORLD_CNI0, "is virtual and not named by interface.name");
	world_close(&world);
}

static void assert_text(const struct interfaces_ctx *view, const char *expected, bool stands)
{
	char bytes[8192];
	struct buf page = BUF_OVER(bytes);

	assert_int_equal(interfaces_text(view, json_write_buf, &page), 0);
	assert_true((strstr(bytes, expected) != NULL) == stands);
}

static void a_line_has_the_addresses_in_a_column(void **state)
{
	struct world world;
	struct interfaces_ctx view = open_view(&world, "");

	(void)state;
	assert_text(&view, "node  worker-1\nIPv4  eth1  index ", true);
	assert_text(&view, "\neth1            10.0.0.11/24 fd00::11/64 fe80::11/64  is taken\n",
		    true);
	assert_text(&view,
		    "\neth3            -                                     has no address of "
		    "this family\n",
		    true);
	world_close(&world);
}

static void an_unanchored_match_is_told_of_links_without_an_address_too(void **state)
{
	struct world world;
	struct interfaces_ctx view = open_view(&world, "interface: {regex: ['eth1|bond1']}\n");

	(void)state;
	assert_text(&view, "a search would have found", false);
	world_add_link(&world, 17, "veth17f90f70", "veth", IFF_UP);
	world_add_link(&world, 18, "vethaeth1", "veth", IFF_UP);
	assert_reason(&view, 17,
		      "has no address of this family; unanchored, eth1|bond1 would have matched "
		      "it");
	assert_text(&view,
		    "\n\ninterface.regex matches whole names; a search would have found "
		    "veth17f90f70 and 1 more\n",
		    true);
	world_close(&world);
}

static void the_only_candidate_behind_nat_says_so(void **state)
{
	struct world world;
	struct interfaces_ctx view =
		open_view(&world, "backend: {type: vxlan}\ninterface: {name: [eth1]}\n");

	(void)state;
	choose(&world, &view, 0, "198.51.100.7");
	unwant(&world, &view, 1);
	assert_reason(&view, WORLD_ETH1,
		      "is taken: no interface has the address, and this is the only one that the "
		      "rules allow");
	world_close(&world);
}

static void programs_get_every_link_with_its_verdict(void **state)
{
	struct world world;
	struct interfaces_ctx view = open_view(&world, "");
	json_t *object = json_of(&view);
	const char *name = NULL;
	const char *verdict = NULL;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(object, "links")), 5);
	assert_int_equal(json_unpack(object, "{s:{s:s}}", "interface", "name", &name), 0);
	assert_string_equal(name, "eth1");
	assert_int_equal(json_unpack(json_array_get(json_object_get(object, "links"), 3), "{s:s}",
				     "verdict", &verdict),
			 0);
	assert_string_equal(verdict, "down");
	json_decref(object);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_are_told_apart_only_where_they_differ),
		cmocka_unit_test(a_family_that_is_not_wanted_is_not_told),
		cmocka_unit_test(a_line_has_the_addresses_in_a_column),
		cmocka_unit_test(an_unanchored_match_is_told_of_links_without_an_address_too),
		cmocka_unit_test(the_only_candidate_behind_nat_says_so),
		cmocka_unit_test(programs_get_every_link_with_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
