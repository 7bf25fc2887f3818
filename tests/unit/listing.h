/* listing.h - a listing of nodes in memory, what import makes of it and what it tells. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "config_case.h"

#include "app/import/nodes.h"
#include "app/import/text.h"

/* A Node in JSON, as short as it can be; `more` are further keys of metadata, each with a comma
 * behind it. */
#define NODE_WITH(name, ip, cidr, ready, more)                                                     \
	"{\"kind\":\"Node\",\"metadata\":{" more "\"name\":\"" name                                \
	"\"},\"spec\":{\"podCIDR\":\"" cidr                                                        \
	"\"},\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"" ip                \
	"\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":\"" ready "\"}]}}"
#define NODE(name, ip, cidr) NODE_WITH(name, ip, cidr, "True", "")
#define BORN(time) "\"creationTimestamp\":\"" time "\","
#define ANNOTATED(key, value)                                                                      \
	"\"annotations\":{\"flannel.alpha.coreos.com/" key "\":\"" value "\"},"
#define LIST(items) "{\"kind\":\"List\",\"items\":[" items "]}"

/* What came of one. */
struct listing {
	struct import import;
	struct diags diags;
	struct error err;
	int status;
	char told[8000];
	char file[16000]; /* what would be printed; empty without nodes */
};

static inline void listing_tell(void *context, const char *text)
{
	struct listing *listing = context;
	size_t len = strlen(listing->told);

	(void)snprintf(listing->told + len, sizeof(listing->told) - len, "%s\n", text);
}

static inline void listing_write(struct listing *listing)
{
	static const struct config_source source;
	struct buf out = BUF_OVER(listing->file);

	import_text_head(&listing->import, &source, false, &out);
	for (uint32_t i = 0; i < import_count(&listing->import); i++)
		import_text_line(import_at(&listing->import, i), &out);
}

static inline void listing_take(struct listing *listing, struct case_text *text,
				enum import_address address)
{
	memset(listing, 0, sizeof(*listing));
	import_begin(&listing->import, address, listing_tell, listing);
	listing->status = import_kube_read(&listing->import, case_read, text, &listing->diags,
					   &listing->err);
	if (listing->status == 0)
		listing->status = import_resolve(&listing->import, &listing->err);
	if (listing->status == 0 && import_count(&listing->import) > 0)
		listing_write(listing);
}

static inline void listing_read(struct listing *listing, const char *string)
{
	struct case_text text = {.text = string, .len = strlen(string), .chunk = 4096};

	listing_take(listing, &text, IMPORT_INTERNAL);
}

/* The names of those that stay, in order, each with a blank behind it. */
static inline const char *listing_names(const struct listing *listing, char out[1000])
{
	struct buf buf = {.data = out, .size = 1000};

	out[0] = '\0';
	for (uint32_t i = 0; i < import_count(&listing->import); i++)
		buf_add(&buf, "%s ", import_at(&listing->import, i)->name);
	return out;
}

static inline void listing_drop(struct listing *listing)
{
	import_release(&listing->import);
}

/* Of these nodes those stay, `told` says a part of it, and what is printed is accepted. */
static inline void stays(const char *list, const char *names, const char *told)
{
	struct listing listing;
	struct case_result result;
	char all[1000];
	char errors[4000];

	listing_read(&listing, list);
	assert_string_equal(listing.err.text, "");
	assert_int_equal(listing.status, 0);
	assert_string_equal(listing_names(&listing, all), names);
	if (strstr(listing.told, told) == NULL || (told[0] == '\0' && listing.told[0] != '\0'))
		fail_msg("wants to be told\n%s\nand is told\n%s", told, listing.told);
	if (names[0] != '\0') {
		case_load(&result, listing.file);
		case_print(&result, errors, sizeof(errors));
		if (result.diags.errors > 0)
			fail_msg("%s\n%s", listing.file, errors);
		case_free(&result);
	}
	listing_drop(&listing);
}

/* The lines of the nodes alone. */
static inline const char *listing_lines(const struct listing *listing)
{
	const char *lines = strstr(listing->file, "\nnodes:\n");

	return lines != NULL ? lines + strlen("\nnodes:\n") : "";
}
