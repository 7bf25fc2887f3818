/* test_snapshot.c - a kernel's state as a file and back. */
/* SPDX-License-Identifier: MIT */
#include "app/snapshot/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTE_TO(to) "{\"version\":1,\"routes\":[{\"to\":" to "}]}"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text_of(text), &ip), 0);
	return ip;
}

/* Every field of every kind of row holds a value of its own. */
static struct link full_link(void)
{
	return (struct link){
		.index = 7,
		.flags = IFF_UP | IFF_BROADCAST,
		.mtu = 1450,
		.group = 67,
		.txqlen = 1000,
		.master = 9,
		.name = "croute.1",
		.kind = "vxlan",
		.alias = "croute",
		.mac = {{2, 0, 0x5e, 0, 0, 7}},
		.addrgenmode = 1,
		.unknown = 0x1080,
		.vxlan = {.vni = 16777215,
			  .underlay = 2,
			  .port = 8472,
			  .learning = 1,
			  .ttl = 64,
			  .tos = 8,
			  .udp_csum = 1,
			  .odd = 1,
			  .local = ip_of("fd00::11")},
	};
}

static struct route full_route(const char *to, uint8_t len, const char *via, const char *from)
{
	struct route route = {.table = UINT32_MAX,
			      .tos = 16,
			      .metric = 67001,
			      .oif = 7,
			      .mtu = 1400,
			      .type = RTN_UNICAST,
			      .scope = RT_SCOPE_SITE,
			      .protocol = 67,
			      .flags = ROUTE_ONLINK | ROUTE_LOCKED,
			      .hops = 2};
	struct ip gateway = ip_of(via);
	struct ip src = ip_of(from);
	struct ip dst = ip_of(to);
	struct prefix prefix = prefix_of(&dst, len);

	route_set_dst(&route, &prefix);
	route_set_gateway(&route, &gateway);
	route_set_src(&route, &src);
	return route;
}

static void fill(struct snapshot *snapshot)
{
	struct link link = full_link();
	struct link card = {.index = 2, .name = "eth1", .mtu = 1500};
	struct link_address address = {
		.ip = ip_of("10.0.0.11"), .len = 24, .scope = RT_SCOPE_LINK, .flags = 8, .link = 2};
	struct route ipv4 = full_route("10.244.2.0", 24, "10.0.0.12", "10.0.0.11");
	struct route ipv6 = full_route("fd10:244::", 64, "fd00::12", "fd00::11");
	struct neigh neigh = {.link = 7,
			      .ip = ip_of("10.244.2.0"),
			      .mac = {{2, 1, 1, 1, 1, 1}},
			      .state = NUD_PERMANENT};
	struct fdb fdb = {.link = 7,
			  .mac = {{2, 1, 1, 1, 1, 1}},
			  .dst = ip_of("10.0.0.12"),
			  .odd = 1,
			  .state = NUD_PERMANENT | NUD_NOARP};

	snapshot_init(snapshot);
	assert_int_equal(rows_add(&snapshot->links.links, &card), 0);
	assert_int_equal(rows_add(&snapshot->links.links, &link), 0);
	assert_int_equal(rows_add(&snapshot->links.addresses, &address), 0);
	assert_int_equal(rows_add(&snapshot->state.rows[CHANGE_ROUTE], &ipv4), 0);
	assert_int_equal(rows_add(&snapshot->state.rows[CHANGE_ROUTE], &ipv6), 0);
	assert_int_equal(rows_add(&snapshot->state.rows[CHANGE_NEIGH], &neigh), 0);
	assert_int_equal(rows_add(&snapshot->state.rows[CHANGE_FDB], &fdb), 0);
	snapshot_sort(snapshot);
}

struct page {
	char bytes[16384];
	size_t len;
};

static int keep(void *context, const char *text, size_t len)
{
	struct page *page = context;

	assert_true(page->len + len < sizeof(page->bytes));
	memcpy(page->bytes + page->len, text, len);
	page->len += len;
	page->bytes[page->len] = '\0';
	return 0;
}

static void read_page(const struct page *page, struct snapshot *out)
{
	struct error err = {.text = ""};

	snapshot_init(out);
	if (snapshot_json_read(page->bytes, page->len, out, &err) < 0)
		fail_msg("%s", err.text);
}

