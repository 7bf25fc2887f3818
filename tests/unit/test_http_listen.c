/* test_http_listen.c - where the pages are served, from what the file says. */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>

#include "visitor.h"

static int hello(void *context, struct http_reply *reply)
{
	(void)context;
	return http_reply_add(reply, "hello\n", 6);
}

static const struct http_page pages[] = {{"/", "text/plain", hello, NULL}, {.path = NULL}};
static struct visitor visitor;
static struct error err;

static int setup(void **state)
{
	(void)state;
	base = event_base_new();
	port = free_port();
	http = NULL;
	err = (struct error){.text = ""};
	return base == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	http_close(http);
	event_base_free(base);
	return 0;
}

/* Open with `host` before the port. */
static int open_at(const char *host)
{
	struct http_options options = {.listen = address, .pages = pages};

	(void)snprintf(address, sizeof(address), "%s:%u", host, port);
	return http_open(base, &options, &http, &err);
}

static struct ip ip(const char *text)
{
	struct ip out;

	assert_int_equal(ip_parse(text_of(text), &out), 0);
	return out;
}

static bool answers(bool ipv6)
{
	visitor_connect(&visitor, ipv6);
	visitor_send(&visitor, "GET / HTTP/1.1\r\n\r\n", 18);
	visitor_finish(&visitor);
	return strcmp(page_of(&visitor), "hello\n") == 0;
}

static bool refuses(bool ipv6)
{
	struct sockaddr_storage name;
	socklen_t len = local(ipv6, port, &name);
	int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool refused = connect(fd, (struct sockaddr *)&name, len) < 0 && errno == ECONNREFUSED;

	(void)close(fd);
	return refused;
}

/* Whether somebody listens there. */
static bool is_taken(const char *where)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;
	bool taken;

	assert_int_equal(inet_pton(AF_INET, where, &name.sin_addr), 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	taken = bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 && errno == EADDRINUSE;
	(void)close(fd);
	return taken;
}

/* Whether this host has IPv6 at all; says so when not. */
static bool has_ipv6(void)
{
	struct sockaddr_storage name;
	socklen_t len = local(true, 0, &name);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&name, len) == 0;

	if (fd >= 0)
		(void)close(fd);
	if (!has)
		printf("skip - no IPv6 on this host's loopback\n");
	return has;
}

static void listens_on_the_address_alone(void **state)
{
	(void)state;
	assert_int_equal(open_at("127.0.0.1"), 0);
	assert_true(answers(false));
}

static void listens_on_an_ipv6_address_and_leaves_ipv4_alone(void **state)
{
	(void)state;
	if (!has_ipv6())
		return;
	assert_int_equal(open_at("[::1]"), 0);
	assert_true(answers(true));
	assert_true(refuses(false));
	http_close(http);
	http = NULL;
	assert_int_equal(open_at("[::]"), 0);
	assert_true(answers(true));
	assert_true(refuses(false));
}

static void listens_on_both_families_without_an_address(void **state)
{
	(void)state;
	if (!has_ipv6())
		return;
	assert_int_equal(open_at(""), 0);
	assert_true(answers(false));
	assert_true(answers(true));
}

/* Addresses of a node that differ from the loopback: tests/packaging/test_listen.sh. */
static void answers_for_the_node_on_loopback_before_any_address_is_known(void **state)
{
	(void)state;
	assert_int_equal(open_at("node"), 0);
	assert_true(answers(false));
	if (has_ipv6())
		assert_true(answers(true));
}

static void says_that_the_port_is_in_use(void **state)
{
	struct http *first;
	char text[80];

	(void)state;
	assert_int_equal(open_at("127.0.0.1"), 0);
	first = http;
	assert_int_equal(open_at("127.0.0.1"), -EADDRINUSE);
	(void)snprintf(text, sizeof(text), "cannot listen on 127.0.0.1:%u: Address already in use",
		       port);
	assert_string_equal(err.text, text);
	assert_ptr_equal(http, first);
}

/* The closed connection lingers in TIME_WAIT on the server's side. */
static void listens_again_at_once_after_closing(void **state)
{
	(void)state;
	assert_int_equal(open_at("127.0.0.1"), 0);
	assert_true(answers(false));
	http_close(http);
	http = NULL;
	assert_int_equal(open_at("127.0.0.1"), 0);
	assert_true(answers(false));
}

/* 192.0.2.0/24 is for documentation (RFC 5737): no host has it. 127.0.0.2 stands for a node's. */
static void keeps_what_answers_when_one_address_is_not_here(void **state)
{
	struct ip own[2] = {ip("192.0.2.1"), ip("127.0.0.2")};
	struct visitor held;

	(void)state;
	assert_int_equal(open_at("node"), 0);
	visitor_connect(&held, false);
	assert_int_equal(http_follow(http, own, 2, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.text, "cannot listen on 192.0.2.1:"));
	assert_true(answers(false));
	assert_true(is_taken("127.0.0.2"));
	assert_int_equal(http_follow(http, NULL, 0, &err), 0);
	assert_false(is_taken("127.0.0.2"));
	visitor_send(&held, "GET / HTTP/1.1\r\n\r\n", 18);
	visitor_finish(&held);
	assert_string_equal(page_of(&held), "hello\n");
}

static void follows_no_node_where_an_address_is_named(void **state)
{
	struct ip own = ip("127.0.0.2");

	(void)state;
	assert_int_equal(open_at("127.0.0.1"), 0);
	assert_int_equal(http_follow(http, &own, 1, &err), 0);
	assert_false(is_taken("127.0.0.2"));
}

static void asks_no_name_service(void **state)
{
	(void)state;
	assert_int_equal(open_at("localhost"), -EINVAL);
	assert_int_equal(open_at("127.0.0.1:99999"), -EINVAL);
	assert_null(http);
}

static void serves_nowhere_when_it_is_off(void **state)
{
	struct http_options options = {.listen = "", .pages = pages};

	(void)state;
	assert_int_equal(http_open(base, &options, &http, &err), 0);
	assert_true(refuses(false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listens_on_the_address_alone),
		TEST(listens_on_an_ipv6_address_and_leaves_ipv4_alone),
		TEST(listens_on_both_families_without_an_address),
		TEST(answers_for_the_node_on_loopback_before_any_address_is_known),
		TEST(says_that_the_port_is_in_use),
		TEST(listens_again_at_once_after_closing),
		TEST(keeps_what_answers_when_one_address_is_not_here),
		TEST(follows_no_node_where_an_address_is_named),
		TEST(asks_no_name_service),
		TEST(serves_nowhere_when_it_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
