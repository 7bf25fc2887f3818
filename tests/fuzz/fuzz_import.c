/* fuzz_import.c - any bytes to import: no crash, no leak, and what is written is accepted. */
/* SPDX-License-Identifier: MIT */
/* covers: src/app/import/kube.c src/app/import/nodes.c src/app/import/flannel.c */
#include "app/import/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "app/import/flannel.h"
#include "app/import/text.h"
#include "pieces.h"

static void ignore(void *context, const char *text)
{
	(void)context;
	if (strlen(text) >= IMPORT_TEXT_MAX)
		abort();
}

/* The file as it would be printed; empty when nothing would be. */
static struct buf import_all(const uint8_t *data, size_t size, size_t most)
{
	static const struct config_source source;
	struct pieces pieces = {.data = data, .size = size, .most = most};
	struct diags diags = {0};
	struct import import;
	struct error err;
	struct buf out;
	int status;

	import_begin(&import, (enum import_address)(size & 1), ignore, NULL);
	status = import_kube_read(&import, pieces_read, &pieces, &diags, &err);
	if (status < 0 && err.code == 0 && diags.errors == 0)
		abort();
	if (status == 0 && import_resolve(&import, &err) < 0)
		abort();
	out.size = IMPORT_HEAD_MAX + import_count(&import) * (size_t)IMPORT_LINE_MAX;
	out.len = 0;
	out.data = calloc(1, out.size);
	if (out.data == NULL)
		abort();
	if (status == 0 && import_count(&import) > 0)
		import_text_head(&import, &source, false, &out);
	for (uint32_t i = 0; status == 0 && i < import_count(&import); i++)
		import_text_line(import_at(&import, i), &out);
	import_release(&import);
	return out;
}

static void must_be_valid(const char *text, size_t len)
{
	struct config config;
	struct diags diags = {0};

	pieces_decode_good(text, len, &config, &diags);
	config_release(&config);
}

/* Make a key of the text one that is ignored. */
static bool put_aside(char *text, const char *key)
{
	char *at = strstr(text, key);

	if (at == NULL)
		return false;
	at[1] = 'x';
	at[2] = '-';
	return true;
}

static void import_settings(const uint8_t *data, size_t size)
{
	static const char node[] =
		"nodes: [{name: a, address: 192.0.2.1, podCIDRs: 10.244.1.0/24}]\n";
	char space[IMPORT_FLANNEL_TEXT_MAX + sizeof(node)];
	struct buf out = {.data = space, .size = IMPORT_FLANNEL_TEXT_MAX};
	struct error err;

	if (import_flannel_read((struct text){.at = (const char *)data, .len = size}, &out, &err) <
	    0)
		return;
	/* Any network is taken, and the node need not lie inside; without one nothing is adopted.
	 */
	if (!put_aside(space, "\npodNetwork: "))
		abort();
	(void)put_aside(space, "\nadopt: ");
	memcpy(space + out.len, node, sizeof(node));
	must_be_valid(space, out.len + sizeof(node) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = import_all(data, size, SIZE_MAX);
	struct buf pieces = import_all(data, size, 7);

	if (whole.len != pieces.len || memcmp(whole.data, pieces.data, whole.len) != 0)
		abort();
	if (whole.len > 0)
		must_be_valid(whole.data, whole.len);
	free(whole.data);
	free(pieces.data);
	import_settings(data, size);
	return 0;
}