static void assert_same_rows(const struct rows *a, const struct rows *b)
{
	assert_int_equal(a->count, b->count);
	for (uint32_t i = 0; i < a->count; i++)
		assert_memory_equal(rows_at(a, i), rows_at(b, i), a->size);
}

static void every_field_comes_back_as_it_was(void **state)
{
	struct snapshot snapshot;
	struct snapshot back;
	struct page page = {.len = 0};

	(void)state;
	fill(&snapshot);
	assert_int_equal(snapshot_json_write(&snapshot, keep, &page), 0);
	read_page(&page, &back);
	assert_same_rows(&snapshot.links.links, &back.links.links);
	assert_same_rows(&snapshot.links.addresses, &back.links.addresses);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		assert_same_rows(&snapshot.state.rows[kind], &back.state.rows[kind]);
	snapshot_release(&snapshot);
	snapshot_release(&back);
}

static void what_was_read_is_written_byte_for_byte(void **state)
{
	struct snapshot snapshot;
	struct page page = {.len = 0};
	struct page again = {.len = 0};

	(void)state;
	fill(&snapshot);
	assert_int_equal(snapshot_json_write(&snapshot, keep, &page), 0);
	snapshot_release(&snapshot);
	read_page(&page, &snapshot);
	assert_int_equal(snapshot_json_write(&snapshot, keep, &again), 0);
	assert_string_equal(page.bytes, again.bytes);
	snapshot_release(&snapshot);
}

static void an_object_stands_on_a_line_of_its_own(void **state)
{
	struct snapshot snapshot;
	struct page page = {.len = 0};
	unsigned lines = 0;

	(void)state;
	fill(&snapshot);
	assert_int_equal(snapshot_json_write(&snapshot, keep, &page), 0);
	for (const char *at = page.bytes; (at = strstr(at, "\n  {")) != NULL; at++)
		lines++;
	assert_int_equal(lines, 7);
	assert_non_null(strstr(page.bytes, "\n  {\"index\":2,\"name\":\"eth1\",\"mtu\":1500},\n"));
	snapshot_release(&snapshot);
}

/* `unreachable ::ffff:0.0.0.0/96` stands on many hosts, though no file may ask for it. */
static void an_ipv4_mapped_destination_comes_back(void **state)
{
	struct page page = {.len = 0};
	struct snapshot snapshot;
	const struct route *route;

	(void)state;
	(void)keep(&page, ROUTE_TO("\"::ffff:0.0.0.0\",\"length\":96"),
		   strlen(ROUTE_TO("\"::ffff:0.0.0.0\",\"length\":96")));
	read_page(&page, &snapshot);
	route = rows_at(&snapshot.state.rows[CHANGE_ROUTE], 0);
	assert_int_equal(route->dst_len, 96);
	assert_int_equal(route->dst[10], 0xff);
	snapshot_release(&snapshot);
}

static void a_name_of_any_bytes_is_kept_as_far_as_json_can(void **state)
{
	struct link link = {.index = 3, .name = "a\xff\x1b[b"};
	struct snapshot snapshot;
	struct page page = {.len = 0};

	(void)state;
	snapshot_init(&snapshot);
	assert_int_equal(rows_add(&snapshot.links.links, &link), 0);
	assert_int_equal(snapshot_json_write(&snapshot, keep, &page), 0);
	assert_non_null(strstr(page.bytes, "\"name\":\"a??[b\""));
	snapshot_release(&snapshot);
}

/* A disk that is full after so many bytes. */
static int fill_up(void *context, const char *text, size_t len)
{
	size_t *room = context;

	(void)text;
	if (len > *room)
		return -ENOSPC;
	*room -= len;
	return 0;
}

static void a_full_disk_is_told(void **state)
{
	struct snapshot snapshot;
	size_t room = 100;

	(void)state;
	fill(&snapshot);
	assert_int_equal(snapshot_json_write(&snapshot, fill_up, &room), -ENOSPC);
	snapshot_release(&snapshot);
}

