/* kube_bytes.c - a cluster's listing on its way to libyaml. */
#include "app/import/kube_bytes.h"

#include <errno.h>

#define DEL 0x7f

/* What comes behind a backslash: `u`, then `d`, then the digit that makes it a surrogate. */
enum { NOWHERE, BEHIND_BACKSLASH, BEHIND_U, BEHIND_D };

static bool is_high_digit(unsigned char c)
{
	return c == '8' || c == '9' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A digit made low: `\ud83d` becomes `\ud03d`, an ordinary letter. */
static unsigned char bend_escape(struct import_bytes *bytes, unsigned char c)
{
	uint8_t at = bytes->escape;

	bytes->escape = NOWHERE;
	if (at == NOWHERE && c == '\\')
		bytes->escape = BEHIND_BACKSLASH;
	else if (at == BEHIND_BACKSLASH && c == 'u')
		bytes->escape = BEHIND_U;
	else if (at == BEHIND_U && (c == 'd' || c == 'D'))
		bytes->escape = BEHIND_D;
	else if (at == BEHIND_D && is_high_digit(c))
		return '0';
	return c;
}

static unsigned char bend_control(struct import_bytes *bytes, unsigned char c)
{
	bool after_c2 = bytes->after_c2;

	bytes->after_c2 = c == 0xc2;
	if (after_c2 && c >= 0x80 && c < 0xa0)
		return 0xa0;
	return c == DEL ? '?' : c;
}

/* What it is is told by the first character that is no blank. */
static void take(struct import_bytes *bytes, unsigned char *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!bytes->begun && at[i] > ' ' && at[i] < DEL) {
			bytes->begun = true;
			bytes->json = at[i] == '{' || at[i] == '[';
		}
		if (bytes->json)
			at[i] = bend_control(bytes, bend_escape(bytes, at[i]));
	}
}

int import_bytes_read(void *bytes, unsigned char *buffer, size_t size, size_t *got,
		      struct error *err)
{
	struct import_bytes *own = bytes;
	int status = own->read(own->source, buffer, size, got, err);

	if (status < 0)
		return status;
	if (own->yaml->parser.tokens_parsed != own->tokens) {
		own->tokens = own->yaml->parser.tokens_parsed;
		own->since = 0;
	}
	own->since += *got;
	if (own->since > IMPORT_VALUE_MOST)
		return error_set(err, EFBIG, "a single value has over %zu MiB: no node has that",
				 IMPORT_VALUE_MOST >> 20);
	take(own, buffer, *got);
	return 0;
}
