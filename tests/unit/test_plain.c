/* test_plain.c - the plain form and libyaml give the same items, places and errors. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/yaml.h"

#include <inttypes.h>

#include "config_case.h"

#define MOST 60000

struct reading {
	char items[MOST];
	struct diags diags;
	uint32_t plain; /* items that were read without libyaml */
};

/* The whole of a text; libyaml alone where `plain` is false. */
static void read_all(const char *string, size_t chunk, bool plain, struct reading *out)
{
	struct case_text text = {.text = string, .len = strlen(string), .chunk = chunk};
	struct stream stream;
	struct yaml_cursor yaml;
	struct yaml_item item;
	size_t len = 0;

	*out = (struct reading){0};
	stream_begin(&stream, case_read, &text, 0);
	assert_int_equal(yaml_begin(&yaml, &stream, &out->diags), 0);
	yaml.plain.stopped = !plain;
	for (item = yaml_next(&yaml); item.kind != YAML_END; item = yaml_next(&yaml)) {
		bool end = item.kind == YAML_LIST_END || item.kind == YAML_MAP_END;

		out->plain += !yaml.plain.stopped;
		len += (size_t)snprintf(out->items + len, MOST - len, "%d%c%.*s:%u:%u ", item.kind,
					item.plain ? 'p' : 'q', (int)item.text.len, item.text.at,
					end ? 0 : item.at.line, end ? 0 : item.at.column);
		assert_true(len < MOST);
	}
	assert_int_equal(yaml.depth, out->diags.count > 0 ? yaml.depth : 0);
	yaml_end(&yaml);
}

/* Where there is a syntax error, libyaml holds back items that it has not looked behind. */
static void compare(const char *text, size_t chunk)
{
	static struct reading plain;
	static struct reading other;
	size_t len;

	read_all(text, chunk, true, &plain);
	read_all(text, chunk, false, &other);
	len = strlen(other.items);
	if (other.diags.count == 0 ? strcmp(plain.items, other.items) != 0
				   : strncmp(plain.items, other.items, len) != 0)
		fail_msg("%s\nplain   %s\nlibyaml %s", text, plain.items, other.items);
	if (plain.diags.count != other.diags.count ||
	    memcmp(plain.diags.list, other.diags.list, sizeof(plain.diags.list)) != 0)
		fail_msg("%s\nplain   %s\nlibyaml %s", text, plain.diags.list[0].text,
			 other.diags.list[0].text);
}

static void is_plain(const char *text, uint32_t items)
{
	static struct reading reading;

	read_all(text, 4096, true, &reading);
	assert_int_equal(reading.plain, items);
	compare(text, 4096);
	compare(text, 1);
}

static void reads_what_import_and_the_role_write(void **state)
{
	(void)state;
	is_plain("# written by croute import\nversion: 1\nnodes:\n"
		 "  - {name: a, address: [10.0.0.1, 'fd00::1'], podCIDRs: [10.1.0.0/24]}\n"
		 "  - {name: 'b', address: 10.0.0.2, podCIDRs: fd10:244::/64} # the second\n",
		 28);
	is_plain(
		"version: 1\nbackend:\n  type: vxlan\n  vxlan:\n    vni: 1\nnodes:\n"
		"- {\"name\": \"a\", \"address\": \"10.0.0.1\", \"podCIDRs\": [\"10.1.0.0/24\"]}\n",
		27);
}

static void reads_short_blocks(void **state)
{
	(void)state;
	is_plain("---\nnodes:\n\n  - name: a\n    address: 10.0.0.1\n    podCIDRs:\n"
		 "      - 10.1.0.0/24\n      - fd10::1/64\n  # the next\n  - name: b\n"
		 "    podCIDRs:\n    - 10.2.0.0/24\nx-note: yes\n",
		 26);
}

