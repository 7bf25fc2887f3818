/* test_http.c - pages over HTTP, and what clients may not cost, with real sockets on loopback. */
/* SPDX-License-Identifier: MIT */
#include "visitor.h"

#include <sys/resource.h>

#include "croute/edge/host/self.h"

#define GET "GET /page HTTP/1.1\r\nHost: a\r\n\r\n"

static struct visitor visitor;
static struct visitor other;

static int put(struct http_reply *reply, const char *text)
{
	return http_reply_add(reply, text, strlen(text));
}

static int page(void *context, struct http_reply *reply)
{
	return put(reply, context);
}

static int not_ready(void *context, struct http_reply *reply)
{
	(void)context;
	http_reply_status(reply, 503);
	return put(reply, "no interface\n");
}

static int broken(void *context, struct http_reply *reply)
{
	(void)context;
	(void)put(reply, "half a page");
	return -EIO;
}

static int endless(void *context, struct http_reply *reply)
{
	int status = 0;

	(void)context;
	while (status == 0)
		status = put(reply, "a line of some length, again and again\n");
	assert_int_equal(status, -EMSGSIZE);
	return 0;
}

static char hello[] = "hello\n";
static const struct http_page pages[] = {
	{"/page", "text/plain", page, hello},
	{"/readyz", "text/plain", not_ready, NULL},
	{"/broken", "text/plain", broken, NULL},
	{"/endless", "text/plain", endless, NULL},
	{.path = NULL},
};

static void serve(uint32_t deadline_ms)
{
	struct http_options options = {
		.listen = address, .deadline_ms = deadline_ms, .pages = pages};
	struct error err = {.text = ""};

	if (http_open(base, &options, &http, &err) < 0)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	(void)state;
	base = event_base_new();
	port = free_port();
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	serve(0);
	return base == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	http_close(http);
	event_base_free(base);
	return 0;
}

static void serve_with_deadline(uint32_t deadline_ms)
{
	http_close(http);
	serve(deadline_ms);
}

static void serves_a_page(void **state)
{
	(void)state;
	visit(&visitor, GET);
	assert_string_equal(visitor.text, "HTTP/1.1 200 OK\r\n"
					  "Content-Type: text/plain\r\n"
					  "Content-Length: 6\r\n"
					  "X-Content-Type-Options: nosniff\r\n"
					  "Cache-Control: no-store\r\n"
					  "Connection: close\r\n\r\n"
					  "hello\n");
}

