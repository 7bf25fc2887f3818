/* json.h - the report as JSON, and the parts that other JSON outputs share with it. */
#pragma once

#include "croute/base/json.h"
#include "croute/core/report/report.h"

/*
 * The whole report as one JSON object and a line end (SPEC 3), change by change so that it needs no
 * memory of its size. 0, or what `write` returned.
 */
int report_json(const struct report *report, json_write_fn *write, void *context);

/* Put `interface`, and `interface6` where the families differ. */
void report_put_interfaces(struct json *json, const struct selected *ipv4,
			   const struct selected *ipv6);
