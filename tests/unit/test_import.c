/* test_import.c - which nodes stand in the file, and why the others are left out. */
/* SPDX-License-Identifier: MIT */
#include "app/import/nodes.h"

#include "listing.h"

#define OLD BORN("2026-01-01T00:00:00Z")
#define YOUNG BORN("2026-01-02T00:00:00Z")

static void nodes_are_sorted_by_name(void **state)
{
	(void)state;
	stays(LIST(NODE("b", "10.0.0.2", "10.1.2.0/24") "," NODE("a", "10.0.0.3", "10.1.1.0/24")),
	      "a b ", "");
}

static void of_one_address_the_ready_one_stays(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "Unknown",
			     YOUNG) "," NODE_WITH("b", "10.0.0.1", "10.1.2.0/24", "True", OLD)),
	      "b ", "a is left out: its address 10.0.0.1 is that of b too; the other is Ready\n");
}

static void of_one_podcidr_the_younger_stays(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
			     OLD) "," NODE_WITH("b", "10.0.0.2", "10.1.1.0/24", "True", YOUNG)),
	      "b ",
	      "a is left out: its podCIDR 10.1.1.0/24 is that of b too; the other is younger\n");
}

static void without_a_time_it_is_the_oldest(void **state)
{
	(void)state;
	stays(LIST(NODE("a", "10.0.0.1", "10.1.1.0/24") "," NODE_WITH("b", "10.0.0.2",
								      "10.1.1.0/24", "True", OLD)),
	      "b ", "the other is younger");
}

static void of_overlapping_podcidrs_one_stays(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.0.0/23", "True",
			     YOUNG) "," NODE_WITH("b", "10.0.0.2", "10.1.1.0/24", "True", OLD)),
	      "a ",
	      "b is left out: its podCIDR 10.1.1.0/24 overlaps podCIDR 10.1.0.0/23 of a; "
	      "the other is younger\n");
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.0.0/23", "True",
			     OLD) "," NODE_WITH("b", "10.0.0.2", "10.1.1.0/24", "True", YOUNG)),
	      "b ", "a is left out: its podCIDR 10.1.0.0/23 overlaps podCIDR 10.1.1.0/24 of b");
}

#define MAC(value) ANNOTATED("backend-data", "{\\\"VtepMAC\\\":\\\"" value "\\\"}")
static void of_one_mac_one_stays(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
			     MAC("0e:00:00:00:00:01")) "," NODE_WITH("b", "10.0.0.2", "10.1.2.0/24",
								     "True",
								     OLD MAC("0e:00:00:00:00:01"))),
	      "b ",
	      "a is left out: its VTEP MAC 0e:00:00:00:00:01 is that of b too; the other is "
	      "younger\n");
}

/* A is beaten by B and B by C, so A stays. */
static void who_is_beaten_beats_nobody(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "False", OLD) "," NODE_WITH(
		      "b", "10.0.0.1", "10.1.2.0/24", "True",
		      OLD) "," NODE_WITH("c", "10.0.0.3", "10.1.2.0/24", "True", YOUNG)),
	      "a c ", "b is left out");
}

/* However young and Ready: it would cost all the others. */
static void a_podcidr_over_several_gives_way(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "False", OLD) "," NODE_WITH(
		      "b", "10.0.0.2", "10.1.2.0/24", "False",
		      OLD) "," NODE_WITH("c", "10.0.0.3", "10.1.0.0/16", "True", YOUNG)),
	      "a b ",
	      "c is left out: its podCIDR 10.1.0.0/16 overlaps podCIDR 10.1.1.0/24 of a; "
	      "it overlaps others as well\n");
	stays(LIST(NODE("a", "10.0.0.1", "10.1.1.0/24") "," NODE(
		      "b", "10.0.0.2", "10.1.2.0/24") "," NODE_WITH("c", "172.16.0.1",
								    "10.0.0.0/16", "True", YOUNG)),
	      "a b ", "c is left out: its podCIDR 10.0.0.0/16 overlaps address 10.0.0.1 of a");
}

/* One podCIDR is not over another that is the same. */
static void of_several_with_one_podcidr_the_ready_one_stays(void **state)
{
	(void)state;
	stays(LIST(NODE("a", "10.0.0.1", "10.1.1.0/24") "," NODE_WITH(
		      "b", "10.0.0.2", "10.1.1.0/24", "False",
		      "") "," NODE_WITH("c", "10.0.0.3", "10.1.1.0/24", "False", "")),
	      "a ", "its podCIDR 10.1.1.0/24 is that of a too; the other is Ready");
}