static void assert_refused(const char *bytes, const char *words)
{
	struct snapshot snapshot;
	struct error err = {.text = ""};

	snapshot_init(&snapshot);
	assert_int_equal(snapshot_json_read(bytes, strlen(bytes), &snapshot, &err), -EINVAL);
	snapshot_release(&snapshot);
	if (strstr(err.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, err.text);
}

static void what_is_no_snapshot_is_refused(void **state)
{
	(void)state;
	assert_refused("", "line ");
	assert_refused("{\"version\":1", "line 1");
	assert_refused("[]", "not a snapshot of version 1");
	assert_refused("{}", "not a snapshot of version 1");
	assert_refused("{\"version\":2}", "not a snapshot of version 1");
	assert_refused("{\"version\":1,\"version\":1}", "duplicate");
	assert_refused("{\"version\":1}{}", "end of file");
}

static void a_section_of_another_type_is_named(void **state)
{
	(void)state;
	assert_refused("{\"version\":1,\"links\":{}}", "\"links\" is not a list");
	assert_refused("{\"version\":1,\"fdb\":\"\"}", "\"fdb\" is not a list");
	assert_refused("{\"version\":1,\"routes\":[{\"to\":\"::\"},7]}",
		       "routes: entry 2 is not an object");
}

static void a_wrong_type_names_entry_and_key(void **state)
{
	(void)state;
	assert_refused("{\"version\":1,\"links\":[{},{\"index\":\"2\"}]}",
		       "links: entry 2: \"index\" is not a whole number");
	assert_refused("{\"version\":1,\"links\":[{\"name\":2}]}",
		       "links: entry 1: \"name\" is not a string");
	assert_refused("{\"version\":1,\"neighbours\":[{\"mac\":\"02:00\"}]}",
		       "neighbours: entry 1: \"mac\" is not a MAC");
	assert_refused("{\"version\":1,\"fdb\":[{\"destination\":\"10.0.0\"}]}",
		       "fdb: entry 1: \"destination\" is not an address");
	assert_refused("{\"version\":1,\"links\":[{\"mtu\":1.5}]}",
		       "\"mtu\" is not a whole number");
}

static void a_value_out_of_range_is_named(void **state)
{
	(void)state;
	assert_refused("{\"version\":1,\"links\":[{\"index\":-1}]}", "\"index\"");
	assert_refused("{\"version\":1,\"links\":[{\"index\":4294967296}]}", "\"index\"");
	assert_refused("{\"version\":1,\"links\":[{\"port\":65536}]}", "\"port\"");
	assert_refused("{\"version\":1,\"links\":[{\"ttl\":256}]}", "\"ttl\"");
	assert_refused("{\"version\":1,\"links\":[{\"name\":\"a234567890123456\"}]}",
		       "\"name\" is too long");
}

static void a_length_past_the_address_is_refused(void **state)
{
	(void)state;
	assert_refused(ROUTE_TO("\"10.0.0.0\",\"length\":33"), "\"length\"");
	assert_refused(ROUTE_TO("\"fd00::\",\"length\":129"), "\"length\"");
	assert_refused("{\"version\":1,\"routes\":[{\"length\":24}]}", "it has no address");
	assert_refused("{\"version\":1,\"addresses\":[{\"address\":\"10.0.0.1\",\"length\":200}]}",
		       "addresses: entry 1: \"length\"");
	assert_refused("{\"version\":1,\"addresses\":[{\"length\":2}]}", "it has no address");
}

static void a_gateway_of_the_other_family_is_refused(void **state)
{
	(void)state;
	assert_refused(ROUTE_TO("\"fd00::\",\"via\":\"10.0.0.1\""),
		       "routes: entry 1: \"via\" is of another family than \"to\"");
	assert_refused(ROUTE_TO("\"fd00::\",\"from\":\"10.0.0.1\""),
		       "\"from\" is of another family than \"to\"");
}

static void deep_nesting_is_refused(void **state)
{
	static char deep[100000];

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	assert_refused(deep, "line 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_back_as_it_was),
		cmocka_unit_test(what_was_read_is_written_byte_for_byte),
		cmocka_unit_test(an_object_stands_on_a_line_of_its_own),
		cmocka_unit_test(an_ipv4_mapped_destination_comes_back),
		cmocka_unit_test(a_name_of_any_bytes_is_kept_as_far_as_json_can),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(what_is_no_snapshot_is_refused),
		cmocka_unit_test(a_section_of_another_type_is_named),
		cmocka_unit_test(a_wrong_type_names_entry_and_key),
		cmocka_unit_test(a_value_out_of_range_is_named),
		cmocka_unit_test(a_length_past_the_address_is_refused),
		cmocka_unit_test(a_gateway_of_the_other_family_is_refused),
		cmocka_unit_test(deep_nesting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
