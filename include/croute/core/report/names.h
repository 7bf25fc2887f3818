/* names.h - the kernel's routing numbers as iproute2 names them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/model/rule.h"

#define NAMES_PROTOCOL_MAX 16

/* RTN_*: "unicast", "blackhole", … */
const char *names_type(uint8_t type);

/* RTPROT_*: "boot", "static", …, else the number, written into `out`. */
const char *names_protocol(uint8_t protocol, char out[NAMES_PROTOCOL_MAX]);

/* Append a rule without its priority, as `ip rule del` takes it: ` from 10.244.1.0/24 lookup 100`.
 */
void names_add_rule(struct buf *out, const struct rule *rule);
