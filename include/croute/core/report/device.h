/* device.h - steps on croute's VXLAN devices and on masquerading, in words. */
#pragma once

#include "croute/core/report/report.h"

/* "link" or "masquerade". */
const char *report_device_kind(const struct device_change *change);

/* '+', '~' or '-'; 'x' for what cannot be made. */
char report_device_sign(const struct device_change *change);

/* What it is about: `croute.1 mtu 1450 (was 1400)`, `table inet croute of 10.244.0.0/16`. */
void report_add_device(struct buf *buf, const struct report *report,
		       const struct device_change *change);

/* What of it was done again and again, as its back-off begins. */
void report_device_again(struct buf *buf, const struct report *report,
			 const struct device_change *change);

/* One line, without line end. */
void report_device_line(struct buf *buf, const struct report *report,
			const struct device_change *change);
