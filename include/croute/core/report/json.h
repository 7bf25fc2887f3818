/* json.h - the report as JSON, and the parts that other JSON outputs share with it. */
#ifndef CROUTE_CORE_REPORT_JSON_H
#define CROUTE_CORE_REPORT_JSON_H

#include "croute/core/report/json_sink.h"
#include "croute/core/report/report.h"

struct json_t;

/*
 * The whole report as one JSON object and a line end (SPEC 3), change by change so that it needs no
 * memory of its size. 0, -ENOMEM, or what `write` returned.
 */
int report_json(const struct report *report, json_sink_write_fn *write, void *context);

/* Set `interface`, and `interface6` where the families differ, in `object`. */
void report_put_interfaces(struct json_t *object, const struct selected *ipv4,
			   const struct selected *ipv6);

#endif
