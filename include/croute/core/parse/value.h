/* value.h - the text of one value as what it means, or why it means nothing. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/base/text.h"
#include "croute/model/ip.h"
#include "croute/model/mac.h"

#define VALUE_NAME_MAX 253 /* bytes of a node's name, RFC 1123 subdomain */

/*
 * Of all that follow: 0, or -EINVAL with `err` saying what is wrong with the text, in a whole
 * phrase that quotes it. `out` is untouched on failure.
 */

/* A decimal number from `least` to `most`. */
int value_number(struct text text, uint64_t least, uint64_t most, uint64_t *out, struct error *err);

/* YAML 1.1: true, yes, on, false, no, off in any case. */
int value_flag(struct text text, bool *out, struct error *err);

/* `500ms 10s 5m 1h`, or 0; in milliseconds. */
int value_duration(struct text text, uint64_t *out, struct error *err);

/* A percentage from 0 to 100 with its sign, or a count. */
int value_share(struct text text, uint32_t *out, bool *is_percent, struct error *err);

/* RFC 3339 with Z or an offset, the fraction left out; seconds since 1970. */
int value_time(struct text text, uint64_t *out, struct error *err);

/* An address of either family, as a host can have it: neither unspecified, loopback nor
 * multicast. */
int value_address(struct text text, struct ip *out, struct error *err);

/* `ADDRESS/LEN` without host bits; a lone address too where `lone` is set. */
int value_prefix(struct text text, bool lone, struct prefix *out, struct error *err);

/* A prefix whose addresses pods can have. */
int value_podcidr(struct text text, struct prefix *out, struct error *err);
int value_mac(struct text text, struct mac *out, struct error *err);

/* Those below only say whether the text is good. */

/* The name of an interface, as dev_valid_name of the kernel takes it (net/core/dev.c). */
int value_device(struct text text, struct error *err);

/* A node's name, or a pattern of fnmatch(3) for one: 1 to VALUE_NAME_MAX bytes without blanks and
 * control characters. */
int value_name(struct text text, struct error *err);

/* A path, or nothing. */
int value_path(struct text text, struct error *err);

/* `ADDRESS:PORT`, `[IPV6]:PORT`, `:PORT`, `node:PORT`, or nothing. */
int value_listen(struct text text, struct error *err);

/* A regular expression of PCRE2. */
int value_regex(struct text text, struct error *err);

/* Text whose characters all show, and that is not in curly quotes. */
int value_visible(struct text text, struct error *err);

/* -EINVAL with `err` made of the quoted text and `what`, a printf format. */
int value_refuse(struct text text, struct error *err, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* The first character that does not show, though it is not ASCII; 0: none. */
uint32_t value_hidden(struct text text);

/* U+00A0, and what it is where that is known; in `out`, which is returned. */
#define VALUE_CODE_MAX 40
const char *value_code(uint32_t character, char out[VALUE_CODE_MAX]);

#define VALUE_QUOTE_MAX 80

/* The text in double quotes, made safe for terminals and cut when long. */
const char *value_quote(struct text text, char out[VALUE_QUOTE_MAX]);