static void serves_a_head_without_the_page(void **state)
{
	(void)state;
	visit(&visitor, "HEAD /page HTTP/1.1\r\n\r\n");
	assert_true(begins(&visitor, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(visitor.text, "Content-Length: 6\r\n"));
	assert_string_equal(page_of(&visitor), "");
}

static void finds_a_page_by_its_path(void **state)
{
	static const struct {
		const char *request;
		const char *page;
	} cases[] = {
		{"GET /page?name[]=a HTTP/1.1\r\n\r\n", "hello\n"},
		{"GET http://node:9667/page HTTP/1.1\r\n\r\n", "hello\n"},
		{"GET /page HTTP/1.0\n\n", "hello\n"},
		{"GET /readyz HTTP/1.1\r\n\r\n", "no interface\n"},
		{"GET / HTTP/1.1\r\n\r\n", "Not Found\n"},
		{"GET /page/ HTTP/1.1\r\n\r\n", "Not Found\n"},
		{"GET http://node HTTP/1.1\r\n\r\n", "Not Found\n"},
		{"GET * HTTP/1.1\r\n\r\n", "Not Found\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		visit(&visitor, cases[i].request);
		assert_string_equal(page_of(&visitor), cases[i].page);
	}
}

static void tells_what_is_wrong_by_status(void **state)
{
	static const struct {
		const char *request;
		const char *status;
	} cases[] = {
		{"GET /nothing HTTP/1.1\r\n\r\n", "404 Not Found"},
		{"GET /readyz HTTP/1.1\r\n\r\n", "503 Service Unavailable"},
		{"GET /broken HTTP/1.1\r\n\r\n", "500 Internal Server Error"},
		{"POST /page HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "405 Method Not Allowed"},
		{"DANCE /page HTTP/1.1\r\n\r\n", "405 Method Not Allowed"},
		{"GET /page HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "413 Content Too Large"},
		{"GET /page HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
		 "413 Content Too Large"},
		{"GET /page HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "200 OK"},
		{"GET /page HTTP/1.1\r\nContent-Length: \r\n\r\n", "413 Content Too Large"},
		{"GET /page\r\n\r\n", "400 Bad Request"},
		{"GET  HTTP/1.1\r\n\r\n", "400 Bad Request"},
		{"\r\n\r\n", "400 Bad Request"},
		{"GET /page HTTP/1.1\r\nno colon\r\n\r\n", "400 Bad Request"},
		{"GET /page HTTP/1.1\r\nHost : a\r\n\r\n", "400 Bad Request"},
		{"GET /page HTTP/1.1\r\n folded: a\r\n\r\n", "400 Bad Request"},
		{"GET /page HTTP/1.1\r\nHost: a\rb\r\n\r\n", "400 Bad Request"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"},
		{"\x16\x03\x01\n\n", "400 Bad Request"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		visit(&visitor, cases[i].request);
		assert_true(begins(&visitor, "HTTP/1.1 "));
		visitor.text[9 + strcspn(visitor.text + 9, "\r")] = '\0';
		assert_string_equal(visitor.text + 9, cases[i].status);
	}
}

static void names_the_methods_that_it_knows(void **state)
{
	(void)state;
	visit(&visitor, "DELETE /page HTTP/1.1\r\n\r\n");
	assert_non_null(strstr(visitor.text, "\r\nAllow: GET, HEAD\r\n"));
}

static void takes_a_request_byte_by_byte(void **state)
{
	const char *request = GET;

	(void)state;
	visitor_connect(&visitor, false);
	for (size_t i = 0; i < strlen(request); i++)
		visitor_send(&visitor, request + i, 1);
	visitor_finish(&visitor);
	assert_string_equal(page_of(&visitor), "hello\n");
}

static void refuses_a_megabyte_of_header_so_that_the_client_learns_why(void **state)
{
	static char header[1024 * 1024];

	(void)state;
	memset(header, 'a', sizeof(header));
	visitor_connect(&visitor, false);
	visitor_send(&visitor, "GET /page HTTP/1.1\r\nX: ", 23);
	visitor_send(&visitor, header, sizeof(header));
	assert_int_equal(shutdown(visitor.fd, SHUT_WR), 0);
	visitor_finish(&visitor);
	assert_int_equal(visitor.code, 0);
	assert_true(begins(&visitor, "HTTP/1.1 431 "));
}

/* Though it is told at once that this is too much, the client goes on. */
static void does_not_take_in_a_stream_without_end(void **state)
{
	static char stream[64 * 1024];
	int64_t end = now_ms() + PATIENCE_MS;
	size_t taken = 0;
	ssize_t sent = 0;

	(void)state;
	memset(stream, 'a', sizeof(stream));
	visitor_connect(&visitor, false);
	while (sent >= 0 || errno == EAGAIN) {
		sent = send(visitor.fd, stream, sizeof(stream), MSG_DONTWAIT | MSG_NOSIGNAL);
		taken += sent > 0 ? (size_t)sent : 0;
		turn();
		assert_true(taken < 32 * 1024 * 1024 && now_ms() < end);
	}
	(void)close(visitor.fd);
}

static void drops_a_client_that_never_ends_its_request(void **state)
{
	int64_t begin = now_ms();

	(void)state;
	serve_with_deadline(200);
	visitor_connect(&visitor, false);
	visitor_send(&visitor, "GET /page HTTP/1.1\r\nX: ", 23);
	while (!visitor.over) {
		(void)send(visitor.fd, "a", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		turn();
		visitor_read(&visitor);
		assert_true(visitor.len == 0 && now_ms() < begin + PATIENCE_MS);
		visitor_await(&visitor);
	}
	assert_true(now_ms() - begin >= 190);
	(void)close(visitor.fd);
}

static void drops_a_client_that_does_not_read(void **state)
{
	struct http_clients clients = {.base = base, .pages = pages, .deadline_ms = 200};
	int64_t begin = now_ms();
	int size = 4096;
	int pair[2];
	int error = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	assert_int_equal(http_adopt(&clients, pair[0]), 0);
	visitor = (struct visitor){.fd = pair[1]};
	assert_true(send(pair[1], "GET /endless HTTP/1.1\r\n\r\n", 25, 0) == 25);
	while (error != EPIPE) {
		turn();
		error = send(pair[1], "a", 1, MSG_NOSIGNAL) < 0 ? errno : 0;
		assert_true(now_ms() < begin + PATIENCE_MS);
		visitor_await(&visitor);
	}
	visitor_finish(&visitor);
	assert_true(begins(&visitor, "HTTP/1.1 200 "));
	assert_true(strlen(page_of(&visitor)) < HTTP_REPLY_MAX / 2);
	http_close_clients(&clients);
}

static void sends_a_long_page_whole(void **state)
{
	(void)state;
	visit(&visitor, "GET /endless HTTP/1.1\r\n\r\n");
	assert_true(begins(&visitor, "HTTP/1.1 200 "));
	assert_true(strlen(page_of(&visitor)) > HTTP_REPLY_MAX - 100);
}

static void lets_a_scraper_in_while_idle_clients_hold_all_places(void **state)
{
	int idle[HTTP_CONNECTIONS];
	char byte;

	(void)state;
	for (int i = 0; i < HTTP_CONNECTIONS; i++) {
		visitor_connect(&other, false);
		idle[i] = other.fd;
		turn();
	}
	visit(&visitor, GET);
	assert_string_equal(page_of(&visitor), "hello\n");
	assert_true(recv(idle[0], &byte, 1, MSG_DONTWAIT) == 0);
	assert_true(recv(idle[1], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	for (int i = 0; i < HTTP_CONNECTIONS; i++)
		(void)close(idle[i]);
}

/* Reset, so that ten thousand do not linger in TIME_WAIT after the test. */
static void come_and_go(void)
{
	struct linger none = {.l_onoff = 1};

	visitor_connect(&other, false);
	assert_int_equal(setsockopt(other.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)), 0);
	(void)send(other.fd, GET, 10, MSG_NOSIGNAL);
	(void)close(other.fd);
}

static void ten_thousand_connections_leave_nothing_behind(void **state)
{
	struct process before = {0};
	struct process after = {0};

	(void)state;
	self_read(&before);
	for (int i = 0; i < 10000; i++) {
		come_and_go();
		if (i % 8 == 0)
			turn();
	}
	visit(&visitor, GET);
	assert_string_equal(page_of(&visitor), "hello\n");
	self_read(&after);
	assert_int_equal(after.open_fds, before.open_fds);
}

/* The process may open no more than it has. */
static rlim_t forbid_descriptors(struct rlimit *limit)
{
	rlim_t before;
	int next = dup(0);

	assert_true(next >= 0);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, limit), 0);
	before = limit->rlim_cur;
	limit->rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, limit), 0);
	return before;
}

static void does_not_spin_when_descriptors_run_out(void **state)
{
	struct rlimit limit;
	rlim_t before;
	int64_t begin;
	int64_t waited;

	(void)state;
	visitor_connect(&visitor, false);
	before = forbid_descriptors(&limit);
	turn();
	begin = now_ms();
	assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	waited = now_ms() - begin;
	limit.rlim_cur = before;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(waited > 500);
	visitor_send(&visitor, GET, strlen(GET));
	visitor_finish(&visitor);
	assert_string_equal(page_of(&visitor), "hello\n");
}

static void ends_with_clients_inside(void **state)
{
	(void)state;
	visitor_connect(&visitor, false);
	visitor_send(&visitor, "GET /page", 9);
	http_close(http);
	http = NULL;
	visitor_finish(&visitor);
	assert_int_equal(visitor.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(serves_a_page),
		TEST(serves_a_head_without_the_page),
		TEST(finds_a_page_by_its_path),
		TEST(tells_what_is_wrong_by_status),
		TEST(names_the_methods_that_it_knows),
		TEST(takes_a_request_byte_by_byte),
		TEST(refuses_a_megabyte_of_header_so_that_the_client_learns_why),
		TEST(does_not_take_in_a_stream_without_end),
		TEST(drops_a_client_that_never_ends_its_request),
		TEST(drops_a_client_that_does_not_read),
		TEST(sends_a_long_page_whole),
		TEST(lets_a_scraper_in_while_idle_clients_hold_all_places),
		TEST(ten_thousand_connections_leave_nothing_behind),
		TEST(does_not_spin_when_descriptors_run_out),
		TEST(ends_with_clients_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
