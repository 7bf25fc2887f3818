/* kube_bytes.h - a cluster's listing on its way to libyaml. */
#ifndef CROUTE_APP_IMPORT_KUBE_BYTES_H
#define CROUTE_APP_IMPORT_KUBE_BYTES_H

#include "croute/core/config/config.h"
#include "croute/core/parse/yaml.h"

#define IMPORT_VALUE_MOST ((size_t)4 * 1024 * 1024) /* bytes of one value; etcd takes 1.5 MiB */

/*
 * JSON is YAML but for a few characters, which Kubernetes allows in annotations: `\ud83d` (half of
 * a surrogate pair, which libyaml refuses), DEL and the C1 controls. In what begins as JSON they
 * are replaced by others, byte by byte; nothing that import looks for has any. Also the guard
 * against one endless value, which libyaml would gather in memory.
 */
struct import_bytes {
	stream_read_fn *read;
	void *source;
	const struct yaml_cursor *yaml;
	size_t tokens; /* that libyaml had taken when it last went on */
	size_t since;  /* bytes since then */
	bool begun;
	bool json;
	uint8_t escape; /* where in `\ud8..` the present byte stands; 0: nowhere */
	bool after_c2;
};

/* A stream_read_fn, its source being a struct import_bytes. Never fewer bytes than were read. */
int import_bytes_read(void *bytes, unsigned char *buffer, size_t size, size_t *got,
		      struct error *err);

#endif
