/* notify.c - reporting to the service manager. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/base/text.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/fd.h"

/* The length is exact: of an abstract name every byte counts. */
static int set_address(struct notify *notify, const char *socket)
{
	size_t len = strlen(socket);

	if (socket[0] != '/' && socket[0] != '@')
		return -EAFNOSUPPORT;
	if (len < 2 || len >= sizeof(notify->address.sun_path))
		return -EINVAL;
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, socket, len);
	if (socket[0] == '@')
		notify->address.sun_path[0] = '\0';
	notify->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

int notify_open(const char *socket_name, struct notify *out, struct error *err)
{
	struct notify notify = {.fd = -1};
	int status;

	*out = notify;
	if (socket_name == NULL || socket_name[0] == '\0')
		return 0;
	status = set_address(&notify, socket_name);
	if (status == 0)
		notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (status == 0 && notify.fd < 0)
		status = -errno;
	if (status < 0)
		return error_set(err, -status, "NOTIFY_SOCKET \"%s\" cannot be used: %s",
				 socket_name, strerror(-status));
	*out = notify;
	return 0;
}

void notify_close(struct notify *notify)
{
	fd_drop(&notify->fd);
}

int notify_send(const struct notify *notify, const char *state, const char *status)
{
	struct buf message = BUF_LOCAL(NOTIFY_MESSAGE_MAX);
	ssize_t sent;

	if (notify->fd < 0)
		return 0;
	if (state != NULL)
		buf_add(&message, "%s\n", state);
	if (status != NULL) {
		buf_add(&message, "STATUS=");
		buf_add_safe(&message, text_of(status));
	}
	sent = sendto(notify->fd, message.data, message.len, MSG_NOSIGNAL | MSG_DONTWAIT,
		      (const struct sockaddr *)&notify->address, notify->len);
	return sent < 0 ? -errno : 0;
}

int notify_reloading(const struct notify *notify, const char *status)
{
	struct buf state = BUF_LOCAL(64);

	buf_add(&state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, host_now_us());
	return notify_send(notify, state.data, status);
}

int64_t notify_watchdog_ms(const char *usec, const char *pid, int64_t own_pid)
{
	uint64_t allowed;
	uint64_t watched;

	if (usec == NULL || text_to_u64(text_of(usec), INT64_MAX, &allowed) < 0 || allowed == 0)
		return 0;
	if (pid != NULL &&
	    (text_to_u64(text_of(pid), INT32_MAX, &watched) < 0 || (int64_t)watched != own_pid))
		return 0;
	return allowed < 2000 ? 1 : (int64_t)(allowed / 2000);
}
