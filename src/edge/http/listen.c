/* listen.c - from `[::1]:9667` to a socket, without asking any name service. */
#include "croute/edge/http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/base/text.h"

#define BACKLOG 64

/* Where one socket listens; family 0: any address of both. */
struct place {
	struct ip ip;
	uint16_t port;
};

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static socklen_t name_of(const struct place *place, uint8_t family, struct sockaddr_storage *out)
{
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(place->port)};
	struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(place->port)};

	memset(out, 0, sizeof(*out));
	if (family == AF_INET6) {
		memcpy(&ipv6.sin6_addr, place->ip.bytes, 16);
		memcpy(out, &ipv6, sizeof(ipv6));
		return sizeof(ipv6);
	}
	memcpy(&ipv4.sin_addr, place->ip.bytes, 4);
	memcpy(out, &ipv4, sizeof(ipv4));
	return sizeof(ipv4);
}

/* SO_REUSEADDR: connections of the one before that linger in TIME_WAIT are no hindrance; a socket
 * that still listens is (socket(7)). */
static int set_options(int fd, const struct place *place, uint8_t family)
{
	int yes = 1;
	int only_ipv6 = place->ip.family == AF_INET6;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
		return -errno;
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof(only_ipv6)) < 0)
		return -errno;
	return 0;
}

/* A listening socket of `family`, or -errno. */
static int open_socket(const struct place *place, uint8_t family)
{
	struct sockaddr_storage name;
	socklen_t len = name_of(place, family, &name);
	__attribute__((cleanup(close_fd))) int fd =
		socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int status = fd < 0 ? -errno : set_options(fd, place, family);
	int result = fd;

	if (status < 0)
		return status;
	if (bind(fd, (struct sockaddr *)&name, len) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	fd = -1;
	return result;
}

/* A host may have been built or started without IPv6. */
static int open_place(const struct place *place)
{
	int fd;

	if (place->ip.family != 0)
		return open_socket(place, place->ip.family);
	fd = open_socket(place, AF_INET6);
	return fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL ? open_socket(place, AF_INET) : fd;
}

static int refuse(const struct place *place, int code, struct error *err)
{
	char address[IP_TEXT_MAX] = "";
	bool brackets = place->ip.family == AF_INET6;

	if (place->ip.family != 0)
		(void)ip_format(&place->ip, address);
	return error_set(err, code, "cannot listen on %s%s%s:%u: %s", brackets ? "[" : "", address,
			 brackets ? "]" : "", place->port, strerror(code));
}

/* `ADDRESS:PORT` as two; the brackets of an IPv6 address are dropped. */
static int split(const char *listen, struct text *host, uint16_t *port)
{
	struct text text = text_of(listen);
	const char *colon = memrchr(text.at, ':', text.len);
	uint64_t number;

	if (colon == NULL || text_to_u64(text_of(colon + 1), UINT16_MAX, &number) < 0)
		return -EINVAL;
	*port = (uint16_t)number;
	*host = (struct text){.at = text.at, .len = (size_t)(colon - text.at)};
	if (host->len >= 2 && host->at[0] == '[' && host->at[host->len - 1] == ']')
		*host = (struct text){.at = host->at + 1, .len = host->len - 2};
	return 0;
}

/* The places that `options` names: how many, or -errno. */
static int find_places(const struct http_options *options, struct place out[HTTP_SOCKETS])
{
	struct place place = {.port = 0};
	struct text host = {.len = 0};
	int count = 0;

	if (options->listen[0] == '\0')
		return 0;
	if (split(options->listen, &host, &place.port) < 0)
		return -EINVAL;
	if (!text_is(host, "node")) {
		if (host.len > 0 && ip_parse(host, &place.ip) < 0)
			return -EINVAL;
		out[0] = place;
		return 1;
	}
	for (uint32_t i = 0; i < options->own_count && count < HTTP_SOCKETS; i++)
		out[count++] = (struct place){.ip = options->own[i], .port = place.port};
	return count > 0 ? count : -EADDRNOTAVAIL;
}

static int open_places(const struct place *places, int count, int fds[HTTP_SOCKETS],
		       struct error *err)
{
	for (int i = 0; i < count; i++) {
		fds[i] = open_place(&places[i]);
		if (fds[i] >= 0)
			continue;
		for (int j = 0; j < i; j++)
			close_fd(&fds[j]);
		return refuse(&places[i], -fds[i], err);
	}
	return count;
}

int http_listen(const struct http_options *options, int fds[HTTP_SOCKETS], struct error *err)
{
	struct place places[HTTP_SOCKETS];
	int count = find_places(options, places);

	if (count == -EADDRNOTAVAIL)
		return error_set(err, EADDRNOTAVAIL,
				 "cannot listen on %s: no address of this node is known",
				 options->listen);
	if (count < 0)
		return error_set(err, -count, "\"%s\" is nothing to listen on", options->listen);
	return open_places(places, count, fds, err);
}
