/* fuzz_status.c - any bytes as a status file: a tame page, and written again it reads the same. */
/* SPDX-License-Identifier: MIT */
/* covers: src/app/status/json.c */
#include "croute/app/status/status.h"

#include <stdlib.h>
#include <string.h>

#include "app/status/text.h"

static void write_again(const struct status *status, char *out, int *len)
{
	*len = status_json_write(status, out, STATUS_FILE_MOST);
	if (*len <= 0)
		abort();
}

/* Texts become safe when they are written first; after that nothing changes any more. */
static void check_bytes(const struct status *status)
{
	static char first[STATUS_FILE_MOST];
	static char second[STATUS_FILE_MOST];
	static struct status back;
	struct error err;
	int len;
	int len2;

	write_again(status, first, &len);
	if (status_json_read(first, (size_t)len, &back, &err) < 0)
		abort();
	write_again(&back, second, &len2);
	if (len != len2 || memcmp(first, second, (size_t)len) != 0)
		abort();
}

static void check_page(const struct status *status, enum status_state state)
{
	static char page[STATUS_TEXT_PAGE];
	struct status_view view = {.state = state, .now_ms = 1795402800000};
	struct buf out = BUF_OVER(page);

	status_text(status, &view, &out);
	if (out.len + 1 >= sizeof(page))
		abort();
	for (const char *at = page; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 && *at != '\n')
			abort();
	}
	out = BUF_OVER(page);
	status_ready_text(status, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct status status;
	struct error err;
	int64_t now;

	if (size > STATUS_FILE_MOST ||
	    status_json_read((const char *)data, size, &status, &err) < 0)
		return 0;
	now = status_now(&status, 1795402800000, 1000000);
	check_page(&status, status_judge(&status, true, now));
	check_page(&status, status_judge(&status, false, now));
	status_set_ready(&status);
	check_bytes(&status);
	return 0;
}
