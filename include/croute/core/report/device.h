/* device.h - steps on croute's VXLAN devices and on masquerading, in words. */
#pragma once

#include "croute/core/report/report.h"
#include "croute/core/want/vtep.h"

/* Describe a step towards `device`. `was`: the link that is there, NULL when there is none. */
void report_device_describe(struct device_change *out, const struct vtep_action *step,
			    const struct device *device, const struct link *was,
			    const struct links *links);

/* Describe the removal of a device that is no longer wanted. */
void report_device_describe_removal(struct device_change *out, const struct link *link);

/* What of a step was done again and again, as its back-off begins: `step` with those parts alone.
 */
void report_device_again(struct device_change *out, const struct vtep_action *step,
			 const struct device *device, const struct links *links);

/* It failed, and why: words that may hold names of links, which may be any bytes. */
void report_device_fail(struct device_change *step, const char *why);

/* One line, without line end. */
void report_device_line(struct buf *buf, const struct device_change *step, bool applied);

/* The step that makes ('+'), mends ('~') or removes ('-') the nftables table of masquerading.
 * `config` is NULL where no file is involved. */
void report_masquerade(struct device_change *out, char sign, const struct config *config);
