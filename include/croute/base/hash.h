/* hash.h - FNV-1a (Fowler, Noll, Vo), 64 bits: short keys, no adversary. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* Continue `hash`, HASH_BEGIN at first, with these bytes. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);

/* Of a whole string. */
uint64_t hash_text(const char *text);