static void leaves_the_rest_to_libyaml_at_the_first_other_entry(void **state)
{
	static struct reading reading;

	(void)state;
	read_all("version: 1\nnodes:\n  - {name: a}\n  - {name: \"\\x62\"}\n  - {name: c}\n", 4096,
		 true, &reading);
	assert_int_equal(reading.plain, 10 - 1);
	compare("version: 1\nnodes:\n  - {name: a}\n  - {name: \"\\x62\"}\n  - {name: c}\n", 4096);
}

static void errors_keep_their_places(void **state)
{
	static const char *const texts[] = {
		"version: 1\nnodes:\n  - {name: a}\n  - {name: [}\n",
		"version: 1\nnodes:\n  - {name: a}\n    - {name: b}\n",
		"version: 1\nnodes:\n  - {name: a}\n - {name: b}\n",
		"version: 1\nnodes:\n  - {name: a}\nfoo\n",
		"version: 1\nnodes:\n  - {name: a}\n---\nversion: 1\n",
		"version: 1\n- a\n",
		"---\n---\na: 1\n",
		"a: 1\n\tb: 2\n",
		"a: b: c\n",
		"a: 1\n  b\n",
		"a:\n  b: fd00::\nc: 1\n",
		"a: *b\nc: &d e\nf: !g h\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		compare(texts[i], 4096);
}

static uint64_t seed = 88172645463325252U;

static uint32_t below(uint32_t most)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % most;
}

/* Lines that are nearly right, put together and changed in a place or two. */
static void make_text(char *out, size_t size)
{
	static const char *const lines[] = {
		"nodes:",
		"version: 1",
		"---",
		"a:",
		"b: [1, 2]",
		"  - {name: a, b: [c, 'd e']}",
		"  - name: a",
		"    b: c",
		"    d:",
		"      - e",
		"    - f: g",
		"- h",
		"- i: j",
		"  k: l",
		"  m:",
		"# n",
		"  # o",
		"",
		"  ",
		"p: 'q r' # s",
		"\"t\": u",
		"- {}",
		"    v: fd00::1",
		"  - w",
		"x-y: {a: {b: [[]]}}",
		"...",
		"    - - z",
		"a: b # c:",
	};
	static const char odd[] = " :-#'\"[]{},\n\t\r&*!|>%@`~?\\ax0.\xc2\x85";
	size_t len = 0;

	for (uint32_t i = below(12); i > 0; i--)
		len += (size_t)snprintf(out + len, size - len, "%s\n",
					lines[below(sizeof(lines) / sizeof(lines[0]))]);
	for (uint32_t i = below(3); i > 0 && len > 0; i--)
		out[below((uint32_t)len)] = odd[below(sizeof(odd) - 1)];
	out[len == 0 ? 0 : len - below(2)] = '\0';
}

static void any_text_reads_as_libyaml_reads_it(void **state)
{
	char text[1000];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		make_text(text, sizeof(text));
		compare(text, i % 2 == 0 ? 4096 : 1 + below(40));
	}
}

static void an_entry_of_any_length_and_any_number_of_them(void **state)
{
	static char text[50000];
	size_t len = (size_t)snprintf(text, sizeof(text), "a: 1\nb: [");

	(void)state;
	for (int i = 0; i < 3000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%d, ", i);
	(void)snprintf(text + len, sizeof(text) - len, "1]\nc: d\n");
	compare(text, 4096);
	len = (size_t)snprintf(text, sizeof(text), "nodes:\n");
	for (int i = 0; i < 700; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "  - {name: n%d, a: b}\n",
					i);
	is_plain(text, 700 * 6 + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_import_and_the_role_write),
		cmocka_unit_test(reads_short_blocks),
		cmocka_unit_test(leaves_the_rest_to_libyaml_at_the_first_other_entry),
		cmocka_unit_test(errors_keep_their_places),
		cmocka_unit_test(any_text_reads_as_libyaml_reads_it),
		cmocka_unit_test(an_entry_of_any_length_and_any_number_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
