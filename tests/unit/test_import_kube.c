/* test_import_kube.c - reading what kubectl prints, as a stream, and what is no such thing. */
/* SPDX-License-Identifier: MIT */
#include "app/import/nodes.h"

#include <errno.h>

#include "listing.h"

static void a_lone_node_is_read(void **state)
{
	(void)state;
	stays(NODE("a", "10.0.0.1", "10.1.1.0/24"), "a ", "");
}

static void yaml_and_json_say_the_same(void **state)
{
	struct listing json;
	struct listing yaml;

	(void)state;
	listing_read(&json, LIST(NODE("a", "10.0.0.1", "10.1.1.0/24")));
	listing_read(&yaml, "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata:\n"
			    "    name: a\n  spec:\n    podCIDR: 10.1.1.0/24\n  status:\n"
			    "    addresses:\n    - address: 10.0.0.1\n      type: InternalIP\n"
			    "kind: List\n");
	assert_int_equal(yaml.status, 0);
	assert_string_equal(json.file, yaml.file);
	assert_non_null(strstr(json.file, "{name: a,"));
	listing_drop(&json);
	listing_drop(&yaml);
}

static void podcidrs_go_before_podcidr(void **state)
{
	struct listing listing;

	(void)state;
	listing_read(&listing,
		     LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"podCIDR\":\"10.9.0.0/24\","
			  "\"podCIDRs\":[\"10.1.1.0/24\",\"fd10::/64\",\"10.1.1.0/24\"]},"
			  "\"status\":{\"addresses\":[{\"type\":\"Hostname\",\"address\":\"a\"},"
			  "{\"type\":\"InternalIP\",\"address\":\"10.0.0.1\"},"
			  "{\"type\":\"InternalIP\",\"address\":\"10.0.0.2\"},"
			  "{\"type\":\"ExternalIP\",\"address\":\"192.0.2.1\"},"
			  "{\"address\":\"fd00::\",\"type\":\"InternalIP\"}]}}"));
	assert_string_equal(listing_lines(&listing),
			    "  - {name: a, address: [10.0.0.1, 'fd00::'], podCIDRs: "
			    "[10.1.1.0/24, fd10::/64]}\n");
	listing_drop(&listing);
}

/* 10.1.0.0/28, 10.1.0.16/28, … */
static void podcidrs_have_an_end(void **state)
{
	struct listing listing;
	char space[1500] = "";
	struct buf list = BUF_OVER(space);

	(void)state;
	buf_add(&list, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"a\"},\"status\":{\"addresses\":"
		       "[{\"type\":\"InternalIP\",\"address\":\"10.0.0.1\"}]},"
		       "\"spec\":{\"podCIDRs\":[");
	for (unsigned i = 0; i <= IMPORT_CIDRS_MOST; i++)
		buf_add(&list, "%s\"10.1.%u.%u/28\"", i > 0 ? "," : "", i >> 4, (i & 15) << 4);
	buf_add(&list, "]}}");
	listing_read(&listing, space);
	assert_string_equal(listing.told, "a: it has more than 16 podCIDRs\n");
	assert_null(strstr(listing.file, "10.1.1.0/28"));
	assert_non_null(strstr(listing.file, "10.1.0.240/28]}\n"));
	listing_drop(&listing);
}

/* What must not be used may have any shape. */
static void odd_shapes_are_passed_over(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH(
		      "a", "10.0.0.1", "10.1.1.0/24", "True",
		      "\"managedFields\":[{\"a\":[[{\"k:{}\":{}}]]}],\"labels\":null,"
		      "\"annotations\":7,\"continue\":\"x\",") ",7,null,[],{\"kind\":\"Pod\","
							       "\"metadata\":{\"name\":\"p\"}}"),
	      "a ", "left out: it has no name");
	stays(LIST("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}"), "", "");
	stays("{\"kind\":\"List\",\"items\":null}", "", "");
	stays("{\"items\":{}}", "", "");
}

static void any_chunk_gives_the_same(void **state)
{
	static const char list[] =
		LIST(NODE("a", "10.0.0.1", "10.1.1.0/24") "," NODE("b", "10.0.0.2", "10.1.2.0/24"));
	struct listing whole;
	struct listing pieces;
	struct case_text text = {.text = list, .len = strlen(list), .chunk = 1};

	(void)state;
	listing_read(&whole, list);
	listing_take(&pieces, &text, IMPORT_INTERNAL);
	assert_int_equal(import_count(&whole.import), 2);
	assert_string_equal(whole.file, pieces.file);
	listing_drop(&whole);
	listing_drop(&pieces);
}

/* Python and jq write them; Go does not, and libyaml takes no halves of pairs. */
static void json_that_yaml_refuses_is_read(void **state)
{
	(void)state;
	stays(LIST(NODE_WITH("a", "10.0.0.1", "10.1.1.0/24", "True",
			     "\"annotations\":{\"x\":\"\\ud83d\\uDE00 \\/ \x7f \xc2\x80 "
			     "\\\\ud83d\"},")),
	      "a ", "");
}

struct refused {
	const char *text;
	const char *says;
};