static void a_podcidr_over_an_address_is_a_clash(void **state)
{
	(void)state;
	stays(LIST(NODE("a", "10.0.0.1", "10.1.1.0/24") "," NODE_WITH(
		      "b", "10.1.1.7", "10.1.2.0/24", "True", YOUNG)),
	      "b ", "a is left out: its podCIDR 10.1.1.0/24 overlaps address 10.1.1.7 of b");
}

static void a_node_may_not_clash_with_itself(void **state)
{
	(void)state;
	stays(LIST(NODE("a", "10.1.1.1", "10.1.1.0/24")), "",
	      "a is left out: a podCIDR of it covers its own address\n");
}

static void a_name_stands_once(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "False", "") "," NODE("a", "10.0.0.2",
										   "10.1.2.0/24")),
	      "a ", "a second node called a is left out: the other is Ready\n");
}

static void many_of_one_name_leave_one(void **state)
{
	(void)state;
	stays(LIST(NODE("a", "10.0.0.1", "10.1.1.0/24") "," NODE(
		      "a", "10.0.0.2",
		      "10.1.2.0/24") "," NODE("b", "10.0.0.4",
					      "10.1.4.0/24") "," NODE("a", "10.0.0.3",
								      "10.1.3.0/24")),
	      "a b ", "a second node called a is left out");
}

static void what_lacks_is_left_out_and_named(void **state)
{
	(void)state;
	stays(LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"podCIDR\":\"10.1.1.0/24\"}}"), "",
	      "a is left out: no InternalIP in status.addresses\n");
	stays(LIST(NODE("a", "10.0.0.1", "")), "", "a is left out: no podCIDR in spec\n");
	stays(LIST(NODE("", "10.0.0.1", "10.1.1.0/24")), "",
	      "the node of line 1, column 25 is left out: it has no name\n");
	stays(LIST(NODE("a b", "10.0.0.1", "10.1.1.0/24")), "",
	      "\"a b\" cannot be the name of a node\n");
}

static void a_bad_value_is_named(void **state)
{
	(void)state;
	stays(LIST(NODE("a", "10.0.0.1", "10.1.1.1/24")), "",
	      "a: podCIDR \"10.1.1.1/24\" has host bits set");
	stays(LIST(NODE("a", "localhost", "10.1.1.0/24")), "",
	      "a: InternalIP \"localhost\" is a host name, not an IP address; croute looks up no "
	      "names\n");
	stays(LIST(NODE("a", "fe80::1", "10.1.1.0/24")), "",
	      "a: InternalIP fe80::1 is link-local\n");
	stays(LIST(NODE("a", "::ffff:10.0.0.1", "10.1.1.0/24")), "", "IPv4-mapped");
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True", BORN("yesterday"))), "a ",
	      "a: creationTimestamp: \"yesterday\" is not a time");
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
			     ANNOTATED("backend-data", "[1"))),
	      "a ", "a: backend-data is not JSON");
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
			     ANNOTATED("public-ip", "fd00::1"))),
	      "a ", "a: public-ip is of the other family: fd00::1\n");
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True", MAC("01:00:00:00:00:01"))),
	      "a ", "zero or multicast");
}

static void flannels_null_is_nothing(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
			     ANNOTATED("backend-data", "null"))),
	      "a ", "");
}

static void a_podcidr_without_a_gateway_is_kept_and_told(void **state)
{
	(void)state;
	stays(LIST(NODE("a", "10.0.0.1", "fd10::/64")), "a ",
	      "a: no IPv6 address, so its podCIDR fd10::/64 is not routed\n");
}

static void where_flannel_differs_it_is_told(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
			     ANNOTATED("public-ip", "192.168.0.1"))),
	      "a ",
	      "a: its InternalIP is 10.0.0.1, flannel's address of it 192.168.0.1; 10.0.0.1 is "
	      "taken\n");
}

static void read_by_flannel(struct listing *listing, const char *list)
{
	struct case_text text = {.text = list, .len = strlen(list), .chunk = 100};

	listing_take(listing, &text, IMPORT_FLANNEL);
	assert_int_equal(listing->status, 0);
}

