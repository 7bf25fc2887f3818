/* file.c - a snapshot's file, whole in memory while it is read. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/snapshot/file.h"

#include <errno.h>
#include <stdlib.h>

#include "app/snapshot/json.h"
#include "croute/edge/file/small.h"

static void release_bytes(char **bytes)
{
	free(*bytes);
}
#define CLEANUP_BYTES __attribute__((cleanup(release_bytes)))

int snapshot_file_read(const char *path, struct snapshot *out, struct error *err)
{
	/* Pages that the file does not reach are never touched, so they cost nothing. */
	CLEANUP_BYTES char *bytes = malloc(SNAPSHOT_FILE_MOST);
	struct file_small got = {0};
	struct error why = {0};
	int status;

	if (bytes == NULL)
		return error_set(err, ENOMEM, "%s: no memory", path);
	status = file_small_read(path, bytes, SNAPSHOT_FILE_MOST, &got, err);
	if (status == 0 && snapshot_json_read(bytes, got.len, out, &why) < 0)
		status = error_set(err, why.code, "%s: %.300s", path, why.text);
	return status;
}
