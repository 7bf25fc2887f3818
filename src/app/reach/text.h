/* text.h - what was found of a peer, as text and JSON. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "app/reach/asked.h"
#include "croute/base/buf.h"
#include "croute/base/json.h"

#define REACH_TEXT_MAX 2048

/* The peer, its address, each path; then indented what is likely wrong. `width` of names. */
void reach_add_peer(struct buf *out, const struct reach_finding *finding, int width);

/* An object of `peers`. */
void reach_put_peer(struct json *json, const struct reach_finding *finding);