static void flannels_address_is_taken_when_asked(void **state)
{
	struct listing listing;

	(void)state;
	read_by_flannel(&listing, LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
						 ANNOTATED("public-ip", "192.168.0.1"))));
	assert_string_equal(listing_lines(&listing),
			    "  - {name: a, address: 192.168.0.1, podCIDRs: 10.1.1.0/24}\n");
	assert_non_null(strstr(listing.told, "; 192.168.0.1 is taken\n"));
	listing_drop(&listing);
}

static void the_operators_overwrite_goes_first(void **state)
{
	struct listing listing;

	(void)state;
	read_by_flannel(&listing,
			LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
				       "\"annotations\":{\"flannel.alpha.coreos.com/"
				       "public-ip-overwrite\":\"203.0.113.1\",\"flannel.alpha."
				       "coreos.com/public-ip\":\"192.168.0.1\"},")));
	assert_non_null(strstr(listing.file, "address: 203.0.113.1,"));
	listing_drop(&listing);
}

static void without_flannels_address_the_internal_one_is_taken(void **state)
{
	struct listing listing;

	(void)state;
	read_by_flannel(&listing, LIST(NODE("a", "10.0.0.1", "10.1.1.0/24")));
	assert_non_null(strstr(listing.file, "address: 10.0.0.1,"));
	assert_string_equal(listing.told,
			    "a: flannel has no address of it; its InternalIP is taken\n");
	listing_drop(&listing);
}

#define VNI(number) ANNOTATED("backend-data", "{\\\"VNI\\\":" number "}")
static void a_node_of_another_vni_is_named(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True", VNI("1")) "," NODE_WITH(
		      "b", "10.0.0.2", "10.1.2.0/24", "True", VNI("7"))),
	      "a b ", "b: flannel's VNI of it is 7, that of a is 1\n");
}

/* The order in the listing is the API server's, and may change. */
static void the_order_of_the_input_changes_nothing(void **state)
{
	struct listing one;
	struct listing two;

	(void)state;
	listing_read(&one, LIST(NODE("a", "10.0.0.1", "10.1.1.0/24") "," NODE(
				   "b", "10.0.0.1", "10.1.2.0/24") "," NODE("c", "10.0.0.3",
									    "10.1.2.0/24")));
	listing_read(&two, LIST(NODE("c", "10.0.0.3", "10.1.2.0/24") "," NODE(
				   "b", "10.0.0.1", "10.1.2.0/24") "," NODE("a", "10.0.0.1",
									    "10.1.1.0/24")));
	assert_string_equal(one.file, two.file);
	assert_string_equal(one.told, two.told);
	listing_drop(&one);
	listing_drop(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_are_sorted_by_name),
		cmocka_unit_test(of_one_address_the_ready_one_stays),
		cmocka_unit_test(of_one_podcidr_the_younger_stays),
		cmocka_unit_test(without_a_time_it_is_the_oldest),
		cmocka_unit_test(of_overlapping_podcidrs_one_stays),
		cmocka_unit_test(of_one_mac_one_stays),
		cmocka_unit_test(who_is_beaten_beats_nobody),
		cmocka_unit_test(a_podcidr_over_several_gives_way),
		cmocka_unit_test(of_several_with_one_podcidr_the_ready_one_stays),
		cmocka_unit_test(a_podcidr_over_an_address_is_a_clash),
		cmocka_unit_test(a_node_may_not_clash_with_itself),
		cmocka_unit_test(a_name_stands_once),
		cmocka_unit_test(many_of_one_name_leave_one),
		cmocka_unit_test(what_lacks_is_left_out_and_named),
		cmocka_unit_test(a_bad_value_is_named),
		cmocka_unit_test(flannels_null_is_nothing),
		cmocka_unit_test(a_podcidr_without_a_gateway_is_kept_and_told),
		cmocka_unit_test(where_flannel_differs_it_is_told),
		cmocka_unit_test(flannels_address_is_taken_when_asked),
		cmocka_unit_test(the_operators_overwrite_goes_first),
		cmocka_unit_test(without_flannels_address_the_internal_one_is_taken),
		cmocka_unit_test(a_node_of_another_vni_is_named),
		cmocka_unit_test(the_order_of_the_input_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
