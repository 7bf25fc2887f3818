/* test_html.c - the page for people: nothing in it is markup of others, and it has an end. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/status/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct {
	char text[512 * 1024];
	size_t len;
} page;

static int add(void *context, const char *text, size_t len)
{
	(void)context;
	assert_true(page.len + len < sizeof(page.text));
	memcpy(page.text + page.len, text, len);
	page.len += len;
	page.text[page.len] = '\0';
	return 0;
}

static struct status_html begin(const struct status *status)
{
	struct status_html html = {.write = add, .now_ms = 1000000 * 1000LL};

	page.len = 0;
	status_html_begin(&html, status);
	return html;
}

static void has(const char *text)
{
	if (strstr(page.text, text) == NULL)
		fail_msg("no \"%s\" in\n%s", text, page.text);
}

static void what_others_wrote_is_no_markup(void **state)
{
	static struct status status;
	struct status_peer peer = {.name = "<b>&\"'", .state = {"lost", "lost", "unknown"}};
	struct status_html html;

	(void)state;
	(void)snprintf(status.node, sizeof(status.node), "<script>");
	status_add_problem(&status, STATUS_TROUBLE_REACH, 1, "<img src=x>");
	html = begin(&status);
	status_html_peers(&html, 1);
	status_html_peer(&html, &peer);
	assert_int_equal(status_html_end(&html, true, 0), 0);
	assert_null(strstr(page.text, "<script>"));
	assert_null(strstr(page.text, "<img"));
	has("<title>croute on &lt;script&gt;</title>");
	has("&lt;img src=x&gt;");
	has("<tr><td>&lt;b&gt;&amp;&quot;&#39;<td>");
	has("<td class=lost>lost<td class=lost>lost<td class=unknown>unknown<td>\n");
}

static void a_peer_has_its_times_and_since_when(void **state)
{
	static const struct status status;
	static const struct {
		uint32_t since;
		const char *text;
	} times[] = {{999990, "<td>10 s\n"}, {999000, "<td>16 min\n"}, {990000, "<td>2 h\n"},
		     {1000001, "<td>0 s\n"}, {800000, "<td>2 days\n"}, {0, "<td>\n"}};
	struct status_html html;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct status_peer peer = {.name = "worker-2",
					   .address = "10.0.0.12",
					   .state = {"answers", "answers", "lost"},
					   .rtt_us = {250, 12345, 0},
					   .since = times[i].since};

		html = begin(&status);
		status_html_peer(&html, &peer);
		has("<td>10.0.0.12<td class=answers>0.25 ms<td class=answers>12.34 ms<td "
		    "class=lost>lost");
		has(times[i].text);
	}
}

static void its_length_is_known_and_what_is_left_out_is_counted(void **state)
{
	static const struct status status;
	struct status_html html = begin(&status);

	(void)state;
	status_html_peers(&html, 100000);
	assert_int_equal(status_html_end(&html, true, 99000), 0);
	assert_int_equal(html.len, page.len);
	has("100000 peers");
	has("And 99000 more.");
	html = begin(&status);
	status_html_peers(&html, 0);
	has("reach.every is off");
}

static int refuse(void *context, const char *text, size_t len)
{
	(void)text;
	(void)len;
	++*(int *)context;
	return -1;
}

static void ends_when_the_writer_wants_no_more(void **state)
{
	static const struct status status;
	int calls = 0;
	struct status_html html = {.write = refuse, .context = &calls};

	(void)state;
	status_html_begin(&html, &status);
	assert_int_equal(status_html_end(&html, false, 5), -1);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_others_wrote_is_no_markup),
		cmocka_unit_test(a_peer_has_its_times_and_since_when),
		cmocka_unit_test(its_length_is_known_and_what_is_left_out_is_counted),
		cmocka_unit_test(ends_when_the_writer_wants_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
