/* test_yaml.c - the cursor: items, places, and what it refuses. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/yaml.h"

#include "config_case.h"

/* The items of a text as "[ a:1:2 ]", for reading in one line. */
static void walk(const char *string, size_t chunk, char *out, size_t size, struct diags *diags)
{
	struct case_text text = {.text = string, .len = strlen(string), .chunk = chunk};
	struct stream stream;
	struct yaml_cursor yaml;
	struct yaml_item item;
	size_t len = 0;

	memset(diags, 0, sizeof(*diags));
	out[0] = '\0';
	stream_begin(&stream, case_read, &text, 3);
	assert_int_equal(yaml_begin(&yaml, &stream, diags), 0);
	for (item = yaml_next(&yaml); item.kind != YAML_END && len < size;
	     item = yaml_next(&yaml)) {
		static const char marks[] = {[YAML_LIST] = '[',
					     [YAML_LIST_END] = ']',
					     [YAML_MAP] = '{',
					     [YAML_MAP_END] = '}'};

		assert_int_equal(origin_file(item.at), 3);
		if (item.kind == YAML_VALUE)
			len += (size_t)snprintf(out + len, size - len, "%.*s:%u:%u ",
						(int)item.text.len, item.text.at, item.at.line,
						item.at.column);
		else
			len += (size_t)snprintf(out + len, size - len, "%c ", marks[item.kind]);
	}
	assert_int_equal(yaml_next(&yaml).kind, YAML_END);
	yaml_end(&yaml);
}

static void is_walk(const char *text, const char *expected)
{
	struct diags diags;
	char out[1000];

	for (size_t chunk = 1; chunk < 5000; chunk *= 4) {
		walk(text, chunk, out, sizeof(out), &diags);
		assert_string_equal(out, expected);
		assert_int_equal(diags.count, 0);
	}
}

static void gives_every_item_with_its_place(void **state)
{
	(void)state;
	is_walk("a: 1\nb:\n- x\n- 'y z'\n", "{ a:1:1 1:1:4 b:2:1 [ x:3:3 y z:4:3 ] } ");
	is_walk("{\"a\": [1, {b: c}]}", "{ a:1:2 [ 1:1:8 { b:1:12 c:1:15 } ] } ");
	is_walk("", "");
	is_walk("--- \n...\n", ":2:1 ");
}

static void columns_count_characters_not_bytes(void **state)
{
	(void)state;
	is_walk("\xc3\xa4\xe2\x82\xac: \xf0\x9f\x90\x84\n", "{ \xc3\xa4\xe2\x82\xac:1:1 \xf0\x9f"
							    "\x90\x84:1:5 } ");
	is_walk("\xef\xbb\xbf"
		"a: b\r\nc: d\r\n",
		"{ a:1:1 b:1:4 c:2:1 d:2:4 } ");
}

static void tells_nothing_apart_from_empty_text(void **state)
{
	struct yaml_item item = {.kind = YAML_VALUE, .plain = true, .text = {"", 0}};

	(void)state;
	assert_true(yaml_is_null(&item));
	item.text = text_of("~");
	assert_true(yaml_is_null(&item));
	item.text = text_of("null");
	assert_true(yaml_is_null(&item));
	item.plain = false;
	assert_false(yaml_is_null(&item));
	item = (struct yaml_item){.kind = YAML_VALUE, .plain = true, .text = text_of("0")};
	assert_false(yaml_is_null(&item));
}

static void skips_whole_values(void **state)
{
	struct case_text text = {.text = "{a: [1, [2, {b: 3}]], c: d}", .len = 27, .chunk = 4096};
	struct diags diags = {0};
	struct stream stream;
	struct yaml_cursor yaml;
	struct yaml_item item;

	(void)state;
	stream_begin(&stream, case_read, &text, 0);
	assert_int_equal(yaml_begin(&yaml, &stream, &diags), 0);
	(void)yaml_next(&yaml);
	(void)yaml_next(&yaml);
	item = yaml_next(&yaml);
	assert_int_equal(item.kind, YAML_LIST);
	yaml_skip(&yaml, &item);
	item = yaml_next(&yaml);
	assert_true(text_is(item.text, "c"));
	yaml_skip(&yaml, &item);
	item = yaml_next(&yaml);
	assert_true(text_is(item.text, "d"));
	assert_int_equal(yaml_next(&yaml).kind, YAML_MAP_END);
	yaml_end(&yaml);
}

static void refuses_marks_and_reads_on(void **state)
{
	struct diags diags;
	char out[200];

	(void)state;
	walk("a: &x 1\nb: *x\nc: !t [2]\n", 4096, out, sizeof(out), &diags);
	assert_string_equal(out, "{ a:1:1 1:1:4 b:2:1 :2:4 c:3:1 [ 2:3:8 ] } ");
	assert_int_equal(diags.errors, 3);
}

static void says_the_same_however_much_was_read(void **state)
{
	struct diags diags;
	char out[200];

	(void)state;
	for (size_t chunk = 1; chunk < 5000; chunk *= 4) {
		walk("a: b\n} \xef\xbb\xbf\n", chunk, out, sizeof(out), &diags);
		assert_int_equal(diags.count, 1);
		assert_non_null(strstr(diags.list[0].text, "no key where one is expected"));
	}
}

static void stops_at_16_levels_however_many_there_are(void **state)
{
	static char deep[100001];
	struct diags diags;
	char out[200];

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	walk(deep, 4096, out, sizeof(out), &diags);
	assert_string_equal(out, "[ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ ");
	assert_int_equal(diags.errors, 1);
	assert_int_equal(diags.list[0].at.column, 17);
	walk("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 4096, out, sizeof(out), &diags);
	assert_int_equal(diags.errors, 0);
}

/* 65 MiB of comment lines, without having them. */
static int read_endless(void *source, unsigned char *buffer, size_t size, size_t *got,
			struct error *err)
{
	(void)source;
	(void)err;
	memset(buffer, '#', size);
	buffer[size - 1] = '\n';
	*got = size;
	return 0;
}

static void a_file_over_64_mib_is_refused(void **state)
{
	struct diags diags = {0};
	struct stream stream;
	struct yaml_cursor yaml;

	(void)state;
	stream_begin(&stream, read_endless, NULL, 0);
	assert_int_equal(yaml_begin(&yaml, &stream, &diags), 0);
	assert_int_equal(yaml_next(&yaml).kind, YAML_END);
	assert_true(yaml.broken);
	assert_int_equal(diags.errors, 1);
	assert_non_null(strstr(diags.list[0].text, "over 64 MiB"));
	yaml_end(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_every_item_with_its_place),
		cmocka_unit_test(columns_count_characters_not_bytes),
		cmocka_unit_test(tells_nothing_apart_from_empty_text),
		cmocka_unit_test(skips_whole_values),
		cmocka_unit_test(refuses_marks_and_reads_on),
		cmocka_unit_test(says_the_same_however_much_was_read),
		cmocka_unit_test(stops_at_16_levels_however_many_there_are),
		cmocka_unit_test(a_file_over_64_mib_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
