/* host.c - the host's names, and its kernel settings. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/base/text.h"
#include "croute/edge/host/fd.h"

#define TABLES_MOST 4096

static void close_stream(FILE **stream)
{
	if (*stream != NULL)
		(void)fclose(*stream);
}

int host_name_read(struct host_name *out, struct error *err)
{
	struct host_name name = {0};

	if (gethostname(name.full, sizeof(name.full) - 1) < 0)
		return error_set(err, errno, "cannot read the host name: %s", strerror(errno));
	memcpy(name.brief, name.full, sizeof(name.brief));
	name.brief[strcspn(name.brief, ".")] = '\0';
	*out = name;
	return 0;
}

int host_name_watch(void)
{
	return open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC);
}

static void add_table(struct host_tables *tables, const char *name, uint32_t number)
{
	struct table_name *row;
	struct buf buf;

	if (strlen(name) >= TABLE_NAME_MAX)
		return;
	tables->rows.limit = sizeof(*row) * TABLES_MOST;
	row = arena_push(&tables->rows, sizeof(*row));
	if (row == NULL)
		return;
	buf = BUF_OVER(row->name);
	buf_add(&buf, "%s", name);
	row->number = number;
	tables->count++;
}

/* `254 main`, the number also in hexadecimal; anything else is not a row. */
static void read_row(struct host_tables *tables, char *line)
{
	char *rest;
	unsigned long number;
	char *name;

	line += strspn(line, " \t");
	if (line[0] < '0' || line[0] > '9')
		return;
	number = strtoul(line, &rest, 0);
	name = rest + strspn(rest, " \t");
	name[strcspn(name, " \t\r\n#")] = '\0';
	if (name == rest || name[0] == '\0' || number > UINT32_MAX)
		return;
	add_table(tables, name, (uint32_t)number);
}

static void read_tables(struct host_tables *tables, const char *path)
{
	__attribute__((cleanup(close_stream))) FILE *stream = fopen(path, "re");
	char line[512];

	if (stream == NULL)
		return;
	while (fgets(line, sizeof(line), stream) != NULL)
		read_row(tables, line);
}

static bool is_conf(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".conf") == 0;
}

static void read_folder(struct host_tables *tables, const char *path)
{
	CLEANUP_DIR DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct buf file = BUF_LOCAL(PATH_MAX);

		if (!is_conf(entry->d_name))
			continue;
		buf_add(&file, "%s/%s", path, entry->d_name);
		read_tables(tables, file.data);
	}
}

void host_tables_read(const char *root, struct host_tables *out)
{
	static const char *const places[] = {"/etc/iproute2", "/usr/share/iproute2"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct buf path = BUF_LOCAL(PATH_MAX);

		buf_add(&path, "%s%s/rt_tables", root, places[i]);
		read_tables(out, path.data);
		buf_add(&path, ".d");
		read_folder(out, path.data);
	}
	add_table(out, "main", 254);
	add_table(out, "local", 255);
	add_table(out, "default", 253);
}

const struct table_name *host_tables_rows(const struct host_tables *tables)
{
	return (const struct table_name *)(const void *)tables->rows.base;
}

void host_tables_release(struct host_tables *tables)
{
	arena_release(&tables->rows);
	tables->count = 0;
}

/* Without its line end. Whether it could be read. */
static bool read_sysctl(const char *name, char *out, size_t size)
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	size_t len;

	buf_add(&path, "/proc/sys/%s", name);
	len = fd_read_start(AT_FDCWD, path.data, out, size);
	out[strcspn(out, "\n")] = '\0';
	return len > 0;
}

static int write_sysctl(const char *name, const char *value)
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	CLEANUP_FD int fd = -1;

	buf_add(&path, "/proc/sys/%s", name);
	fd = open(path.data, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

int host_sysctl_keep(const char *name, const char *value)
{
	char now[64];

	if (read_sysctl(name, now, sizeof(now)) && strcmp(now, value) == 0)
		return 0;
	return write_sysctl(name, value);
}

int host_sysctl_number(const char *name)
{
	char text[64];
	uint64_t number;

	if (!read_sysctl(name, text, sizeof(text)) ||
	    text_to_u64(text_of(text), 1000000, &number) < 0)
		return -1;
	return (int)number;
}
