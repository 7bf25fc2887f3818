/* value_net.h - addresses, prefixes, MACs and patterns as the file writes them. */
#pragma once

#include <stdbool.h>

#include "croute/base/error.h"
#include "croute/base/text.h"
#include "croute/model/ip.h"
#include "croute/model/mac.h"

/*
 * All of them: 0, or -EINVAL with `err` saying what is wrong with the text, in a whole phrase that
 * has the text in it. `out` is untouched on failure.
 */

/* An address of either family, as a host can have it: neither unspecified, loopback nor
 * multicast. */
int value_address(struct text text, struct ip *out, struct error *err);

/* `ADDRESS/LEN` without host bits; a lone address too where `lone` is set. */
int value_prefix(struct text text, bool lone, struct prefix *out, struct error *err);

/* A prefix whose addresses pods can have. */
int value_podcidr(struct text text, struct prefix *out, struct error *err);
int value_mac(struct text text, struct mac *out, struct error *err);

/* Those below only say whether the text is good. */

/* `ADDRESS:PORT`, `[IPV6]:PORT`, `:PORT`, `node:PORT`, or nothing. */
int value_listen(struct text text, struct error *err);

/* A regular expression of PCRE2. */
int value_regex(struct text text, struct error *err);