static void what_is_no_listing_is_refused(void **state)
{
	static const struct refused cases[] = {
		{"", "the input is empty"},
		{"NAME STATUS\nworker-1 Ready\n", "not a list of nodes"},
		{"[]", "not a list of nodes"},
		{"{\"kind\":\"Pod\"}", "neither \"items\" nor a Node"},
		{"{\"items\":[],\"metadata\":{\"continue\":\"x\"}}", "one page of a longer list"},
		{"items:\n- kind: Node\n", "is it cut off?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct listing listing;

		listing_read(&listing, cases[i].text);
		assert_int_equal(listing.status, -EINVAL);
		if (strstr(listing.err.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, listing.err.text);
		listing_drop(&listing);
	}
}

static void syntax_errors_have_a_place(void **state)
{
	static const struct refused cases[] = {
		{"{\"items\":[{}", "',' or ']' is missing"},
		{"a: &x 1\nb: *x\nkind: Node\n", "anchor"},
		{"kind: Node\n---\nkind: Node\n", "second YAML document"},
		{"{\"items\":[]}{\"items\":[]}", "after the end"},
		{"{\"a\": \"\x01\"}", "control character"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct listing listing;

		listing_read(&listing, cases[i].text);
		assert_int_equal(listing.status, -EINVAL);
		assert_true(listing.diags.errors > 0);
		assert_true(listing.diags.list[0].at.line > 0);
		if (strstr(listing.diags.list[0].text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, listing.diags.list[0].text);
		listing_drop(&listing);
	}
}

static void bytes_that_cannot_be_had_are_told(void **state)
{
	static const char list[] = LIST(NODE("a", "10.0.0.1", "10.1.1.0/24"));
	struct case_text text = {.text = list, .len = strlen(list), .chunk = 20, .fail_at = 60};
	struct listing listing;

	(void)state;
	listing_take(&listing, &text, IMPORT_INTERNAL);
	assert_int_equal(listing.status, -5);
	assert_string_equal(listing.err.text, "the disk is gone");
	listing_drop(&listing);
}

/* A listing that is made while it is read. */
struct endless {
	struct import *import;
	const char *before;
	void (*again)(struct buf *out, uint32_t i);
	const char *after;
	uint32_t count;
	uint32_t given;
	uint32_t most_behind; /* nodes given and not yet read, at the most */
	bool done;
};

static int read_endless(void *source, unsigned char *buffer, size_t size, size_t *got,
			struct error *err)
{
	struct endless *own = source;
	struct buf out = {.data = (char *)buffer, .size = size};
	uint32_t i = own->given;

	(void)err;
	if (i - own->import->seen > own->most_behind)
		own->most_behind = i - own->import->seen;
	*buffer = '\0';
	if (i == 0)
		buf_add(&out, "%s", own->before);
	if (i < own->count) {
		buf_add(&out, "%s", i > 0 ? "," : "");
		own->again(&out, i);
		own->given++;
	} else if (!own->done) {
		buf_add(&out, "%s", own->after);
		own->done = true;
	}
	*got = out.len;
	return 0;
}

#define LABEL "\"0123456789012345678901234567890123456789012345678901234567890123456789\":\"x\","
static void add_node(struct buf *out, uint32_t i)
{
	buf_add(out,
		"{\"metadata\":{\"labels\":{" LABEL LABEL LABEL
		"\"x\":\"\"},\"name\":\"n%u\"},\"status\":{\"addresses\":"
		"[{\"type\":\"InternalIP\",\"address\":\"10.0.%u.%u\"}]},"
		"\"spec\":{\"podCIDR\":\"11.0.%u.%u/32\"}}",
		i, i >> 8, i & 255, i >> 8, i & 255);
}

/* In one line, as `kubectl get --raw` and `jq -c` print it. */
static void megabytes_in_one_line_are_read_as_they_come(void **state)
{
	struct listing listing = {.status = 0};
	struct endless endless = {
		.import = &listing.import,
		.before = "{\"items\":[",
		.again = add_node,
		.after = "],\"kind\":\"NodeList\"}",
		.count = 13000,
	};

	(void)state;
	import_begin(&listing.import, IMPORT_INTERNAL, listing_tell, &listing);
	assert_int_equal(import_kube_read(&listing.import, read_endless, &endless, &listing.diags,
					  &listing.err),
			 0);
	assert_int_equal(import_resolve(&listing.import, &listing.err), 0);
	assert_string_equal(listing.told, "");
	assert_int_equal(import_count(&listing.import), 13000);
	assert_true(endless.most_behind < 100);
	listing_drop(&listing);
}

static void nesting_has_an_end(void **state)
{
	char deep[400] = "{\"items\":";
	struct listing listing;

	(void)state;
	memset(deep + strlen(deep), '[', 300);
	listing_read(&listing, deep);
	assert_int_equal(listing.status, -EINVAL);
	assert_non_null(strstr(listing.diags.list[0].text, "nested more than 64 deep"));
	listing_drop(&listing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lone_node_is_read),
		cmocka_unit_test(yaml_and_json_say_the_same),
		cmocka_unit_test(podcidrs_go_before_podcidr),
		cmocka_unit_test(podcidrs_have_an_end),
		cmocka_unit_test(odd_shapes_are_passed_over),
		cmocka_unit_test(any_chunk_gives_the_same),
		cmocka_unit_test(json_that_yaml_refuses_is_read),
		cmocka_unit_test(what_is_no_listing_is_refused),
		cmocka_unit_test(syntax_errors_have_a_place),
		cmocka_unit_test(bytes_that_cannot_be_had_are_told),
		cmocka_unit_test(megabytes_in_one_line_are_read_as_they_come),
		cmocka_unit_test(nesting_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
