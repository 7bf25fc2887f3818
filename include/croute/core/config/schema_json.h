/* schema_json.h - the table of keys as a JSON Schema, for editors and pipelines. */
#pragma once

struct json_t;

/*
 * A JSON Schema (draft 7, which editors know best) of the whole file. It says what can be said of
 * one value by itself; what concerns several, as overlapping podCIDRs, only `croute validate`
 * finds. The caller's; NULL without memory.
 */
struct json_t *schema_json(void);
