/* json_row.h - the row or peer of a change, field by field (SPEC 3). */
#pragma once

#include "croute/base/json.h"
#include "croute/core/report/report.h"

/* `destination`, `via`, `dev`, `metric`, `table`, `type`, `source`, `mtu` as far as there are. */
void report_put_route(struct json *json, const struct report *report, const struct route *route);

/* The same of a route; of a peer, a neighbour or a forwarding entry `address`, `mac`, `device`;
 * `was` has what differs when it is replaced. */
void report_put_object(struct json *json, const struct report *report, const struct change *change);
