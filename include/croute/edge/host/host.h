/* host.h - the host's names, and its kernel settings. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/base/error.h"
#include "croute/model/table.h"

#define HOST_NAME_MAX_SIZE 65 /* __NEW_UTS_LEN of the kernel, with the NUL */

/* The host's names: as it is set (often with its domain), and up to the first dot. */
struct host_name {
	char full[HOST_NAME_MAX_SIZE];
	char brief[HOST_NAME_MAX_SIZE];
};
int host_name_read(struct host_name *out, struct error *err);

/* A descriptor for epoll(7), edge-triggered: readable when a host name changes, maybe that of
 * another UTS namespace. -1 where there is none. The caller closes it. */
int host_name_watch(void);

/*
 * The names of routing tables: of /etc/iproute2, then of /usr/share/iproute2 (rt_tables and the
 * .conf files of rt_tables.d in each), then the kernel's own three. The first row of a name counts.
 * What cannot be read is skipped, as ip(8) does. Zero-initialise; owns its rows.
 */
struct host_tables {
	struct arena rows; /* struct table_name */
	uint32_t count;
};

/* `root` is put before the paths: "" for the host itself. */
void host_tables_read(const char *root, struct host_tables *out);
const struct table_name *host_tables_rows(const struct host_tables *tables);
void host_tables_release(struct host_tables *tables);

/*
 * A kernel setting below /proc/sys that is a number; -1 when it cannot be read. The parts of its
 * name are divided by slashes, since interface names may hold dots:
 * `net/ipv4/conf/eth0.100/rp_filter`.
 */
int host_sysctl_number(const char *name);

/* Write a setting only where it differs. 0 or -errno. */
int host_sysctl_keep(const char *name, const char *value);
